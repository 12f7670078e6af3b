"""What a source, a matcher, a check and a report have to be. The pipeline knows only these."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import IO, NamedTuple, Protocol

from unleak.core.errors import Exit, worst
from unleak.core.model import Blob, Confidence, Finding, Hit, Origin, Severity, Skipped

MAX_WIDTH = 16 * 1024
"""No rule may match more bytes than this; segments of large content overlap accordingly."""


class Source(Protocol):
    """Where content comes from."""

    def blobs(self) -> Iterator[Blob | Skipped]:
        """Everything to be scanned, each content once, and what could not be read."""

    def resolve(self, hits: Sequence[Hit]) -> Iterable[Hit]:
        """`hits` with what is too costly to know beforehand, such as the commit of a blob.

        May return more hits than it is given (a blob stands at two paths), or fewer.
        """


class Candidate(NamedTuple):
    """A place at which a match of a rule may lie. A tuple, because there may be millions."""

    rule: int
    """Index of the rule in the rule set."""
    at: int
    """An offset of the data that lies inside the match, if there is one."""
    wide: bool = False
    """The match of a bound rule may lie farther away: a block opens there, or a request is made."""
    last: bool = False
    """It is the last byte of a match of a rule that is not bound: nothing behind it has to be searched."""


class Matcher(Protocol):
    """Finds where it is worth to look closer."""

    def candidates(self, data: bytes) -> Iterator[Candidate]:
        """At least one place inside every match, and possibly others. Any order."""


class Outcome(Enum):
    """What a check makes of a match."""

    REJECTED = "rejected"
    """It is no secret."""
    DOUBTFUL = "doubtful"
    """It may be one: low confidence."""
    PLAUSIBLE = "plausible"
    """Nothing against it: the rule's own confidence."""
    PROVEN = "proven"
    """Its checksum or structure proves it: high confidence."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A check's answer."""

    outcome: Outcome
    canonical: str | None = None
    """The value without accidents of notation (a key's body without line breaks), if it differs."""
    severity: Severity | None = None
    """If the value tells a severity other than the rule's (an expired token)."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """Public parts that the value holds in a coded form, by name: an account, an organisation. No secret."""


class Check(Protocol):
    """Looks at the text of one match."""

    def __call__(self, value: str) -> Verdict:
        """Judge `value`, the rule's group 1 (surrogate escapes for bytes that are no UTF-8)."""


@dataclass(slots=True)
class Summary:
    """What was read and what came of it."""

    threshold: Confidence = Confidence.MEDIUM
    """Findings below it do not count for the exit code."""
    blobs: int = 0
    bytes: int = 0
    findings: int = 0
    """Unsuppressed, at or above the threshold."""
    below: int = 0
    """Unsuppressed, below the threshold."""
    suppressed: int = 0
    only_live: bool = False
    """Keys that are proved dead do not count, because the user said so."""
    dead: int = 0
    """With `only_live`: how many would have counted."""
    skipped: list[Skipped] = field(default_factory=list)
    reading: Origin | None = None
    """What is being read now."""
    interrupted: bool = False
    """Ctrl-C ended it: the findings are those of the part that was read."""

    @property
    def failed(self) -> int:
        """How many things should have been scanned and could not."""
        return sum(skip.failed for skip in self.skipped)

    @property
    def exit(self) -> Exit:
        """The exit code."""
        return worst(
            Exit.INCOMPLETE_SCAN if self.interrupted or self.failed else Exit.CLEAN,
            Exit.FINDINGS if self.findings else Exit.CLEAN,
        )


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What a report may need to know besides the findings."""

    reveal: bool = False
    """Show the secrets themselves, because the user asked."""
    color: bool = False
    width: int = 80
    """Of the terminal, in columns."""


class Report(Protocol):
    """Writes findings for a reader."""

    def __call__(
        self, findings: Sequence[Finding], summary: Summary, options: ReportOptions, out: IO[str]
    ) -> None:
        """Write all of it to `out`."""
