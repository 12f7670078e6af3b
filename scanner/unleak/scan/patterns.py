"""Regular expressions over bytes: the one place that imports `regex`."""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

SECONDS = 2.0
"""How long one search may take before it is given up."""


class Span(NamedTuple):
    """One match: the whole of it, and the value (group 1, or all if there is no group)."""

    start: int
    end: int
    value_start: int
    value_end: int


@cache
def _compiled(pattern: str):  # type: ignore[no-untyped-def]
    import regex  # costs 18 ms: a scan that meets no candidate never pays them

    return regex.compile(pattern.encode())


def spans(pattern: str, data: bytes, start: int, end: int) -> Iterator[Span]:
    """Matches of `pattern` that lie within `data[start:end]`, left to right.

    What stands before `start` counts as context; a match that touches `end` is left out unless
    `end` is the end of the data, because it might go on. Raises TimeoutError.
    """
    compiled = _compiled(pattern)
    group = 1 if compiled.groups else 0
    for match in compiled.finditer(data, start, end, timeout=SECONDS):
        if match.end() < end or end >= len(data):
            yield Span(match.start(), match.end(), *match.span(group))
