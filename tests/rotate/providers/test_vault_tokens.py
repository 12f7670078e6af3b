"""Tokens of a real server: what a new one gets from the token that acts, whatever is asked for."""

import pytest
from fakes.world import Network, service

from unleak.core.model import Liveness
from unleak.core.secret import Secret
from unleak.rotate.ports import Credential

EVERYTHING = 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }'
HERE = ["127.0.0.0/8"]


@pytest.fixture
def world():
    """With a user ada, whose entity may do everything, from this machine alone."""
    found = service("openbao")
    found.call("PUT", "sys/policy/everything", {"policy": EVERYTHING})
    found.call("POST", "sys/auth/userpass", {"type": "userpass"})
    found.call("POST", "auth/userpass/users/ada", {"password": "ada-s", "token_bound_cidrs": HERE})
    mount = found.call("GET", "sys/auth").json()["data"]["userpass/"]["accessor"]
    found.call("POST", "identity/entity", {"name": "ada", "policies": ["everything"]})
    entity = found.call("GET", "identity/entity/name/ada").json()["data"]["id"]
    found.call(
        "POST", "identity/entity-alias", {"name": "ada", "canonical_id": entity, "mount_accessor": mount}
    )
    return found


def logged_in(world) -> str:
    """A token of ada."""
    return world.call("POST", "auth/userpass/login/ada", {"password": "ada-s"}).json()["auth"]["client_token"]


def made_by(world, token: str, **more) -> Credential:
    """A token of policy payments that `token` has made."""
    data = {"policies": ["payments"], "no_default_policy": True, "ttl": "1h", **more}
    made = world.call("POST", "auth/token/create", data, token).json()["auth"]
    return Credential("", Secret(made["client_token"]))


def acting(bench_of, world, token: str):
    """The provider, with this acting token."""
    bench = bench_of(world, Network(world))
    bench.provider.act_with(Credential("", Secret(token)))
    return bench.provider


def test_a_child_of_somebody_with_more_rights_is_refused(bench_of, world):
    """It would get the rights of ada's entity, which no policy of a token tells."""
    provider = acting(bench_of, world, logged_in(world))
    leaked = made_by(world, "root")
    answer = provider.verify(leaked)
    assert answer.identity, answer.why
    identity = answer.identity
    assert "entity" in provider.refusal(identity)
    assert provider.differs(identity, provider.verify(made_by(world, logged_in(world))).identity)


def test_a_child_of_the_same_somebody_is_not(bench_of, world):
    provider = acting(bench_of, world, logged_in(world))
    identity = provider.verify(made_by(world, logged_in(world))).identity
    assert provider.refusal(identity) == ""
    assert provider.differs(identity, provider.verify(provider.issue(identity, "0a1b2c3d4e")).identity) == ""


def test_a_child_that_may_be_used_from_more_addresses_is_refused(bench_of, world):
    bound = made_by(world, logged_in(world))
    world.call("POST", "auth/userpass/users/ada", {"password": "ada-s", "token_bound_cidrs": ""})
    provider = acting(bench_of, world, logged_in(world))
    identity = provider.verify(bound).identity
    assert "addresses" in provider.refusal(identity)


def test_an_orphan_gets_nothing_of_it(bench_of, world):
    provider = acting(bench_of, world, logged_in(world))
    identity = provider.verify(made_by(world, "root", no_parent=True)).identity
    assert provider.refusal(identity) == ""
    assert provider.differs(identity, provider.verify(provider.issue(identity, "0a1b2c3d4e")).identity) == ""


def test_a_token_that_is_not_to_be_used_from_here_is_not_dead(bench_of, world):
    """The server answers as for one that it does not know."""
    role = {"allowed_policies": "payments", "token_bound_cidrs": ["10.0.0.0/8"], "orphan": True}
    world.call("POST", "auth/token/roles/elsewhere", role)
    data = {"policies": ["payments"], "no_default_policy": True}
    made = world.call("POST", "auth/token/create/elsewhere", data).json()["auth"]
    assert world.lives(made["client_token"])
    provider = acting(bench_of, world, "root")
    assert provider.verify(Credential("", Secret(made["client_token"]))).liveness is Liveness.UNKNOWN
