"""A host is asked at its pace."""

from datetime import UTC, datetime

import pytest

from unleak.verify.pace import INTERVAL, PATIENCE, Pace, retry_after


@pytest.fixture
def clocked():
    moment, waits = [100.0], []

    def wait(seconds):
        waits.append(round(seconds, 3))
        moment[0] += seconds

    return Pace(wait, lambda: moment[0]), waits


def test_one_host_has_turns_and_others_do_not_wait(clocked) -> None:
    pace, waits = clocked
    assert all(pace.turn(host) for host in ("a", "a", "b", "a"))
    assert waits == [INTERVAL, INTERVAL]


def test_a_host_that_asks_to_wait_is_waited_for_within_reason(clocked) -> None:
    pace, waits = clocked
    pace.hold("a", 7)
    assert pace.turn("a")
    assert waits == [7]
    pace.hold("a", PATIENCE + 1)
    assert not pace.turn("a")
    assert pace.turn("b")


@pytest.mark.parametrize(("value", "seconds"), [
    ("7", 7.0), (" 0 ", 0.0), ("Thu, 01 Jan 2026 00:00:30 GMT", 30.0), ("Thu, 01 Jan 2025 00:00:00 GMT", 0.0),
    ("", None), ("soon", None), ("-1", None), ("1.5", None),
])  # fmt: skip
def test_retry_after(value, seconds) -> None:
    assert retry_after(value, datetime(2026, 1, 1, tzinfo=UTC)) == seconds
