"""What is MongoDB's own: roles and custom data of a second user, SCRAM keys, and strings with several hosts."""

import pytest
from pymongo.errors import OperationFailure
from servers import mongodb
from servers.world import OLD

from unleak.core.errors import Conflict, NotFound, OutcomeUnknown, RotationError
from unleak.core.model import Liveness
from unleak.core.secret import Secret
from unleak.rotate import database
from unleak.rotate.ports import Credential

ROTATION, NEXT = "0a1b2c3d4e", "5f6a7b8c9d"
NEW = f"payments_{ROTATION}"


@pytest.fixture
def world():
    made = mongodb.running()
    made.fresh()
    return made


@pytest.fixture
def provider(world):
    return world.provider()


@pytest.fixture
def identity(world, provider):
    return provider.verify(world.leaked).identity


def test_the_second_user_is_like_the_first(world, provider, identity):
    restrictions = [{"clientSource": ["192.0.2.0/24"]}]
    world.users["payments"] |= {"restrictions": restrictions, "mechanisms": ["SCRAM-SHA-256"]}
    provider.issue(identity, ROTATION)
    made = world.users[NEW]
    assert made["roles"] == [{"role": "readWrite", "db": "pay"}]
    assert (made["restrictions"], made["mechanisms"]) == (restrictions, ["SCRAM-SHA-256"])
    assert made["customData"] == {"team": "a", "unleak_rotation": ROTATION, "unleak_for": "payments"}


def test_a_second_rotation_follows_the_first_and_leaves_nothing_of_it(world, provider, identity):
    first = provider.issue(identity, ROTATION)
    provider.revoke(identity, "payments")
    again = provider.verify(first).identity
    assert (again.credential_id, again.principal) == (NEW, "payments")
    second = provider.issue(again, NEXT)
    assert world.users[second.id]["customData"]["unleak_for"] == "payments"
    provider.revoke(again, NEW)
    assert set(world.users) == {"admin", "weak", second.id}
    assert provider.keys(again).ids == (second.id,)


def test_a_user_in_the_way_is_not_touched(world, provider, identity):
    world.create_user({"createUser": NEW, "pwd": "theirs", "roles": []})
    with pytest.raises(Conflict, match="not of this rotation"):
        provider.issue(identity, ROTATION)
    assert provider.find(identity, ROTATION) == ()
    provider.revoke(identity, "payments")
    with pytest.raises(NotFound, match="no user payments"):
        provider.issue(identity, NEXT)


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1", "SCRAM-SHA-256"])
def test_passwords_are_known_by_their_keys(world, provider, mechanism):
    world.users["payments"]["mechanisms"] = [mechanism]
    world.set("payments", OLD)
    assert provider.verify(world.leaked).liveness is Liveness.LIVE


def test_a_login_that_its_address_forbids_is_not_dead(world, provider, monkeypatch):
    def refused(client):
        if client.user == "payments":
            raise OperationFailure("Authentication failed.", 18)

    monkeypatch.setattr(mongodb.Client, "enter", refused)
    answer = provider.verify(world.leaked)
    assert (answer.liveness, "another reason" in answer.why) == (Liveness.UNKNOWN, True)


def test_a_server_that_lets_everybody_in_is_not_believed(world, provider, monkeypatch):
    monkeypatch.setattr(mongodb.Client, "enter", lambda client: None)
    answer = provider.verify(Credential("", Secret("any")))
    assert (answer.liveness, "no access control" in answer.why) == (Liveness.UNKNOWN, True)


@pytest.mark.parametrize(
    ("code", "kind"), [(91, OutcomeUnknown), (10107, OutcomeUnknown), (8000, RotationError)]
)
def test_a_primary_that_steps_down_leaves_it_unclear(world, provider, identity, monkeypatch, code, kind):
    def failing(command):
        raise OperationFailure("any text", code)

    monkeypatch.setattr(world, "create_user", failing)
    with pytest.raises(RotationError) as raised:
        provider.issue(identity, ROTATION)
    assert type(raised.value) is kind
    assert "any text" not in f"{raised.value!r}"


@pytest.mark.parametrize(("text", "told"), [
    ("mongodb://pay:{}@db.acme.example", ("db.acme.example", 27017, "admin")),
    ("mongodb://pay:{}@a.acme.example:27018,b.acme.example/shop?replicaSet=rs", ("a.acme.example", 27018, "shop")),
    ("mongodb+srv://pay:{}@db.acme.example/shop?authSource=users", ("db.acme.example", 27017, "users")),
])  # fmt: skip
def test_strings_with_several_hosts_are_understood(text, told):
    server, password = database.parse(Secret(text.format(OLD)))
    assert (server.host, server.port, server.database) == told
    assert (server.kind, server.user, password.reveal()) == ("mongodb", "pay", OLD)


@pytest.mark.parametrize(("text", "reason"), [
    ("mongodb+srv://payments:{}@prod.abcde.mongodb.net/", "Atlas"),
    ("mongodb://payments:{}@127.0.0.1/?authSource=$external", "another system"),
])  # fmt: skip
def test_users_that_the_server_does_not_keep_are_refused(world, identity, text, reason):
    server, _ = database.parse(Secret(text.format(OLD)))
    provider = world.provider()
    refusing = type(provider)(server, "env:ADMIN", Secret(world.url("admin", "x")))
    assert reason in refusing.refusal(identity)
