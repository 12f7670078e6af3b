"""A key that only a person could name: what is done to it, and what if it was the wrong one."""

from dataclasses import replace

import pytest

from unleak.core.errors import Conflict, RotationError
from unleak.core.model import Identity, Liveness
from unleak.rotate.ports import Trait
from unleak.rotate.rotation import IAM
from unleak.rotate.steps import issue, revoke, switch, undo
from unleak.verify.answer import Answer

PRINCIPAL = "arn:aws:iam::123456789012:user/payments"
TO_PICK_UP = (issue.claim, issue.record, issue.issue, issue.put, issue.check, switch.promote, switch.pick_up)


@pytest.fixture
def named(make_run, provider, monkeypatch):
    """Keys that go when they are disabled; returns a switched run over the key that a person named."""
    monkeypatch.setattr(type(provider), "traits", IAM | {Trait.NAMED})
    listed_as = {"AKIAOLD": "AKIAOLD"}

    def asked(credential):
        if provider.answer:
            return provider.answer
        key = provider.listed.get(listed_as.get(credential.id, credential.id))
        identity = Identity("fake", "123456789012", PRINCIPAL, credential.id)
        return Answer(Liveness.LIVE, identity) if key and key.active else Answer(Liveness.DEAD)

    provider.verify = asked
    provider.listed_as = listed_as
    run = make_run(revoke_anyway=True, grace=0)
    run = replace(run, rotation=replace(run.rotation, traits=provider.traits))
    for step in TO_PICK_UP:
        step(run)
    return run


@pytest.fixture
def wrong(named, provider):
    """The same, where the leaked key is another one than the one that was named."""
    provider.add("AKIATRUE", provider.secrets["AKIAOLD"])
    provider.listed_as["AKIAOLD"] = "AKIATRUE"
    return named


def test_the_right_one_is_disabled_asked_about_and_revoked(named, provider):
    for step in (revoke.disable, revoke.grace, revoke.delete, revoke.prove):
        step(named)
        step(named)
    assert set(provider.listed) == {"AKIANEW"}
    assert named.history.last("dead")


def test_a_wrong_one_works_again_and_is_not_revoked(wrong, provider, clock):
    with pytest.raises(Conflict, match="is not the leaked key"):
        revoke.disable(wrong)
    assert provider.listed["AKIAOLD"].active
    begun = clock.now()
    for step in (revoke.disable, revoke.delete):
        with pytest.raises(Conflict, match="is not the leaked key"):
            step(wrong)
    assert clock.now() == begun, "it is not tried again"
    assert provider.listed["AKIAOLD"].active
    assert "AKIATRUE" in provider.listed


def test_a_wrong_one_works_again_also_after_a_crash(wrong, provider):
    refused = provider.set_active

    def crash(identity, key_id, active):
        if active:
            raise KeyboardInterrupt
        refused(identity, key_id, active)

    provider.set_active = crash
    with pytest.raises(KeyboardInterrupt):
        revoke.disable(wrong)
    assert not provider.listed["AKIAOLD"].active
    provider.set_active = refused
    with pytest.raises(Conflict, match="enabled again"):
        revoke.disable(wrong)
    assert provider.listed["AKIAOLD"].active


def test_a_crash_after_disabling_asks_all_the_same(wrong, provider, clock):
    def crash():
        raise KeyboardInterrupt

    clock.after(1, crash)
    with pytest.raises(KeyboardInterrupt):
        revoke.disable(wrong)
    with pytest.raises(Conflict, match="is not the leaked key"):
        revoke.disable(wrong)
    assert provider.listed["AKIAOLD"].active


def test_an_answer_that_says_nothing_keeps_it_disabled_and_revokes_nothing(named, provider, clock):
    provider.verify = lambda credential: (
        Answer(Liveness.UNKNOWN, why="no answer")
        if not provider.listed["AKIAOLD"].active
        else Answer(Liveness.LIVE)
    )
    with pytest.raises(RotationError, match="cannot be told"):
        revoke.disable(named)
    assert "AKIAOLD" in provider.listed


def test_where_the_leaked_key_died_before_nothing_is_done_to_the_named_one(wrong, provider):
    provider.listed["AKIATRUE"] = replace(provider.listed["AKIATRUE"], active=False)
    for step in (revoke.disable, revoke.grace, revoke.delete, revoke.prove):
        step(wrong)
        step(wrong)
    assert provider.listed["AKIAOLD"].active
    assert wrong.history.last("dead")
    with pytest.raises(RotationError, match="no way back"):
        undo.check(wrong)


def test_without_a_way_to_disable_the_leaked_key_is_asked_afterwards(wrong, provider):
    revoke.delete(wrong)
    assert "AKIAOLD" not in provider.listed
    with pytest.raises(RotationError, match="lives on: that was another one"):
        revoke.prove(wrong)
    provider.listed.pop("AKIATRUE")
    revoke.prove(wrong)
    assert wrong.history.last("dead")


def test_nothing_is_revoked_while_the_leaked_key_cannot_be_asked(named, provider):
    provider.answer = Answer(Liveness.UNKNOWN, why="no answer")
    with pytest.raises(RotationError, match="whether the leaked key still lives"):
        revoke.delete(named)
    assert "AKIAOLD" in provider.listed


def test_the_new_key_of_the_rotation_is_never_taken_for_the_leaked_one(named, provider):
    identity = replace(named.rotation.identity, credential_id="AKIANEW")
    mistaken = replace(named, rotation=replace(named.rotation, identity=identity))
    for step in (revoke.disable, revoke.delete):
        with pytest.raises(Conflict, match="new key of this rotation"):
            step(mistaken)
    assert provider.listed["AKIANEW"].active
