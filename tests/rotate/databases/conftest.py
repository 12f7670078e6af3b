"""A database server whose user's password leaked."""

import pytest
from servers.world import SERVERS, server


@pytest.fixture(params=SERVERS)
def world(request):
    return server(request.param)


@pytest.fixture
def provider(world):
    return world.provider()


@pytest.fixture
def identity(world, provider):
    return provider.verify(world.leaked).identity
