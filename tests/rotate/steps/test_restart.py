"""Services are restarted once with the new key, and once more with the old one if there is a way back."""

import pytest

from unleak.core.errors import RotationError
from unleak.rotate import sequence
from unleak.rotate.run import Paused
from unleak.rotate.steps import restart

REFS = ("ecs://prod/payments", "lambda://payments")


class Service:
    """One that takes a while."""

    def __init__(self, clock, seconds=3.0):
        self.clock, self.seconds, self.begun, self.fails = clock, seconds, [], False

    def begin(self, rotation):
        self.begun.append(self.clock.now())
        return f"{rotation}-{len(self.begun)}"

    def done(self, name):
        if self.fails:
            raise RotationError("the new tasks do not start")
        return (self.clock.now() - self.begun[-1]).total_seconds() >= self.seconds


@pytest.fixture
def services(clock):
    return {ref: Service(clock) for ref in REFS}


@pytest.fixture
def run(make_run, services):
    made = make_run(restarts=REFS)
    object.__setattr__(made, "restarts", services)
    return made


def restarted(run):
    return [(event.data["service"], event.data["key"]) for event in run.history.all("restarted")]


def test_all_begin_before_one_is_waited_for(run, services, clock):
    begun = clock.now()
    restart.forward(run)
    assert [service.begun for service in services.values()] == [[begun], [begun]]
    assert restarted(run) == [(ref, "new") for ref in REFS]


def test_what_was_begun_is_not_begun_again(run, services):
    services[REFS[1]].seconds = 10_000
    with pytest.raises(Paused) as paused:
        restart.forward(run)
    assert REFS[1] in paused.value.error.message
    services[REFS[1]].seconds = 0
    restart.forward(run)
    restart.forward(run)
    assert [len(service.begun) for service in services.values()] == [1, 1]


def test_a_restart_that_fails_stops_the_rotation(run, services):
    services[REFS[0]].fails = True
    with pytest.raises(RotationError, match="do not start"):
        restart.forward(run)
    assert restarted(run) == []


def test_the_way_back_restarts_only_what_read_the_new_key(run, services):
    restart.back(run)
    assert not any(service.begun for service in services.values())
    restart.forward(run)
    restart.back(run)
    assert [len(service.begun) for service in services.values()] == [2, 2]
    assert restarted(run)[2:] == [(ref, "old") for ref in REFS]


def test_without_services_to_restart_there_is_no_such_step(run, make_run):
    def names(run):
        return {name for name, _, _ in (*sequence.forward(run.rotation), *sequence.back(run.rotation))}

    assert names(run) - names(make_run()) == {"restart", "undo-restart"}
