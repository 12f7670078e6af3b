"""How often one host is asked, and how long it wants not to be."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

INTERVAL = 0.2
"""Seconds between two requests to the same host."""
PATIENCE = 30.0
"""Seconds that a host may ask to wait."""


class Pace:
    """Gives every request to a host its turn. Threads share it."""

    def __init__(
        self,
        wait: Callable[[float], object] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wait, self._now = wait, now
        self._next: dict[str, float] = {}
        self._held: dict[str, float] = {}
        self._lock = threading.Lock()

    def turn(self, host: str) -> bool:
        """Wait for the turn of a request to `host`. False if that would take too long."""
        with self._lock:
            now = self._now()
            at = max(now, self._next.get(host, now))
            if self._held.get(host, now) - now > PATIENCE:
                return False
            self._next[host] = at + INTERVAL
        if at > now:
            self._wait(at - now)
        return True

    def hold(self, host: str, seconds: float) -> None:
        """`host` wants to be left alone for so long."""
        with self._lock:
            now = self._now()
            self._next[host] = max(self._next.get(host, now), now + seconds)
            self._held[host] = max(self._held.get(host, now), now + seconds)


def retry_after(value: str, now: datetime | None = None) -> float | None:
    """The seconds that a Retry-After header names, as a number or a date; None if it names none."""
    if value.strip().isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
