"""Errors that say who, what, and what to do, and the exit codes they lead to.

    UnleakError
    ├── UsageError        exit 2   the call, a rule file or the environment has to change first
    ├── ScanError         exit 3   something that was asked for could not be scanned
    └── RotationError     exit 4   a rotation stopped on the way; it can be resumed
        ├── OutcomeUnknown         a call was sent and its answer never came: look before acting
        ├── AccessDenied           the provider or store knows the caller and refuses the action
        ├── NotFound               what the call names is not there
        ├── Conflict               somebody else changed it in between; nothing was overwritten
        └── LimitReached           the provider allows no more keys for this user

The text of an error never holds a secret nor text that a provider or a scanned file chose.
"""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes; docs/exit-codes.md explains them to users."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    INCOMPLETE_SCAN = 3
    INCOMPLETE_ROTATION = 4
    BUG = 70


PRECEDENCE = (
    Exit.BUG,
    Exit.USAGE,
    Exit.INCOMPLETE_SCAN,
    Exit.FINDINGS,
    Exit.INCOMPLETE_ROTATION,
    Exit.CLEAN,
)
"""Which code wins when several apply, strongest first."""


def worst(*codes: Exit) -> Exit:
    """The strongest of `codes`; clean when there is none."""
    return min(codes, key=PRECEDENCE.index, default=Exit.CLEAN)


class UnleakError(Exception):
    """Base of all errors that are shown to the user as one message without a traceback."""

    exit = Exit.BUG

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        """What went wrong, and for whom or where."""
        self.hint = hint
        """What to do about it; may be empty."""

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class UsageError(UnleakError):
    """The user has to change the call, a file or the environment; nothing was done."""

    exit = Exit.USAGE


class ScanError(UnleakError):
    """A scan could not be done completely."""

    exit = Exit.INCOMPLETE_SCAN


class RotationError(UnleakError):
    """A rotation stopped before its end. Its state is recorded; `unleak incidents resume` goes on."""

    exit = Exit.INCOMPLETE_ROTATION


class OutcomeUnknown(RotationError):
    """A changing call was sent and no answer came back: it may or may not have taken effect."""


class AccessDenied(RotationError):
    """The provider or store knows the caller and refuses this action."""


class NotFound(RotationError):
    """What the call names is not there."""


class Conflict(RotationError):
    """Somebody else changed it in between; nothing was overwritten."""


class LimitReached(RotationError):
    """The provider allows no more keys for this user."""
