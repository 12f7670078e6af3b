"""Collects encoded text that is wrapped over lines."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from unleak.scan.decoded import Piece, Range

NARROWEST = 32
"""Characters of a line from which on it may be one of several."""

BREAK = re.compile(rb"""(?:\\n|\\?\r?\n|["'] ?[+.]? ?\\?,?\r?\n)[ \t>#*|]{0,40}(?:["'] ?[+.]? ?["']|["'])?""")
"""A line break within or between strings, with indentation or a comment's mark."""


class Stretch(NamedTuple):
    """Characters of one line."""

    start: int
    data: bytes


def stretches(data: bytes, start: int, within: Range, line: re.Pattern[bytes]) -> Iterator[Stretch]:
    """The characters of `line` from `start` on, and those of the lines that go on with them.

    A line goes on if it holds nothing else and is no longer than the one before, which must not be short.
    """
    found = line.match(data, start, within.end)
    width = 0
    while found:
        yield Stretch(found.start(), found[0])
        if len(found[0]) < NARROWEST or len(found[0]) < width:
            return
        width = len(found[0])
        gap = BREAK.match(data, found.end(), within.end)
        found = line.match(data, gap.end(), within.end) if gap else None
        if found and (len(found[0]) > width or not _ends(data, found.end(), within)):
            return


def _ends(data: bytes, at: int, within: Range) -> bool:
    """Whether a line of encoded text may end here."""
    return at >= within.end or data[at] in b"\r\n\\\"'=<"


def pieces(parts: list[Stretch], decoded: int, encoded: int) -> tuple[Piece, ...]:
    """How the decoded text maps: `encoded` characters of the joined parts for `decoded` bytes."""
    found = []
    done = 0
    for part in parts:
        units = -(-done // encoded)
        found.append(Piece(units * decoded, part.start + units * encoded - done, decoded, encoded))
        done += len(part.data)
    return tuple(found)


def place(parts: list[Stretch], characters: int) -> int:
    """The offset behind the first `characters` characters of the parts."""
    for part in parts:
        if characters <= len(part.data):
            return part.start + characters
        characters -= len(part.data)
    return parts[-1].start + len(parts[-1].data)
