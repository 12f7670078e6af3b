"""What the steps of one rotation work with: ports, ledger, clock, and the values that stay in memory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event as Flag
from typing import Any, Protocol

from unleak.core.clock import Clock
from unleak.core.errors import Conflict, NotFound, RotationError, UnleakError
from unleak.core.fingerprint import fingerprint
from unleak.core.secret import Secret
from unleak.rotate.ledger import Ledger
from unleak.rotate.ports import Consumer, Credential, Provider, Restart, Store, Trait
from unleak.rotate.rotation import WAITING, History, Options, Rotation, Target
from unleak.rotate.store_ports import WriteOnly

ACTING_AS_BEFORE = "acting as before"
"""Written when an undo has stopped using the new key, if it ever did."""


class Paused(BaseException):
    """Leaves the workflow where it is, as a crash would, so that it can be resumed.

    Not an Exception: DBOS records those as the step's and the workflow's final outcome.
    """

    def __init__(self, error: UnleakError, *, undecided: bool = False) -> None:
        super().__init__()
        self.error = error
        self.undecided = undecided
        """Somebody has to decide: the old key is still in use, or use cannot be seen."""


class Progress(Protocol):
    """Told what is going on."""

    def began(self, title: str) -> None:
        """A step began."""

    def note(self, text: str) -> None:
        """Something that the step sees."""

    def ended(self, title: str) -> None:
        """A step ended well."""


@dataclass(slots=True)
class Memory:
    """Values that live in this process only."""

    leaked: Credential | None = None
    issued: Credential | None = None
    switched: bool = False
    """Whether unleak acts with the new key by now."""


def nobody(stop: Flag) -> Secret:
    """Where there is no person to ask."""
    raise RotationError("a new key is needed, and there is nobody to ask for it", "resume on a terminal")


@dataclass(frozen=True, slots=True)
class Run:
    """One process's work on one rotation."""

    rotation: Rotation
    provider: Provider
    stores: Mapping[str, Store]
    consumers: tuple[Consumer, ...]
    ledger: Ledger
    clock: Clock
    progress: Progress
    ask: Callable[[], Secret | None]
    """Gets the leaked value again when no store has it: from the finding's source or a hidden prompt."""
    switch: Callable[[Credential], None] = lambda credential: None
    """Makes provider and stores act with this key."""
    given: Callable[[Flag], Secret] = nobody
    """Gets a new key from the person who issued it; empty if the flag is set meanwhile. RotationError if nobody can be
    asked."""
    memory: Memory = field(default_factory=Memory)
    restarts: Mapping[str, Restart] = field(default_factory=dict)
    """By their references."""
    stop: Flag = field(default_factory=Flag)
    write_only: Mapping[str, WriteOnly] = field(default_factory=dict)
    """By their schemes."""

    @property
    def options(self) -> Options:
        """What the user decided."""
        return self.rotation.options

    @property
    def history(self) -> History:
        """The ledger's entries so far."""
        return History.of(self.ledger.events(self.rotation.id))

    def store(self, target: Target) -> Store:
        """The store of a target."""
        return self.stores[target.ref.store]

    def log(self, kind: str, data: dict[str, Any] | None = None) -> None:
        """Append an entry."""
        self.ledger.append(self.rotation.id, kind, data or {}, self.rotation.acting.principal)

    def once(self, kind: str, data: dict[str, Any] | None = None) -> None:
        """Append an entry unless one of that kind with the same data is there."""
        if not any(event.data == (data or {}) for event in self.history.all(kind)):
            self.log(kind, data)

    def wait_for(self, what: str) -> None:
        """Append what a person has to do, unless that is what was waited for already."""
        if self.history.waiting != what:
            self.log(WAITING, {"for": what})

    def shown(self, key: Credential) -> str:
        """By what people know a key."""
        return f"…{key.secret.last4}" if Trait.BY_HAND in self.rotation.traits else key.id

    @property
    def acts_with_new_key(self) -> bool:
        """Whether the new key signs our own calls, so that its use by services cannot be told."""
        entry = self.history.last("issued")
        return self.memory.switched or (
            entry is not None and entry.data["key"] == self.rotation.acting.key_id
        )

    @property
    def overlaps(self) -> bool:
        """Whether both keys work until services have switched."""
        return not (self.options.contain_first or Trait.SINGLE in self.rotation.traits)

    def at_provider(self) -> datetime:
        """The time by the provider's clock."""
        return self.provider.keys(self.rotation.identity).at

    def sleep(self, seconds: float) -> None:
        """Wait, unless the user wants to stop."""
        while seconds > 0:  # counted down, because the clock may be set back meanwhile
            self.check_stop()
            self.clock.sleep(min(seconds, 0.2))
            seconds -= 0.2
        self.check_stop()

    def check_stop(self) -> None:
        """Pause if the user asked to stop."""
        if self.stop.is_set():
            raise Paused(RotationError("interrupted", "nothing is lost"))


def leaked(run: Run) -> Credential:
    """The leaked key, read again where it still stands, and held against its fingerprint."""
    if run.memory.leaked is None:
        secret = _from_stores(run, [(t, t.old) for t in run.rotation.targets], run.rotation.fingerprint)
        secret = secret or _checked(run.ask(), run.rotation.fingerprint)
        if secret is None:
            raise RotationError(
                "the leaked value is needed once more and stands in no store any longer",
                "run this on a terminal, where it can be typed without being shown, or give --leaked-from env:NAME",
            )
        run.memory.leaked = Credential(run.rotation.key_id, secret)
    return run.memory.leaked


def issued(run: Run) -> Credential:
    """The new key, read from the version that this rotation put."""
    if run.memory.issued is None:
        entries = run.history.all("issued")
        if not entries:
            raise RotationError("no new key was issued yet", "resume the rotation")
        if Trait.SINGLE not in run.rotation.traits:  # of values only chosen, any may be the stored one
            entries = entries[-1:]
        for entry in reversed(entries):
            wanted = str(entry.data["fingerprint"])
            if found := _from_stores(run, [(t, t.new) for t in run.rotation.targets], wanted):
                run.memory.issued = Credential(str(entry.data["key"]), found)
                return run.memory.issued
        raise RotationError(
            "the new key stands in none of the secrets it was put into",
            "undo this rotation, which deletes the new key, then start a new one",
        )
    return run.memory.issued


def _from_stores(run: Run, versions: list[tuple[Target, str]], wanted: str) -> Secret | None:
    for target, version in versions:
        try:
            text = run.store(target).read(target.ref.name, version).reveal()
        except (NotFound, Conflict):  # any other error says nothing about where the value is
            continue
        for candidate in run.provider.candidates(text):
            if fingerprint(candidate) == wanted:
                return Secret(candidate)
    return None


def _checked(secret: Secret | None, wanted: str) -> Secret | None:
    if secret is not None and fingerprint(secret.reveal()) != wanted:
        raise RotationError("that is not the leaked value of this rotation", "resume and give the right one")
    return secret
