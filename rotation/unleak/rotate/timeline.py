"""When a key was exposed, found, contained, replaced and dead, from the ledger's entries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from unleak.core.model import Event
from unleak.rotate.rotation import History

MILESTONES = (
    ("contained", ("contained", "disabled", "changed")),
    ("replaced", ("replaced",)),
    ("picked up", ("picked up",)),
    ("proven dead", ("dead",)),
)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Milestones in the order of time; a moment is None if it is not known or not reached, and comes last."""

    milestones: tuple[tuple[str, datetime | None], ...]

    @property
    def exposure(self) -> timedelta | None:
        """From exposure (or, if that is not known, detection) to the proof of death."""
        moments = dict(self.milestones)
        begin, end = moments["exposed"] or moments["detected"], moments["proven dead"]
        return end - begin if begin and end else None


def timeline(events: Sequence[Event]) -> Timeline:
    """The milestones that the entries of one rotation tell."""
    history = History.of(events)
    opened = history.last("opened")
    given = opened.data if opened else {}
    exposed, detected = (_moment(given.get(name)) for name in ("exposed", "detected"))
    found = [("exposed", exposed), ("detected", detected or (opened.at if opened else None))]
    found += [(name, history.first_at(*kinds)) for name, kinds in MILESTONES]
    return Timeline(tuple(sorted(found, key=_when)))


def spoken(duration: timedelta) -> str:
    """`3 d 4 h`, `12 min 5 s`."""
    seconds = max(0, int(duration.total_seconds()))
    parts = [
        (seconds // 86_400, "d"),
        (seconds // 3600 % 24, "h"),
        (seconds // 60 % 60, "min"),
        (seconds % 60, "s"),
    ]
    kept = [f"{count} {unit}" for count, unit in parts if count][:2]
    return " ".join(kept) or "0 s"


def _when(milestone: tuple[str, datetime | None]) -> datetime:
    return milestone[1] or datetime.max.replace(tzinfo=UTC)


def _moment(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) and value else None
