"""Writes whose end is not known, and values that somebody else has written since."""

from dataclasses import replace
from datetime import timedelta

import pytest

from unleak.core.errors import Conflict, OutcomeUnknown, RotationError
from unleak.core.model import SecretRef
from unleak.rotate.rotation import target
from unleak.rotate.stamps import version
from unleak.rotate.steps import again, issue, revoke, undo, write_only

REF = SecretRef("github-actions", "team/shop?ID,KEY")


class Written:
    """Two variables that tell when they were written, and by nobody's word but ours what."""

    def __init__(self, clock):
        self.clock, self.values, self.stamps, self.fails = clock, {}, {}, None
        self.put("ID", "AKIAOLD")
        self.put("KEY", "o" * 20 + "O1d2" * 5)

    def put(self, variable, value):
        self.clock.moment += timedelta(seconds=1)
        self.values[variable], self.stamps[variable] = value, self.clock.now().isoformat()

    def stamp(self, name, variable):
        return self.stamps[variable]

    def write(self, name, variable, value, expected):
        assert expected == self.stamps[variable]
        self.put(variable, value.reveal())
        if self.fails == variable:
            raise OutcomeUnknown("no answer came")
        return self.stamps[variable]


@pytest.fixture
def place(clock):
    return Written(clock)


@pytest.fixture
def make(make_run, place, monkeypatch):
    """A maker of runs, as if each were a process of its own."""
    first = version(place.stamps)

    def made(**options):
        run = make_run(**options)
        rotation = replace(run.rotation, targets=(), write_only=(target("r1", REF, first),))
        return replace(run, rotation=rotation, write_only={REF.store: place})

    return made


@pytest.fixture
def begun(make):
    """A process that has issued a key."""
    run = make()
    issue.claim(run)
    issue.record(run)
    issue.issue(run)
    return run


def test_both_are_written_once(begun, place):
    again.promote(begun)
    assert place.values == {"ID": "AKIANEW", "KEY": "n" * 20 + "N4w5" * 5}
    stamps = dict(place.stamps)
    again.promote(begun)
    assert place.stamps == stamps


def test_a_write_whose_answer_never_came_is_repeated_if_the_key_is_at_hand(begun, place):
    place.fails = "ID"
    with pytest.raises(OutcomeUnknown):
        again.promote(begun)
    place.fails = None
    again.promote(begun)
    assert place.values == {"ID": "AKIANEW", "KEY": "n" * 20 + "N4w5" * 5}
    assert len(begun.history.all("issued")) == 1


def test_the_last_write_of_a_process_that_died_is_taken_for_its_own(begun, make, place, clock):
    place.fails = "KEY"
    with pytest.raises(OutcomeUnknown):
        again.promote(begun)
    clock.sleep(3600)
    run = make()
    assert not write_only.lost(run)
    again.promote(run)
    assert len(run.history.all("issued")) == 1
    revoke.nobody_went_back(run)


def test_what_was_written_long_after_is_somebody_elses(begun, make, place, clock):
    place.fails = "KEY"
    with pytest.raises(OutcomeUnknown):
        again.promote(begun)
    clock.sleep(3600)
    place.put("KEY", "theirs")
    run = make()
    with pytest.raises(Conflict, match="somebody else"):
        again.promote(run)
    assert place.values["KEY"] == "theirs"


def test_a_key_that_is_lost_is_replaced_by_another(begun, make, provider, place):
    run = make()
    assert write_only.lost(run)
    again.check(run)
    assert len(run.history.all("issued")) == 2
    assert sorted(provider.listed) == ["AKIANEW", "AKIAOLD"]
    again.promote(run)
    assert place.values["ID"] == "AKIANEW"


def test_what_was_written_before_the_promotion_is_not_overwritten(begun, place):
    place.put("KEY", "theirs")
    with pytest.raises(Conflict, match="nothing was overwritten"):
        again.promote(begun)
    assert place.values["KEY"] == "theirs"


def test_what_was_written_after_it_needs_a_decision_for_that_very_write(begun, make, place):
    again.promote(begun)
    place.put("KEY", "theirs")
    for run in (begun, make(revoke_anyway=True)):
        if run is begun:
            with pytest.raises(Conflict, match="somebody else"):
                revoke.nobody_went_back(run)
        else:
            revoke.nobody_went_back(run)
    place.put("KEY", "theirs again")
    with pytest.raises(Conflict):
        revoke.nobody_went_back(make(revoke_anyway=True))


def test_the_way_back_writes_only_what_may_hold_the_new_key(begun, place, make):
    write_only.empty(begun)
    assert not begun.history.all("writing")
    again.promote(begun)
    begun.memory.leaked = None
    with pytest.raises(RotationError, match="needed once more"):
        undo.roll_back(begun)
    place.put("KEY", "theirs")
    with pytest.raises(RotationError):
        undo.roll_back(begun)
    assert place.values["KEY"] == "theirs"
