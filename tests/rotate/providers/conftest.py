"""Declared providers over fakes of their services."""

import pytest
from fakes.world import FAKES, Network, declared, service

from unleak.core.rotating import NAMED
from unleak.core.secret import Secret
from unleak.rotate.ports import Credential
from unleak.rotate.providers.declared import Declared, Kind

RULES = declared()


class Bench:
    """A provider, the world behind it, and the network between them."""

    def __init__(self, world, network: Network) -> None:
        self.world, self.network = world, network
        rule, self.said = RULES[world.rule]
        named = world.leaked.id if self.said.id == NAMED else ""
        kind = Kind(rule, self.said, world.parts, lambda text: [world.leaked.secret], key_id=named)
        self.provider = Declared(kind, "env:ADMIN", Secret(world.admin.secret), network.https())
        self.leaked = self.credential(world.leaked)
        self.under_way = Credential(world.leaked.id, self.leaked.secret)
        """The same, once its rotation has begun."""

    def credential(self, held) -> Credential:
        """A key of the world, as the provider is given it."""
        return Credential(held.id if self.said.pair else "", Secret(held.secret))

    @property
    def identity(self):
        return self.provider.verify(self.leaked).identity

    @property
    def secrets(self) -> list[str]:
        """What nobody may see."""
        return [self.world.admin.secret, self.world.leaked.secret]


@pytest.fixture(params=FAKES)
def bench(request: pytest.FixtureRequest) -> Bench:
    world = service(request.param)
    return Bench(world, Network(world))


@pytest.fixture
def bench_of() -> type[Bench]:
    """Makes a bench of a world that a test has made."""
    return Bench
