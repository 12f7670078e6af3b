"""Providers whose keys can be replaced, one module each."""

from collections.abc import Callable

from unleak.core.registry import Registry
from unleak.rotate.ports import Provider

PROVIDERS: Registry[Callable[..., Provider]] = Registry(
    __name__,
    {
        "aws-iam": "aws_iam:AwsIam",
        "by-hand": "by_hand:ByHand",
        "declared": "declared:Declared",
        "deploy-keys": "deploy_keys:DeployKeys",
        "mariadb": "mariadb:MariaDB",
        "mongodb": "mongodb:MongoDB",
        "mysql": "mysql:MySQL",
        "postgresql": "postgresql:PostgreSQL",
        "postgresql-same-user": "postgresql_password:PostgreSQLPassword",
        "rabbitmq": "rabbitmq:RabbitMQ",
        "rabbitmq-same-user": "rabbitmq_password:RabbitMQPassword",
        "redis": "redis_acl:RedisAcl",
    },
)
