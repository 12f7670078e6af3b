"""What every database's adapter has to do, against a real server."""

import pytest
from servers.world import ADMIN, OLD, free_port

from unleak.core.errors import AccessDenied, OutcomeUnknown, RotationError
from unleak.core.model import Liveness
from unleak.core.secret import Secret
from unleak.rotate.database import Server
from unleak.rotate.ports import Credential, Trait

ROTATION = "0a1b2c3d4e"


def claimed(world, provider, identity):
    if Trait.MARK in provider.traits:
        provider.claim(identity, ROTATION)
    return provider.issue(identity, ROTATION)


def test_the_leaked_password_is_identified(world, provider):
    answer = provider.verify(world.leaked)
    assert answer.liveness is Liveness.LIVE, answer.why
    assert answer.identity.principal.partition("@")[0] == world.user
    assert answer.identity.account == f"127.0.0.1:{world.port}"
    assert Server.of(answer.identity.details) == provider.server
    assert provider.key(answer.identity, answer.identity.credential_id).active
    assert provider.refusal(answer.identity) == ""
    assert provider.acting().principal.startswith("admin")
    assert provider.acting().principal.endswith(" (env:ADMIN)")


def test_a_wrong_password_is_dead_and_silence_is_unknown(world, provider):
    assert provider.verify(Credential("", Secret("x" + OLD))).liveness is Liveness.DEAD
    for nowhere in (world.provider(port=free_port()), world.provider(admin=world.url("admin", "wrong"))):
        answer = nowhere.verify(world.leaked)
        assert answer.liveness is Liveness.UNKNOWN
        assert answer.why


def test_a_new_password_has_the_same_rights_and_both_work(world, provider, identity):
    new = claimed(world, provider, identity)
    answer = provider.verify(new)
    assert answer.liveness is Liveness.LIVE, answer.why
    assert provider.differs(identity, answer.identity) == ""
    assert answer.identity.credential_id == new.id != identity.credential_id
    assert {new.id, identity.credential_id} <= set(provider.keys(identity).ids)
    world.session(new.secret.reveal(), new.id).call()
    assert world.lives(world.leaked)


def test_what_was_issued_is_found_by_its_rotation_alone(world, provider, identity):
    assert provider.find(identity, ROTATION) == ()
    new = claimed(world, provider, identity)
    assert provider.find(identity, ROTATION) == (new.id,)
    assert provider.find(identity, "ffffffffff") == ()
    provider.revoke(identity, new.id)
    assert provider.find(identity, ROTATION) == ()
    assert not world.lives(new)
    assert world.lives(world.leaked)


def test_a_revoked_password_is_dead_and_its_sessions_are_closed(world, provider, identity):
    new = claimed(world, provider, identity)
    session = world.session(OLD)
    for _ in range(2):
        provider.revoke(identity, identity.credential_id)
    with pytest.raises(Exception, match=r"."):
        session.call()
    assert provider.key(identity, identity.credential_id) is None
    assert provider.verify(Credential(identity.credential_id, Secret(OLD))).liveness is Liveness.DEAD
    assert provider.verify(new).liveness is Liveness.LIVE
    assert not world.lives(world.leaked)


def test_disabled_and_enabled(world, provider, identity):
    key_id = identity.credential_id
    if Trait.DISABLE not in provider.traits:
        with pytest.raises(RotationError, match="cannot be disabled"):
            provider.set_active(identity, key_id, False)
        return
    provider.set_active(identity, key_id, False)
    assert not provider.key(identity, key_id).active
    assert provider.verify(world.leaked).liveness is Liveness.UNKNOWN
    provider.set_active(identity, key_id, True)
    assert provider.key(identity, key_id).active
    assert provider.verify(world.leaked).liveness is Liveness.LIVE


def test_the_mark_is_set_and_taken_away(world, provider, identity):
    if Trait.MARK not in provider.traits:
        assert provider.claimed_by(identity) == ""
        return
    assert provider.claimed_by(identity) == ""
    provider.claim(identity, ROTATION)
    assert provider.claimed_by(identity) == ROTATION
    for _ in range(2):
        provider.release(identity)
        assert provider.claimed_by(identity) == ""


def test_a_lost_answer_is_unclear_and_what_it_did_is_found(world, identity, provider):
    if Trait.MARK in provider.traits:
        provider.claim(identity, ROTATION)
    with world.losing() as port, pytest.raises(OutcomeUnknown):
        world.provider(port=port).issue(identity, ROTATION)
    (stray,) = provider.find(identity, ROTATION)
    assert stray != identity.credential_id
    provider.revoke(identity, stray)
    assert provider.find(identity, ROTATION) == ()


def test_the_user_itself_does_not_act(world, identity):
    assert "act as another" in world.provider(admin=world.as_itself()).refusal(identity)


@pytest.mark.parametrize("call", ["issue", "claim", "revoke"])
def test_missing_rights_are_named(world, provider, identity, call):
    if call == "claim" and Trait.MARK not in provider.traits:
        return
    if call == "issue" and Trait.MARK in provider.traits:
        provider.claim(identity, ROTATION)
    if call == "revoke":
        claimed(world, provider, identity)
    weak = world.provider(admin=world.url("weak", ADMIN))
    given = {"issue": ROTATION, "claim": ROTATION, "revoke": identity.credential_id}[call]
    with pytest.raises(AccessDenied) as raised:
        getattr(weak, call)(identity, given)
    assert raised.value.hint
    assert not any(secret in f"{raised.value!r}" for secret in (OLD, ADMIN))
    assert world.lives(world.leaked)


@pytest.mark.parametrize("admin", ["nonsense", "scheme://admin:pass0word1@nowhere", "http://[::1"])
def test_an_acting_credential_that_is_none_is_refused(world, admin):
    with pytest.raises(RotationError, match="env:ADMIN") as raised:
        world.provider(admin=admin).acting()
    assert "pass0word1" not in f"{raised.value!r}"


def test_an_acting_credential_that_is_not_accepted_is_refused(world):
    with pytest.raises(RotationError, match="does not accept the password in env:ADMIN"):
        world.provider(admin=world.url("admin", "wrong0pass1word2")).acting()


def test_no_password_is_in_the_servers_logs_or_the_plan(world, provider, identity):
    new = claimed(world, provider, identity)
    plan = f"{provider.outline(identity)} {identity} {provider.keys(identity)} {new}"
    provider.revoke(identity, identity.credential_id)
    provider.verify(Credential("", Secret(OLD)))
    for text in (plan, world.texts()):
        assert OLD not in text
        assert new.secret.reveal() not in text
