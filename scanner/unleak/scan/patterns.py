"""Regular expressions over bytes: the one place that imports `regex`."""

from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from typing import NamedTuple

SECONDS = 2.0
"""How long a search may take before it is given up, and"""
RATE = 1 << 20
"""how many bytes more of its window allow another second: windows that overlap are searched as one."""


class Span(NamedTuple):
    """One match: the whole of it, and the value (group 1, or all if there is no group)."""

    start: int
    end: int
    value_start: int
    value_end: int


def windows(
    places: Iterable[tuple[int, int]], before: int, after: int, size: int
) -> Iterator[tuple[int, int]]:
    """`places` (start and end, ascending) with so much around each within `size` bytes; overlapping ones joined."""
    open_start, open_end = 0, -1
    for first, last in places:
        start, end = max(first - before, 0), min(last + after, size)
        if start > open_end:
            if open_end >= 0:
                yield open_start, open_end
            open_start = start
        open_end = max(open_end, end)
    if open_end >= 0:
        yield open_start, open_end


@cache
def widths(pattern: str) -> tuple[int, int]:
    """How many bytes a match of `pattern` is long at least and at most."""
    parser = import_module("re._parser")  # private, so imported by name
    least, most = parser.parse(pattern.encode()).getwidth()
    return int(least), int(most)


def width(pattern: str) -> int:
    """How many bytes a match of `pattern` may be long."""
    return widths(pattern)[1]


@cache
def _compiled(pattern: str):  # type: ignore[no-untyped-def]
    import regex  # costs 18 ms: a scan that meets no candidate never pays them

    return regex.compile(pattern.encode())


def begins(pattern: str, value: str) -> int:
    """How many bytes of the beginning of `value` match `pattern`."""
    try:
        found = _compiled(pattern).match(value.encode("utf-8", "surrogateescape"), timeout=SECONDS)
    except TimeoutError:
        return 0
    return found.end() if found else 0


def spans(pattern: str, data: bytes, start: int, end: int) -> Iterator[Span]:
    """Matches of `pattern` that lie within `data[start:end]`, left to right.

    What stands before `start` counts as context; a match that touches `end` is left out unless
    `end` is the end of the data, because it might go on. Raises TimeoutError.
    """
    compiled = _compiled(pattern)
    group = 1 if compiled.groups else 0
    for match in compiled.finditer(data, start, end, timeout=SECONDS + (end - start) / RATE):
        if match.end() < end or end >= len(data):
            yield Span(match.start(), match.end(), *match.span(group))
