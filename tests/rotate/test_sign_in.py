"""The acting credential signs in when that is needed, and anew when that is old."""

import httpx
import pytest
from fakes.dockerhub import Service
from fakes.world import Network, declared

from unleak.core.errors import AccessDenied
from unleak.core.rotating import ADMIN
from unleak.rotate import sign_in
from unleak.verify.exchange import Exchanger


@pytest.fixture
def world():
    return Service()


@pytest.fixture
def network(world):
    return Network(world)


@pytest.fixture
def signs_in(network):
    _, said = declared()[Service.rule]
    return sign_in.SignIn(said, Exchanger("Docker", network.https()), "env:ADMIN")


def values(signs_in, secret):
    return signs_in.values({ADMIN: secret, "username": "ada"})


def test_it_signs_in_once_and_again_for_another_credential(world, network, signs_in):
    first = values(signs_in, world.admin.secret)
    assert values(signs_in, world.admin.secret) == first
    assert len(network.requests) == 1
    assert values(signs_in, world.leaked.secret) != first
    assert len(network.requests) == 2


def test_it_signs_in_anew_when_that_is_old(world, network, signs_in, monkeypatch):
    values(signs_in, world.admin.secret)
    monkeypatch.setattr(sign_in, "LASTS", -1.0)
    values(signs_in, world.admin.secret)
    assert len(network.requests) == 2


def test_a_credential_that_is_refused_is_told_by_its_reference(world, network, signs_in):
    with pytest.raises(AccessDenied, match="env:ADMIN"):
        values(signs_in, "wrong")
    network.fault = lambda request, answer: httpx.Response(500)
    with pytest.raises(Exception, match="sign in"):
        values(signs_in, world.admin.secret)
