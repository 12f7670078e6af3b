"""The words that both sides share: rules, origins, findings, and the nouns of a rotation."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from unleak.core.secret import Secret
from unleak.core.verification import Verification


class Severity(StrEnum):
    """How bad it is if the secret is live."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Confidence(IntEnum):
    """How sure it is that this is a secret of that service; orderable."""

    LOW = 1
    """The generic rule: worth a human look."""
    MEDIUM = 2
    """Bound to a service or to a credential's name."""
    HIGH = 3
    """The format proves it: checksum, structure or a prefix that nothing else uses."""

    def __str__(self) -> str:
        return self.name.lower()


class Liveness(StrEnum):
    """What the provider says of a key. UNKNOWN is an answer: asked, and it could not be told."""

    LIVE = "live"
    DEAD = "dead"
    UNKNOWN = "unknown"
    NOT_ASKED = "not-asked"


# --- rules -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Companion:
    """Another half of a credential, which stands near the one that the rule's pattern finds."""

    name: str
    """What this half is called, such as `secret_access_key`."""
    pattern: str
    """Its regular expression over bytes; group 1 is the value."""
    within: int
    """How many bytes before or after the match it may stand; 0 for within the match."""
    required: bool = False
    """Without it, the match is no finding."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """How a key of this service is replaced; all empty when that is not known."""

    provider: str = ""
    """The name of the rotation provider, if unleak does it."""
    console: str = ""
    """The https address where a person does it."""
    how: str = ""
    """What to do there, in one or two sentences; may be empty."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One shape of secret. Made from a rule file by `scan.ruleset`."""

    id: str
    """`<service>.<name>`, unique."""
    service: str
    """The slug of the service, which is the name of the rule file."""
    service_title: str
    """The service's name as people write it."""
    title: str
    """What the secret is, as people call it."""
    why: str
    """One sentence: what somebody who holds it can do."""
    docs: str
    """https address of the provider's documentation."""
    severity: Severity
    confidence: Confidence
    """Of a match that no check has proved."""
    pattern: str
    """The regular expression over bytes; group 1 is the value. Of a bound rule, all of it is."""
    keywords: tuple[str, ...]
    """Lower-case texts of which every match contains at least one; of a bound rule, its surroundings."""
    checks: tuple[str, ...]
    """Names of checks, run in this order on every match."""
    bound: bool = False
    """The value has no shape of its own: something has to tie it to the service (`scan.tie`)."""
    context: tuple[str, ...] = ()
    """Names of the service, one of which ties a value to a bound rule."""
    names: tuple[str, ...] = ()
    """Words of variable names that tie what is assigned to them to a bound rule."""
    common: bool = False
    """The context is an everyday word, which counts beside a credential's name only."""
    doubt: str = ""
    """A regular expression over bytes: a match within which it matches is of low confidence."""
    unless: str = ""
    """Another: a match within which it matches is none."""
    named_only: bool = False
    """Of a generic rule: a match counts only if the name that the value is assigned to tells a service."""
    part: str = ""
    """Set when the pattern finds the public half of a pair: its name, such as `access_key_id`."""
    companion: Companion | None = None
    """The secret half that belongs to `part`."""
    halves: tuple[Companion, ...] = ()
    """Public halves that go with the secret, such as an account id; the nearest ones become its parts."""
    replacement: Replacement = Replacement()
    verification: Verification | None = None
    """How to ask the provider whether a key lives, if that is known."""
    guest: bool = False
    """It is the scanned repository's own: it neither replaces nor hides what other rules find."""


# --- where something was seen ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class File:
    """A file of a directory tree."""

    root: str
    """The directory that was scanned, as the user named it."""
    path: bytes
    """Relative to `root`, with `/`; bytes, because file names need not be text."""
    member: bytes = b""
    """Of an archive, the path within it; `inner.zip!/path` in an inner one. Positions are those in the member."""


@dataclass(frozen=True, slots=True)
class GitObject:
    """An object of a repository whose commit is not looked up, or that no commit reaches."""

    root: str
    oid: str
    """The object's id in hexadecimal."""
    kind: str
    """`blob`, `commit` or `tag`: of the last two, the message was read."""
    member: bytes = b""


@dataclass(frozen=True, slots=True)
class Commit:
    """A path in a commit, or (with an empty path) the message of the commit or tag itself."""

    root: str
    path: bytes
    blob: str
    """The blob's id; of a message, the id of the commit or tag object."""
    commit: str
    author: str
    """`Name <address>`, untrusted text."""
    date: datetime
    """The committer's date, in UTC."""
    member: bytes = b""


