"""Ways to make a service read its secrets anew, named by the scheme of its reference."""

from collections.abc import Callable

from unleak.core.registry import Registry
from unleak.rotate.ports import Restart

RESTARTS: Registry[Callable[..., Restart]] = Registry(
    __name__,
    {
        "command": "command:Command",
        "ecs": "aws_ecs:EcsService",
        "k8s": "kubernetes:Rollout",
        "lambda": "aws_lambda:LambdaFunction",
        "vercel": "vercel:Redeploy",
        "webhook": "webhook:Webhook",
    },
)
