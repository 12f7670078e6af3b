"""Two phases for stores in which whatever is written is current at once.

A new text waits beside the secret, in the same store and under the same protection, until it is promoted.
The text that it replaces is kept there too, for the way back; both are dropped when the rotation ends. So
nothing is lost when the process dies, and what is current is told by comparing texts: a write whose answer
never came needs no note of its own.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from unleak.core.errors import Conflict, NotFound
from unleak.core.model import SecretRef
from unleak.core.secret import Secret
from unleak.rotate.ports import Credential, Holder, Sweep
from unleak.rotate.replace import fields, occurs

PLACE = "unleak-rotation"
"""The folder, path or prefix under which stores keep the texts. Searches pass over it."""


@dataclass(frozen=True, slots=True)
class Current:
    """What a service would read now."""

    version: str
    """The store's own name of it: a number, or a digest of the text."""
    text: Secret


class Beside(ABC):
    """The `Store` port over what one store can do; a store fills in the abstract methods."""

    scheme: ClassVar[str]

    # --- what a store does -----------------------------------------------------------------------

    @abstractmethod
    def everything(self) -> Iterator[tuple[str, Current | None]]:
        """The name and text of every secret; None for one that cannot be looked into."""

    @abstractmethod
    def now(self, name: str) -> Current:
        """What is current. NotFound if there is no such secret."""

    @abstractmethod
    def write(self, name: str, text: Secret, expected: Current) -> None:
        """Make `text` current if `expected` still is; Conflict if not."""

    @abstractmethod
    def kept(self, name: str) -> Mapping[str, Secret]:
        """The texts beside the secret, by version."""

    @abstractmethod
    def keep(self, name: str, version: str, text: Secret) -> None:
        """Put a text beside the secret, or replace it."""

    @abstractmethod
    def drop(self, name: str, version: str) -> None:
        """Remove a text from beside the secret. One that is gone already is no error."""

    def normal(self, name: str, text: Secret) -> Secret:
        """`text` as the store will give it back, or why it cannot take it."""
        return text

    def fields(self, text: str, value: str) -> list[str]:
        """The names in `text` whose value holds `value`."""
        return fields(text, value)

    def problem(self, name: str) -> str:
        """Why it cannot be written; empty if it can."""
        return ""

    def note(self, name: str) -> str:
        """What to know about it, if anything."""
        return ""

    def older(self, name: str, current: str, value: str) -> int:
        """How many other versions hold `value`."""
        return 0

    def part(self, name: str, now: Current, leaked: Credential) -> tuple[str, Current]:
        """What of a secret a rotation has to do with; a store whose secrets are large says less than all."""
        return name, now

    def check(self, name: str, text: Secret) -> None:
        """RotationError if the store cannot take `text`."""
        self.normal(name, text)

    def settle(self, name: str) -> None:  # noqa: B027 (few have anything to finish)
        """Finish what another process began to write; a store that writes in one call has nothing to finish."""

    # --- reading ---------------------------------------------------------------------------------

    def find(self, leaked: Credential) -> Sweep:
        """Look into every secret."""
        holders, closed, id_only, looked = [], [], [], 0
        for name, now in self.everything():
            looked += now is not None
            if now is None:
                closed.append(name)
            elif occurs(now.text.reveal(), leaked.secret.reveal()):
                holders.append(self._holder(SecretRef(self.scheme, name), now, leaked))
            elif occurs(now.text.reveal(), leaked.id):
                id_only.append(self.part(name, now, leaked)[0])
        return Sweep(tuple(holders), tuple(closed), looked, tuple(id_only))

    def look(self, ref: SecretRef, leaked: Credential) -> Holder | None:
        """One secret; a field that is named must be the one that holds the value."""
        now, value = self.now(ref.name), leaked.secret.reveal()
        if not occurs(now.text.reveal(), value):
            return None
        if ref.field and ref.field not in self.fields(now.text.reveal(), value):
            return None
        return self._holder(ref, now, leaked)

    def read(self, name: str, version: str) -> Secret:
        """The text of a version that is kept or current."""
        kept = self.kept(name)
        if version in kept:
            return kept[version]
        now = self.now(name)
        if now.version != version:
            raise NotFound(
                f"{self.scheme}://{name} has no version {version[:8]} any longer", "see what it holds now"
            )
        return now.text

    def current(self, name: str) -> str:
        """The version whose kept text is the current one; else the store's own name of it."""
        self.settle(name)
        return _named(self.now(name), self.kept(name))

    # --- writing ---------------------------------------------------------------------------------

    def holds(self, name: str, version: str) -> bool:
        """Whether its text is kept."""
        return version in self.kept(name)

    def put_pending(self, name: str, version: str, text: Secret) -> None:
        """Keep the text; services do not look there."""
        self.keep(name, version, self.normal(name, text))

    def promote(self, name: str, new: str, old: str) -> None:
        """Keep the current text as `old` and write that of `new`; Conflict if `old` is not current."""
        self.settle(name)
        now, kept = self.now(name), self.kept(name)
        shown = _named(now, kept)
        if shown == new:
            return
        if shown != old:
            raise moved(f"{self.scheme}://{name}")
        if new not in kept:
            raise NotFound(
                f"the text that {self.scheme}://{name} should get is not kept any longer",
                "somebody removed it; put the right key there by hand, then undo",
            )
        self.keep(name, old, now.text)
        self.write(name, kept[new], now)

    def drop_pending(self, name: str, version: str) -> None:
        """Drop its text unless it is the current one, which is needed to tell that it is."""
        if self.holds(name, version) and self.current(name) != version:
            self.drop(name, version)

    def tidy(self, name: str, versions: Iterable[str]) -> None:
        """Drop what was kept."""
        for version in versions:
            self.drop(name, version)

    def _holder(self, ref: SecretRef, now: Current, leaked: Credential) -> Holder:
        name, now = self.part(ref.name, now, leaked)
        return Holder(
            SecretRef(ref.store, name, ref.field),
            now.version,
            self.problem(name) or (_BUSY if self.kept(name) else ""),
            self.note(name),
            self.older(name, now.version, leaked.secret.reveal()),
            occurs(now.text.reveal(), leaked.id),
            reportable=False,
        )


_BUSY = (
    f"another rotation of it is in progress (its texts are kept under {PLACE}): finish or undo that "
    "(unleak incidents list), or remove them by hand"
)


def moved(name: str) -> Conflict:
    """Somebody was faster."""
    return Conflict(
        f"{name} was changed by somebody else since it was read; nothing was overwritten",
        "look at what it holds now; undo this rotation, then start a new one",
    )


def _named(now: Current, kept: Mapping[str, Secret]) -> str:
    return next((version for version, text in kept.items() if text == now.text), now.version)
