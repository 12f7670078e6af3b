"""Disabling, the time to go back, deleting and proving."""

from datetime import timedelta

import pytest

from unleak.core.errors import Conflict, RotationError
from unleak.core.model import Liveness
from unleak.rotate.sequence import FORWARD
from unleak.rotate.steps import issue, revoke, switch
from unleak.verify.answer import Answer


@pytest.fixture
def switched(make_run):
    run = make_run(revoke_anyway=True)
    for step in (
        issue.claim,
        issue.record,
        issue.issue,
        issue.put,
        issue.check,
        switch.promote,
        switch.pick_up,
    ):
        step(run)
    return run


def test_grace_counts_from_the_moment_of_disabling(switched, clock, provider):
    revoke.disable(switched)
    assert not provider.listed["AKIAOLD"].active
    clock.sleep(4)
    begun = clock.now()
    revoke.grace(switched)
    assert clock.now() - begun == pytest.approx(timedelta(seconds=6), abs=timedelta(seconds=0.3))


def test_nothing_is_deleted_when_the_secret_was_set_back(switched, provider, store):
    revoke.disable(switched)
    store.currents["prod"] = "v1"
    with pytest.raises(Conflict, match="set back to the leaked key"):
        revoke.delete(switched)
    assert "AKIAOLD" in provider.listed


def test_nothing_is_disabled_when_the_secret_was_set_back(switched, provider, store):
    store.currents["prod"] = "v1"
    with pytest.raises(Conflict, match="set back to the leaked key"):
        revoke.disable(switched)
    assert provider.listed["AKIAOLD"].active


def test_a_clock_that_was_set_back_does_not_prolong_the_grace(switched, clock):
    revoke.disable(switched)
    clock.moment -= timedelta(days=1)
    begun = clock.now()
    revoke.grace(switched)
    assert clock.now() - begun < timedelta(seconds=11)


def test_a_clock_that_is_set_back_while_waiting_does_not_prolong_the_wait(switched, clock):
    clock.after(1, lambda: setattr(clock, "moment", clock.moment - timedelta(days=1)))
    slept = []
    sleep = clock.sleep
    clock.sleep = lambda seconds: (slept.append(seconds), sleep(seconds))
    switched.sleep(5)
    assert sum(slept) == pytest.approx(5)


def test_dead_means_that_the_provider_says_so(switched, provider, clock):
    revoke.delete(switched)
    provider.answer = Answer(Liveness.UNKNOWN, why="AWS cannot be reached")
    with pytest.raises(RotationError, match="not proved dead: AWS cannot be reached"):
        revoke.prove(switched)
    provider.answer = None
    revoke.prove(switched)
    assert switched.history.last("dead")


def test_repeating_every_step_changes_nothing(make_run, provider, store):
    run = make_run(revoke_anyway=True, grace=0)
    for _, _, step in FORWARD:
        if step is not issue.contain:
            step(run)
            step(run)
    assert set(provider.listed) == {"AKIANEW"}
    assert provider.mark == ""
    assert store.currents["prod"] == run.rotation.targets[0].new
    assert len(run.history.all("issued")) == 1
