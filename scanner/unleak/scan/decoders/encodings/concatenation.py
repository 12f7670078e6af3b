"""Strings of source code that the language joins: with an operator, or side by side on two lines."""

import re
from collections.abc import Iterator, Sequence

from unleak.scan.decoded import Encoding, Piece, Range, Run

AFTER = r"[A-Za-z0-9+/=_\-]"
TOKEN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-"
"""Characters of a key, on both sides of the gap."""
SPACE = 100
"""Bytes of blanks and line breaks between two strings, at most, twice."""
FILLING = b" \t\r\n\v\f+.&_\\"
PREFIXES = b"bBrRuULfF@$"
OPERATORS = b"+.&"
QUOTES = b"\"'`"
TRIGGERS = (
    r"""["'`]\s{0,2}[+&]""",
    r"""["'`] ?\.\r?\n""",
    rf"""[+.] ?["'`]{AFTER}""",
    rf"""["'`]\s?\\?\r?\n[ \t]{{0,{SPACE}}}[bBrRuULfF]?["'`]{AFTER}""",
)

_NEXT = re.compile(rf"""[\s.+&_\\]{{0,{SPACE}}}[bBrRuULfF@$]?["'`]""".encode())
_GAP = re.compile(
    rf"""(?xs) ["'`]
    (?: \s{{0,{SPACE}}} (?: \+ | \.{{1,2}} | & [ ]? _? ) \s{{0,{SPACE}}} | \s? \\? \r?\n [ \t]{{0,{SPACE}}} )
    [bBrRuULfF@$]? ["'`] (?= {AFTER} )""".encode()
)


def runs(data: bytes, within: Range, places: Sequence[int]) -> Iterator[Run]:
    """The gaps between the strings at `places`."""
    done = within.start
    for at in places:
        if data[at - 1] in OPERATORS and not _NEXT.match(data, at):
            continue  # a method of a string, most often
        start = _quote(data, done, at)
        if start > within.start and data[start - 1] in TOKEN and (gap := _GAP.match(data, start, within.end)):
            yield Run(start, gap.end(), b"", (Piece(0, start, 1, len(gap[0])),))
            done = gap.end()


def _quote(data: bytes, begin: int, at: int) -> int:
    """Where the string before the operator or the line break that ends at `at` is closed; -1: nowhere."""
    first = max(begin, at - 2 * SPACE)
    end = at - 2 if data[at - 2] in QUOTES and data[at - 1] not in OPERATORS else at
    if end < at and end > first and data[end - 1] in PREFIXES:
        end -= 1
    closed = first + len(data[first:end].rstrip(FILLING)) - 1
    return closed if closed >= first and data[closed] in QUOTES else -1


ENCODING = Encoding(b"", TRIGGERS, runs)
