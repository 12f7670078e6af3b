"""A database server whose user's password leaked."""

import pytest
from servers.world import SERVERS, SINGLE, server


@pytest.fixture(params=SERVERS)
def world(request):
    return server(request.param)


@pytest.fixture(params=SINGLE)
def single(request):
    """One whose users have one password at a time."""
    return server(request.param).of_one_password()


@pytest.fixture
def provider(world):
    return world.provider()


@pytest.fixture
def identity(world, provider):
    return provider.verify(world.leaked).identity
