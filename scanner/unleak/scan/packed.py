"""What archives, compressed streams and documents yield to who unpacks them."""

from dataclasses import dataclass
from typing import Protocol


class Stream(Protocol):
    """A binary stream that is read once from its beginning; for archives with a directory it can seek too."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes (fewer only at the end), or all of them."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a place."""

    def tell(self) -> int:
        """The place."""


@dataclass(frozen=True, slots=True)
class Member:
    """One packed content; its stream is to be read before the next member is asked for."""

    name: bytes
    """Its path within the archive, as that says; empty for the one content of a compressed stream."""
    stream: Stream


@dataclass(frozen=True, slots=True)
class Refused:
    """A member that is not read."""

    name: bytes
    reason: str
    failed: bool = False
    """True if it should have been read (damaged, over a limit)."""


class UnpackingError(Exception):
    """The whole archive is not read any further."""

    def __init__(self, reason: str, failed: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.failed = failed


class LimitError(UnpackingError):
    """What lies within an archive exceeds a limit: nothing of the outermost one is read any further."""
