"""What is RabbitMQ's own: rights, tags and limits of a second user, and addresses of two kinds."""

import json

import pytest
from servers import rabbitmq
from servers.world import ADMIN, OLD

from unleak.cli import database_key
from unleak.core.errors import Conflict, NotFound, RotationError, UsageError
from unleak.core.fingerprint import fingerprint
from unleak.core.model import Liveness
from unleak.core.secret import Secret
from unleak.rotate import database
from unleak.rotate.ports import Credential
from unleak.verify.ports import Reply

ROTATION, NEXT = "0a1b2c3d4e", "5f6a7b8c9d"
NEW = f"payments_{ROTATION}"


@pytest.fixture
def world():
    made = rabbitmq.running()
    made.fresh()
    return made


@pytest.fixture
def provider(world):
    return world.provider()


@pytest.fixture
def identity(world, provider):
    return provider.verify(world.leaked).identity


def test_the_second_user_has_the_rights_of_the_first_and_no_more(world, provider, identity):
    world.execute("PUT", "user-limits/payments/max-connections", {"value": 7})
    before = world.rights("payments")
    provider.issue(identity, ROTATION)
    assert world.rights(NEW) == before
    made = world.exists(NEW)
    assert made["tags"] == ["billing", f"unleak-{ROTATION}"]
    assert made["limits"] == {"max-connections": 7}
    provider.revoke(identity, "payments")
    assert world.exists("payments") is None
    assert world.rights(NEW) == before


def test_a_second_rotation_follows_the_first_and_leaves_nothing_of_it(world, provider, identity):
    first = provider.issue(identity, ROTATION)
    provider.revoke(identity, "payments")
    again = provider.verify(first).identity
    assert (again.credential_id, again.principal) == (NEW, "payments")
    second = provider.issue(again, NEXT)
    assert second.id == f"payments_{NEXT}"
    assert world.exists(second.id)["tags"] == ["billing", f"unleak-{NEXT}"]
    provider.revoke(again, NEW)
    assert world.exists(NEW) is None
    assert provider.keys(again).ids == (second.id,)


def test_a_user_in_the_way_is_not_touched(world, provider, identity):
    world.execute("PUT", f"users/{NEW}", {"password": ADMIN, "tags": []})
    with pytest.raises(Conflict, match="not of this rotation"):
        provider.issue(identity, ROTATION)
    assert provider.find(identity, ROTATION) == ()
    provider.revoke(identity, "payments")
    with pytest.raises(NotFound, match="no user payments"):
        provider.issue(identity, NEXT)


def test_rights_that_depend_on_the_name_are_refused(world, provider, identity):
    rights = {"exchange": "pay", "write": "^{username}[.]", "read": ".*"}
    world.execute("PUT", "topic-permissions/%2F/payments", rights)
    assert "{username}" in provider.refusal(identity)
    assert world.of_one_password().provider().refusal(identity) == ""


def test_the_tags_of_a_user_stay_when_its_password_changes(world):
    single = world.of_one_password().provider()
    identity = single.verify(world.leaked).identity
    before = world.rights("payments")
    new = single.issue(identity, ROTATION)
    single.replace(identity, new)
    assert world.exists("payments")["tags"] == ["billing"]
    assert world.rights("payments") == before
    assert world.lives(Credential("", new.secret))


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "md5"])
def test_passwords_of_every_kind_are_known_by_their_hash(world, provider, algorithm):
    import base64
    import hashlib

    kept = b"salt" + hashlib.new(algorithm, b"salt" + OLD.encode()).digest()
    body = {"password_hash": base64.b64encode(kept).decode(), "tags": [],
            "hashing_algorithm": f"rabbit_password_hashing_{algorithm}"}  # fmt: skip
    world.execute("PUT", "users/payments", body)
    answer = provider.verify(world.leaked)
    assert answer.liveness is Liveness.LIVE, answer.why


@pytest.mark.parametrize(("status", "body", "liveness"), [
    (200, {}, Liveness.LIVE), (401, {"reason": "Not management user"}, Liveness.LIVE),
    (401, {"reason": "Login failed"}, Liveness.UNKNOWN), (401, [], Liveness.UNKNOWN), (500, {}, Liveness.UNKNOWN),
])  # fmt: skip
def test_a_password_that_the_server_keeps_is_not_dead(world, provider, monkeypatch, status, body, liveness):
    said = Reply(status, {}, json.dumps(body).encode())
    monkeypatch.setattr(provider._management, "_tried", lambda name, secret: said)
    assert provider.verify(world.leaked).liveness is liveness


def test_a_password_that_another_system_knows_is_not_taken_for_a_user_of_the_server(
    world, provider, monkeypatch
):
    said = Reply(401, {}, b'{"reason": "Not management user"}')
    monkeypatch.setattr(provider._management, "_tried", lambda name, secret: said)
    answer = provider.verify(Credential("", Secret("another")))
    assert (answer.liveness, "another system" in answer.why) == (Liveness.UNKNOWN, True)


def test_the_management_is_what_acts(world):
    with pytest.raises(RotationError, match="address of RabbitMQ's management"):
        world.provider(admin=world.url()).acting()


@pytest.mark.parametrize(("address", "warned"), [
    ("http://admin:x@mq.acme.example:15672", True), ("https://admin:x@mq.acme.example", False),
    ("http://admin:x@127.0.0.1:15672", False),
])  # fmt: skip
def test_an_address_without_tls_is_warned_of(world, identity, address, warned):
    for adapter in (world.adapter, world.single):
        told = adapter(world.provider().server, "env:ADMIN", Secret(address)).outline(identity).warnings
        assert any("without TLS" in one for one in told) is warned


@pytest.mark.parametrize(("text", "told"), [
    ("amqp://pay:{}@mq.acme.example", ("mq.acme.example", 5672, "")),
    ("amqps://pay:{}@mq.acme.example/prod?cacertfile=/ca.pem", ("mq.acme.example", 5671, "verify-full")),
    ("http://pay:{}@mq.acme.example:15672/", ("mq.acme.example", 15672, "")),
    ("https://pay:{}@mq.acme.example:15671", ("mq.acme.example", 15671, "verify-full")),
])  # fmt: skip
def test_addresses_of_both_kinds_are_recognised(text, told):
    text = text.format(OLD)
    server, password = database_key.recognised(text)
    assert (server.kind, server.user, password.reveal()) == ("rabbitmq", "pay", OLD)
    assert (server.host, server.port, server.tls) == told
    line = f'MQ_URL="{text}"\n'
    assert database_key.within([line], fingerprint(OLD)) == (server, password)


@pytest.mark.parametrize("text", ["https://pay:{}@shop.acme.example/", "https://shop.acme.example:15672/"])
def test_any_other_address_of_the_web_is_none(text):
    assert database_key.recognised(text.format(OLD)) is None
    with pytest.raises(UsageError):
        database.parse(Secret(text.format(OLD)))
