"""Values that can be written and not read back: what they hold is told by when they were last written.

Every write stands in the ledger twice: before it, and after it with the stamp that it left. A value whose stamp is
neither the last known one nor of the moment of a write whose end is not recorded was changed by somebody else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from unleak.core.errors import Conflict, RotationError
from unleak.core.model import Event
from unleak.core.secret import Secret
from unleak.rotate.ports import Credential
from unleak.rotate.rotation import Target
from unleak.rotate.run import Run, issued, leaked
from unleak.rotate.stamps import stamps
from unleak.rotate.store_ports import WriteOnly
from unleak.rotate.variables import split

WRITING, WRITTEN, TOUCHED = "writing", "written", "written by others"
AROUND = timedelta(minutes=5)
"""How far the stamp of our own write may be from the time of this machine."""


@dataclass(frozen=True, slots=True)
class _Place:
    """One variable, and what the ledger tells of it."""

    target: Target
    variable: str
    first: str
    """Its stamp when the plan was made."""
    events: tuple[Event, ...]

    @property
    def name(self) -> dict[str, str]:
        return {"target": str(self.target.ref), "variable": self.variable}

    @property
    def last(self) -> Event | None:
        """The newest thing that was done to it."""
        return self.events[-1] if self.events else None

    @property
    def known(self) -> str:
        """The stamp that it had when we last saw to it."""
        left = [str(event.data["stamp"]) for event in self.events if event.kind == WRITTEN]
        return left[-1] if left else self.first

    def holds(self, fingerprint: str) -> bool:
        """Whether the last write was of that key, and ended."""
        last = self.last
        return last is not None and last.kind == WRITTEN and last.data["fingerprint"] == fingerprint

    def unclear(self, stamp: str) -> bool:
        """Whether `stamp` may be that of a write whose end is not recorded."""
        last = self.last
        if last is None or last.kind != WRITING or stamp == self.known:
            return False
        return abs(datetime.fromisoformat(stamp) - last.at) < AROUND


def lost(run: Run) -> bool:
    """Whether the new key is still to be written, but nothing holds it any longer."""
    made = run.history.last("issued")
    if run.rotation.targets or not run.rotation.write_only or made is None or run.memory.issued:
        return False
    found = str(made.data["fingerprint"])
    return not all(place.holds(found) or _arrived(run, place, found) for place in _places(run))


def fill(run: Run) -> None:
    """Write the new key into each."""
    made = run.history.last("issued")
    found = str(made.data["fingerprint"]) if made else ""
    for place in _places(run):
        if not place.holds(found) and not _arrived(run, place, found):
            _write(run, place, _part(place, issued(run)), found)


def empty(run: Run) -> None:
    """Write the leaked key back wherever the new one may stand."""
    old = run.rotation.fingerprint
    for place in _places(run):
        if place.last is None or place.holds(old):
            continue
        now = _stamp(run, place)
        if now == place.first and place.known == place.first:  # the write never happened
            continue
        if now == place.known or place.unclear(now):
            run.once("rolling back", {"target": str(place.target.ref), "version": place.target.new})
            _write(run, place, _part(place, leaked(run)), old)
        elif not run.options.now:
            again = f"unleak incidents undo {run.rotation.id} --now"
            raise _touched(place, f"see that it does not hold the new key, then: {again}")


def unwritten(run: Run) -> None:
    """Conflict if somebody has written since the plan."""
    for place in _places(run):
        if place.last is None and _stamp(run, place) != place.first:
            raise _touched(place, "undo this rotation, then start a new one")


def untouched(run: Run) -> None:
    """Conflict if somebody has written since: what stands there now, nobody can see."""
    for place in _places(run):
        now = _stamp(run, place)
        if now == place.known:
            continue
        data = place.name | {"stamp": now}
        seen = any(event.data == data for event in run.history.all(TOUCHED))
        run.once(TOUCHED, data)
        if not (seen and run.options.revoke_anyway):
            again = f"unleak incidents resume {run.rotation.id} --revoke-anyway"
            raise _touched(place, f"see that it holds the new key, then: {again}")


def _write(run: Run, place: _Place, value: Secret, found: str) -> None:
    now = _stamp(run, place)
    if now != place.known and not place.unclear(now):
        raise _touched(place, "see what it holds; undo this rotation, then start a new one")
    name = place.name | {"fingerprint": found}
    run.log(WRITING, name | {"stamp": now})
    stamp = _store(run, place).write(place.target.ref.name, place.variable, value, now)
    run.log(WRITTEN, name | {"stamp": stamp})


def _arrived(run: Run, place: _Place, found: str) -> bool:
    """Whether a write of that key, whose end is not recorded, took effect; only if it cannot be repeated."""
    last = place.last
    if last is None or last.data["fingerprint"] != found or _at_hand(run):
        return False
    now = _stamp(run, place)
    if place.unclear(now):
        run.log(WRITTEN, place.name | {"fingerprint": found, "stamp": now})
        return True
    return False


def _at_hand(run: Run) -> bool:
    try:
        issued(run)
    except RotationError:
        return False
    return True


def _places(run: Run) -> Iterator[_Place]:
    history = [event for event in run.history.events if event.kind in {WRITING, WRITTEN}]
    for target in run.rotation.write_only:
        first = stamps(target.old)
        for variable in split(target.ref.name)[1]:
            name: dict[str, Any] = {"target": str(target.ref), "variable": variable}
            events = tuple(event for event in history if name.items() <= event.data.items())
            yield _Place(target, variable, first[variable], events)


def _part(place: _Place, key: Credential) -> Secret:
    """The key's secret in the last variable, its id in the one before."""
    last = split(place.target.ref.name)[1][-1]
    return key.secret if place.variable == last else Secret(key.id)


def _store(run: Run, place: _Place) -> WriteOnly:
    return run.write_only[place.target.ref.store]


def _stamp(run: Run, place: _Place) -> str:
    return _store(run, place).stamp(place.target.ref.name, place.variable)


def _touched(place: _Place, hint: str) -> Conflict:
    return Conflict(
        f"{place.variable} of {place.target.ref} was written by somebody else, and cannot be read; nothing was "
        "overwritten",
        hint,
    )
