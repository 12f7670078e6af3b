from datetime import UTC, datetime, timedelta, timezone

from unleak.core.clock import SystemClock, iso


def test_the_system_clock_is_aware_and_in_utc() -> None:
    now = SystemClock().now()
    assert now.utcoffset() == timedelta(0)


def test_iso_converts_to_utc() -> None:
    moment = datetime(2026, 3, 1, 12, 30, 5, 999, tzinfo=timezone(timedelta(hours=2)))
    assert iso(moment) == "2026-03-01T10:30:05Z"
    assert iso(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00Z"
