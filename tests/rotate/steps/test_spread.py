"""Copies of secrets in other places."""

from dataclasses import replace

import pytest

from unleak.core.errors import RotationError
from unleak.rotate.steps import spread


class Replicated:
    """A store whose copies are behind for a while."""

    def __init__(self, clock, seconds):
        self.clock, self.until = clock, clock.now().timestamp() + seconds

    def behind(self, name):
        return "us-east-2" if self.clock.now().timestamp() < self.until else ""


@pytest.fixture
def replicated(make_run, clock):
    """A run whose secret is behind in a Region for that long."""
    return lambda seconds: replace(make_run(), stores={"aws-sm": Replicated(clock, seconds)})


def test_replicas_are_waited_for(replicated):
    run = replicated(5)
    begun = run.clock.now()
    spread.wait(run)
    assert (run.clock.now() - begun).total_seconds() >= 5
    assert "us-east-2" in run.progress.notes[0]


def test_one_that_stays_behind_stops_the_rotation(replicated):
    with pytest.raises(RotationError, match="us-east-2 do not have the current version"):
        spread.wait(replicated(10_000))


def test_stores_without_copies_are_not_waited_for(make_run):
    run = make_run()
    begun = run.clock.now()
    spread.wait(run)
    assert run.clock.now() == begun
