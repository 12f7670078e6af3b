"""What a rotation needs of a provider, a secret store and the services that use the key.

Adapters live in providers/, stores/, write_only/, consumers/ and restarts/; each raises only the errors of
unleak.core.errors.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from unleak.core.errors import LimitReached
from unleak.core.model import Identity, SecretRef
from unleak.core.secret import Secret
from unleak.verify.answer import Answer


@dataclass(frozen=True, slots=True)
class Credential:
    """A key with its secret. `id` is public and may be shown and stored; `secret` never.

    Stores are asked with an empty `id` for keys that services use without it.
    """

    id: str
    secret: Secret


@dataclass(frozen=True, slots=True)
class Acting:
    """Who makes the changes."""

    key_id: str
    """The public id of the key that signs; empty if there is none to name."""
    principal: str
    account: str = ""
    """If it is given, only keys of the same account can be changed."""


class Trait(StrEnum):
    """In what providers differ. A step that needs what one cannot do is left out, never imitated."""

    PAIR = "pair"
    """Services use a key together with its id, so that both change together."""
    LOGIN = "login"
    """The id is the name of a user that a person chose, and changes together with the password."""
    MARK = "mark"
    """The owner of keys can be marked, so that two rotations exclude each other."""
    NAME = "name"
    """A key carries the name that it was issued under, so that it can be found by it."""
    DISABLE = "disable"
    """A key can be disabled and enabled again."""
    LAST_USE = "last use"
    """The provider tells when a key was last used."""
    NAMED = "named"
    """Only a person can tell which of the owner's keys leaked, and nothing proves it before that key is gone."""
    SINGLE = "single"
    """A user has one password at a time: the new one takes the old one's place in one request."""
    BY_HAND = "by hand"
    """Only a person can issue keys, and the provider lists none. Ids are hashes, which nobody is shown."""


@dataclass(frozen=True, slots=True)
class Hands:
    """What a person does, with Trait.BY_HAND."""

    console: str
    """The https address where it is done."""
    how: str
    """What to do there; may be empty."""
    request: str
    """What revokes a key in a person's place, without credentials; empty if nothing does."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The provider's part of a plan, in words."""

    service: str
    """The service, as people write it."""
    owner: str
    """Whose keys they are, such as `user payments`."""
    issue: str
    """What issues the new key; with Trait.SINGLE, what sets it."""
    prove: str
    """What is asked for the proof that the old one is dead."""
    warnings: tuple[str, ...] = ()
    by_hand: Hands | None = None
    """With Trait.BY_HAND."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key, as the provider lists it."""

    id: str
    active: bool
    created: datetime | None = None
    """None if the provider does not tell."""
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyList:
    """An owner's keys at a moment of the provider's own clock."""

    at: datetime
    keys: tuple[Key, ...]

    def get(self, key_id: str) -> Key | None:
        """The key of this id, if it is there."""
        return next((key for key in self.keys if key.id == key_id), None)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids, in the provider's order."""
        return tuple(key.id for key in self.keys)


@dataclass(frozen=True, slots=True)
class LastUse:
    """When and where a key was last used, as far as the provider tells."""

    at: datetime
    service: str = ""
    region: str = ""


class Identifies(Protocol):
    """Says what a key is."""

    def verify(self, credential: Credential) -> Answer:
        """Ask with the key itself. Never raises for what is answered."""

    def differs(self, old: Identity, new: Identity) -> str:
        """In what a new key is not as the old one was; empty if it may take its place."""

    def candidates(self, text: str) -> list[str]:
        """The pieces of `text` that could be secrets of this provider."""

    def acting(self) -> Acting:
        """Who makes the changes."""


class Tells(Protocol):
    """Says what can be done with a key, for the plan. Changes nothing."""

    traits: frozenset[Trait]

    def refusal(self, identity: Identity) -> str:
        """Why keys of this identity cannot be replaced, and what to do; empty if they can be."""

    def no_room(self, identity: Identity, keys: KeyList) -> LimitReached | None:
        """Why there can be no further key beside `keys`, and what to do; None if there can."""

    def outline(self, identity: Identity) -> Outline:
        """What will be requested."""


class KeyRing(Protocol):
    """The keys of one owner."""

    def keys(self, identity: Identity) -> KeyList:
        """All keys of the owner that the provider lists."""

    def key(self, identity: Identity, key_id: str) -> Key | None:
        """One of them; None if there is none of that id."""

    def find(self, identity: Identity, rotation: str) -> tuple[str, ...]:
        """The ids of the keys that were issued for `rotation`; none without Trait.NAME."""

    def last_used(self, identity: Identity, key_id: str) -> LastUse | None:
        """The key's last use; None if it was never used, or without Trait.LAST_USE."""


