"""A rotation that restarts a service, by the command line. moto never says that a deployment is through."""

import boto3
import pytest


@pytest.fixture
def deployment(aws):
    ecs = boto3.client("ecs")
    ecs.create_cluster(clusterName="prod")
    ecs.register_task_definition(
        family="payments", containerDefinitions=[{"name": "a", "image": "b", "memory": 10}]
    )
    ecs.create_service(cluster="prod", serviceName="payments", taskDefinition="payments", desiredCount=1)

    def now():
        (service,) = ecs.describe_services(cluster="prod", services=["payments"])["services"]
        return service["deployments"][0]["id"]

    return now


def test_a_service_is_deployed_once_and_the_old_key_lives_until_that_is_through(aws, unleak, deployment):
    aws.json_secret()
    before = deployment()
    ran = unleak.rotate("--restart", "ecs://prod/payments", "--wait", "0")
    assert ran.returncode == 4, ran.stdout
    assert "restart ecs://prod/payments" in ran.stdout
    assert "ecs://prod/payments is not restarted yet" in ran.stdout
    after = deployment()
    assert after != before
    assert unleak("incidents", "resume", unleak.only_id(), "--wait", "0").returncode == 4
    assert deployment() == after
    assert aws.lives(aws.leaked)


def test_what_cannot_be_restarted_stops_the_plan(aws, unleak):
    aws.json_secret()
    ran = unleak.rotate("--restart", "ecs://other/payments")
    assert ran.returncode == 2
    assert len(aws.keys()) == 1


def test_an_unknown_kind_of_service_is_refused(aws, unleak):
    aws.json_secret()
    ran = unleak.rotate("--restart", "nomad://payments")
    assert ran.returncode == 2
    assert "ecs, k8s, lambda" in ran.stdout