@dataclass(frozen=True, slots=True)
class Staged:
    """A path in the index."""

    root: str
    path: bytes
    blob: str
    member: bytes = b""


@dataclass(frozen=True, slots=True)
class Stdin:
    """The standard input."""

    member: bytes = b""


Origin = File | GitObject | Commit | Staged | Stdin


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a blob."""

    offset: int = 0
    """In bytes, from 0."""
    line: int = 1
    column: int = 1
    """In code points, from 1; a byte that is no UTF-8 counts as one, a leading BOM as none."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Some content to be scanned: a whole one, or one segment of a large one."""

    origin: Origin
    data: bytes
    start: Position = Position()
    """Where `data` begins in the whole content."""
    owned_from: int = 0
    """Values that begin before this offset of `data` belong to the segment before."""
    owned_to: int | None = None
    """Values that begin at this offset of `data` or later belong to the next segment."""
    preimage: bool = False
    """True for the former content of a changed path: its secrets are not new."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was not scanned."""

    origin: Origin
    reason: str
    failed: bool
    """True if it should have been scanned (unreadable, corrupt): exit 3. False if by design."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where a secret stands. `end` is exclusive."""

    origin: Origin
    start: Position
    end: Position
    suppression: str = ""
    """The marker beside it that says it is known to be harmless; empty if there is none."""


# --- what was found --------------------------------------------------------------------------------


_CONFIDENTIAL = re.compile(r"(?!public_)(?!.*_s?id$).*(?:secret|passw|token|key|cred|pin$)")


def confidential(part: str) -> bool:
    """Whether a part of this name may be a secret itself, as `api_key` and unlike `access_key_id`."""
    return bool(_CONFIDENTIAL.match(part))


@dataclass(frozen=True, slots=True)
class Part:
    """The other half of a credential, such as an AWS access key id.

    Shown whole, but for the last four characters alone if its name is `confidential`.
    """

    name: str
    value: str
    location: Location


@dataclass(frozen=True, slots=True)
class Hit:
    """One confirmed match."""

    rule: Rule
    secret: Secret
    confidence: Confidence
    severity: Severity
    location: Location
    parts: tuple[Part, ...] = ()
    preimage: bool = False
    closeness: tuple[int, int] = (0, 0)
    """Of a bound rule: how the value is tied to the service; greater is closer."""
    doubted: bool = False
    """A check doubts that it is a secret."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose key it is. Holds no secret."""

    provider: str
    account: str
    principal: str
    """The user or machine account the key acts as."""
    credential_id: str
    """The provider's public name of the key."""
    scopes: tuple[str, ...] = ()
    created: datetime | None = None
    expires: datetime | None = None
    details: dict[str, object] = field(default_factory=dict, hash=False)
    """What else has to be known to replace the key, such as its project: public values by name, as JSON."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One secret, with every place where it stands."""

    rule: Rule
    """The most telling rule that matched it."""
    secret: Secret
    parts: tuple[Part, ...]
    confidence: Confidence
    severity: Severity
    fingerprint: str
    locations: tuple[Location, ...]
    """At least one, in the order in which they were read; in history, oldest first."""
    liveness: Liveness = Liveness.NOT_ASKED
    why: str = ""
    """If UNKNOWN or NOT_ASKED: what came instead of an answer, or why none was asked for."""
    identity: Identity | None = None
    """Whose key it is, if it is live and the provider said."""

    @property
    def suppression(self) -> str:
        """The marker that suppresses it; empty unless every location carries one."""
        markers = [location.suppression for location in self.locations]
        return markers[0] if markers and all(markers) else ""


# --- rotation --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A place in a store, written `aws-sm://prod/payments#STRIPE_KEY`."""

    store: str
    """The store's scheme, such as `aws-sm`."""
    name: str
    field: str = ""
    """The key of a JSON secret; empty for the whole value."""

    def __str__(self) -> str:
        return f"{self.store}://{self.name}" + (f"#{self.field}" if self.field else "")


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the ledger."""

    sequence: int
    rotation: str
    at: datetime
    actor: str
    """Who did it: the system user and the identity acted with."""
    kind: str
    data: dict[str, object]
    """References, ids, last-four; never a secret."""
