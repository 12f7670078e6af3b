"""What decoders of encoded text yield, and the way from a decoded byte back to where it stands."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

PRINTABLE = bytes([9, 10, 11, 12, 13, *range(32, 127)])
"""The bytes of text in ASCII."""


class Piece(NamedTuple):
    """A stretch of decoded text of which so many bytes stand for so many encoded ones."""

    inner: int
    """Where it begins in the decoded text."""
    outer: int
    """Where it begins in the encoded one."""
    decoded: int = 1
    """Bytes of one unit, decoded;"""
    encoded: int = 1
    """and encoded."""

    @property
    def is_base64(self) -> bool:
        """Whether every byte of a unit has characters of its own, which overlap with those of the next."""
        return (self.decoded, self.encoded) == (3, 4)


class Chart:
    """Leads from offsets of decoded text to those of the encoded one."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces
        """Ascending in both; the first begins at 0."""

    def start(self, offset: int) -> int:
        """Where the decoded byte at `offset` begins."""
        piece, units, rest = self._find(offset)
        return piece.outer + units * piece.encoded + (rest if piece.is_base64 else 0)

    def end(self, offset: int) -> int:
        """Where the decoded byte before `offset` ends."""
        piece, units, rest = self._find(max(offset - 1, 0))
        return piece.outer + units * piece.encoded + (rest + 2 if piece.is_base64 else piece.encoded)

    def _find(self, offset: int) -> tuple[Piece, int, int]:
        index = bisect_right(self._pieces, offset, key=lambda piece: piece.inner) - 1
        piece = self._pieces[index]
        return piece, *divmod(offset - piece.inner, piece.decoded)


class Run(NamedTuple):
    """A stretch of encoded text and what it means."""

    start: int
    end: int
    """Exclusive; both are offsets of the data that was searched."""
    data: bytes
    pieces: tuple[Piece, ...] = ()
    """How `data` maps, `inner` from 0; none: all of it stands for all of the run."""


class Range(NamedTuple):
    """A part of the data that was searched: one blob of a buffer."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Encoding:
    """One way to encode text within other text."""

    hint: bytes
    """A text that data with such an encoding always holds; empty if there is none."""
    triggers: tuple[str, ...]
    """Regular expressions over bytes, for Hyperscan too: every run holds a match of one. They are searched one
    by one, which is faster than all at once."""
    runs: Callable[[bytes, Range, Sequence[int]], Iterator[Run]]
    """The runs within a range at the places (ends of matches of the triggers, ascending) that lie in it.

    In order and without overlaps.
    """

    def __call__(self, data: bytes, within: Range, places: Sequence[int]) -> Iterator[Run]:
        """`runs`."""
        return self.runs(data, within, places)
