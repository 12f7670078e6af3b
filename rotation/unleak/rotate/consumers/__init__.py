"""Ways to ask a service which version of a secret it uses, named by the scheme of their address."""

from collections.abc import Callable

from unleak.core.registry import Registry
from unleak.rotate.ports import Consumer

CONSUMERS: Registry[Callable[[str], Consumer]] = Registry(
    __name__, {"http": "http:HttpConsumer", "https": "http:HttpConsumer"}
)
