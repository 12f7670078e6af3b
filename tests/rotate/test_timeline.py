"""Milestones and the exposure time."""

from datetime import UTC, datetime, timedelta

import pytest

from unleak.core.model import Event
from unleak.rotate.timeline import spoken, timeline

START = datetime(2026, 1, 1, tzinfo=UTC)


def events(*kinds, **opened):
    listed = [Event(0, "r", START, "me", "opened", opened)]
    return listed + [
        Event(n, "r", START + timedelta(minutes=n), "me", kind, {}) for n, kind in enumerate(kinds, 1)
    ]


def test_a_whole_rotation_in_the_order_of_time():
    exposed = START - timedelta(minutes=3)
    told = timeline(
        events("replaced", "picked up", "disabled", "dead", exposed=exposed.isoformat(), detected="")
    )
    assert [name for name, _ in told.milestones] == [
        "exposed", "detected", "replaced", "picked up", "contained", "proven dead",
    ]  # fmt: skip
    assert dict(told.milestones)["contained"] == START + timedelta(minutes=3)
    assert told.exposure == timedelta(minutes=7)


def test_without_the_moment_of_exposure_it_counts_from_detection():
    assert timeline(events("dead")).exposure == timedelta(minutes=1)


def test_a_key_that_is_not_dead_has_no_exposure_time_yet():
    assert timeline(events("replaced")).exposure is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.9, "59 s"), (725, "12 min 5 s"), (3600, "1 h"), (273_600, "3 d 4 h"), (-1, "0 s")],
)
def test_durations_as_people_say_them(seconds, text):
    assert spoken(timedelta(seconds=seconds)) == text