class Changes(Protocol):
    """Changes the keys of one owner."""

    def issue(self, identity: Identity, rotation: str) -> Credential:
        """Make one new key with the same rights or fewer. Never repeated by itself; OutcomeUnknown if unclear.

        Not with Trait.BY_HAND. With Trait.SINGLE only a value is chosen, and nothing changed.
        """

    def set_active(self, identity: Identity, key_id: str, active: bool) -> None:
        """Disable or enable a key; reversible. Only with Trait.DISABLE."""

    def revoke(self, identity: Identity, key_id: str) -> None:
        """Delete a key; final. A key that is gone already is no error.

        With Trait.BY_HAND only as Outline.by_hand has it, and only a key that was asked about. With Trait.SINGLE the
        key is dead, and only the connections that it opened are closed.
        """


@runtime_checkable
class Replaces(Protocol):
    """Changes a user's one password, with Trait.SINGLE."""

    def replace(self, identity: Identity, new: Credential) -> None:
        """Put `new` in the place of the password there is, whichever. Done twice, it is as if done once.

        OutcomeUnknown if unclear.
        """


class Claims(Protocol):
    """Keeps two rotations of one owner's keys apart, with Trait.MARK."""

    def claimed_by(self, identity: Identity) -> str:
        """The id of the rotation that holds the owner; empty if none does."""

    def claim(self, identity: Identity, rotation: str) -> None:
        """Mark the owner as held by `rotation`."""

    def release(self, identity: Identity) -> None:
        """Take the mark away. No error if there is none."""


class Provider(Identifies, Tells, KeyRing, Changes, Claims, Protocol):
    """A service whose keys can be replaced."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A secret of a store whose current version holds the leaked value."""

    ref: SecretRef
    version: str
    """The version that was read; promotion succeeds only while it is still the current one."""
    problem: str = ""
    """Why it cannot be written, if so."""
    note: str = ""
    """What to know about it, if anything."""
    older: int = 0
    """How many other versions may hold the leaked value as well."""
    whole: bool = True
    """Whether the key's id stands beside its secret, so that both change in one moment."""
    reportable: bool = True
    """Whether services that read it know its version and can report it (see `Consumer`)."""
    write_only: bool = False
    """Whether it can be written but not read, so that it holds the leaked value by the user's word alone."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a search of a store found."""

    holders: tuple[Holder, ...]
    closed: tuple[str, ...]
    """Names of the secrets that could not be looked into."""
    looked: int
    """How many were looked into."""
    id_only: tuple[str, ...] = ()
    """Names of the secrets that hold the key's id without its secret."""


class Finds(Protocol):
    """Finds what holds a leaked key. Changes nothing."""

    def find(self, leaked: Credential) -> Sweep:
        """Every secret whose current version holds the leaked secret."""

    def look(self, ref: SecretRef, leaked: Credential) -> Holder | None:
        """The named one; None if it does not hold the leaked secret. NotFound if there is none."""


class StoreReader(Finds, Protocol):
    """Reads a store."""

    def read(self, name: str, version: str) -> Secret:
        """The whole text of one version."""

    def current(self, name: str) -> str:
        """The id of the current version."""


class StoreWriter(Protocol):
    """Writes a store in two phases."""

    def holds(self, name: str, version: str) -> bool:
        """Whether the secret has this version."""

    def put_pending(self, name: str, version: str, text: Secret) -> None:
        """Add a version that nobody reads yet. Repeating it with the same text does nothing."""

    def promote(self, name: str, new: str, old: str) -> None:
        """Make `new` the current version if `old` still is, in one call; else Conflict."""

    def drop_pending(self, name: str, version: str) -> None:
        """Take the pending mark off `version`, so that the store forgets it unless it is in use."""

    def tidy(self, name: str, versions: Iterable[str]) -> None:
        """The rotation has ended: remove what was kept of these versions for the way on and back."""


class Store(StoreReader, StoreWriter, Protocol):
    """A secret store."""


class Consumer(Protocol):
    """A service that can say which version it uses."""

    def version(self) -> str:
        """The version in use; empty if it does not tell. Never raises for what is answered."""


class Restart(Protocol):
    """Makes one service read its secrets anew."""

    def problem(self) -> str:
        """Why it cannot be restarted; empty if it can. Changes nothing."""

    def note(self) -> str:
        """What to know about it, if anything."""

    def begin(self, rotation: str) -> str:
        """Restart it; the name of this restart. Done twice, it restarts twice."""

    def done(self, name: str) -> bool:
        """Whether that restart is through. RotationError if it failed."""
