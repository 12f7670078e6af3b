"""When the services count as having picked the new key up."""

import pytest

from unleak.core.errors import NotFound
from unleak.core.model import Liveness
from unleak.rotate.run import Paused
from unleak.rotate.steps import issue, switch
from unleak.verify.answer import Answer


@pytest.fixture
def promoted(make_run):
    """Brings a run to the point where it waits for services."""

    def go(**options):
        run = make_run(**options)
        for step in (issue.claim, issue.record, issue.issue, issue.put, issue.check, switch.promote):
            step(run)
        return run

    return go


class Service:
    """A consumer that reports what it is told to."""

    def __init__(self, version=""):
        self.reported = version

    def version(self):
        return self.reported


def test_the_new_key_is_used_and_the_old_one_falls_silent(promoted, provider, clock):
    run = promoted()
    begun = clock.now()
    clock.after(20, lambda: provider.use("AKIAOLD"))
    clock.after(30, lambda: provider.use("AKIANEW"))
    switch.pick_up(run)
    assert 80 <= (clock.now() - begun).total_seconds() < 100
    assert run.history.last("picked up").data["proof"] == "the new key is used and the old one fell silent"


def test_silence_alone_is_no_pick_up(promoted):
    run = promoted()
    with pytest.raises(Paused) as paused:
        switch.pick_up(run)
    assert "the new key has not been used yet" in paused.value.error.message
    assert not paused.value.undecided


def test_our_own_check_of_the_new_key_is_no_pick_up(promoted, provider):
    run = promoted()
    provider.use("AKIANEW", "sts")  # in the same moment as the check
    with pytest.raises(Paused):
        switch.pick_up(run)


def test_an_old_key_that_stays_in_use_needs_a_decision(promoted, provider, clock):
    run = promoted()
    for seconds in range(5, 620, 5):
        clock.after(seconds, lambda: provider.use("AKIAOLD", "dynamodb"))
    clock.after(10, lambda: provider.use("AKIANEW"))
    with pytest.raises(Paused) as paused:
        switch.pick_up(run)
    assert paused.value.undecided
    assert "dynamodb in eu-west-1" in paused.value.error.message
    assert "--revoke-anyway" in paused.value.error.hint
    assert run.history.last("old key used").data == {"service": "dynamodb", "region": "eu-west-1"}


def test_going_on_anyway_is_recorded_as_such(promoted):
    run = promoted(revoke_anyway=True)
    switch.pick_up(run)
    assert run.history.last("picked up").data["proof"].startswith("none")


def test_every_consumer_must_report_the_new_version(promoted, clock):
    first, second = Service("v1"), Service()
    run = promoted(consumers=(first, second))
    new = run.rotation.targets[0].new
    clock.after(10, lambda: setattr(first, "reported", new))
    clock.after(40, lambda: setattr(second, "reported", new))
    begun = clock.now()
    switch.pick_up(run)
    assert 40 <= (clock.now() - begun).total_seconds() < 60
    assert any("1 of 2" in note for note in run.progress.notes)


def test_the_use_of_a_key_that_acts_itself_proves_nothing(promoted, provider, clock):
    run = promoted()
    run.memory.switched = True
    begun = clock.now()
    switch.pick_up(run)
    assert (clock.now() - begun).total_seconds() >= 60
    assert run.history.last("picked up").data["proof"] == "the old key fell silent"


def test_a_new_key_that_the_provider_does_not_know_yet_is_waited_for(make_run, provider, clock):
    run = make_run()
    for step in (issue.claim, issue.record, issue.issue):
        step(run)
    provider.answer = Answer(Liveness.DEAD)
    clock.after(10, lambda: setattr(provider, "answer", None))
    issue.check(run)
    assert run.history.last("checked")


def test_an_old_key_that_somebody_deleted_is_not_used_any_longer(promoted, provider, clock, monkeypatch):
    run = promoted()
    real = provider.last_used

    def last_used(identity, key_id):
        if key_id == "AKIAOLD":
            raise NotFound("AWS does not know it")
        return real(identity, key_id)

    monkeypatch.setattr(provider, "last_used", last_used)
    clock.after(10, lambda: provider.use("AKIANEW"))
    switch.pick_up(run)
    assert run.history.last("picked up")
