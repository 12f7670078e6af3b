"""Makes rule files of the rules of other scanners. `conversion` does it; each format has a module."""

from dataclasses import dataclass

from unleak.core.model import Confidence

MAX_BYTES = 4 << 20
"""Of a file to be converted."""
MAX_RULES = 2_000
"""In a file to be converted."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A rule of another scanner, as far as unleak has a word for what it says."""

    id: str
    title: str
    why: str
    pattern: str
    """In the syntax of Python's `re`."""
    flags: int = 0
    """Of `re`."""
    group: int = 0
    """The capturing group that holds the secret; 0 if the file does not say."""
    confidence: Confidence = Confidence.MEDIUM
    entropy: bool = False
    """It asks for random text."""
    lost: tuple[str, ...] = ()
    """What else it says, which the rule file will not."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What became of a rule other than all of it being taken over."""

    id: str
    reason: str
    missing: bool
    """It was not converted, and unleak has no rule of its own for it."""
