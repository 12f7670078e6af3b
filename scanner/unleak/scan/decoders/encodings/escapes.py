r"""Escapes within strings: a key that is broken up by them (`\u0041`, `\x41`, `\101`, `\/`, a backslash at the
end of a line) or glued to one (`\nKEY`)."""

import re
from collections.abc import Iterator, Sequence

from unleak.scan.decoded import Encoding, Piece, Range, Run

CONTROLS = {ord("n"): b"\n", ord("r"): b"\r", ord("t"): b"\t", ord("b"): b"\b", ord("f"): b"\f"}
HEX = "[2-7][0-9a-fA-F]"
GLUED = 8
"""Characters of a word that has to follow a control character: ordinary text seldom has so long a word."""
TRIGGER = (
    rf"\\(?:[nrtbf][A-Za-z0-9_\-.]{{{GLUED}}}|u\{{?00{HEX}|u\{{{HEX}|U000000{HEX}|x{HEX}"
    r"|1[0-7][0-7]|0[4-7][0-7]|/[A-Za-z0-9+_\-]|\r?\n[A-Za-z0-9+/=_\-])"
)
LONGEST = 12
"""Bytes of a match at most, and of the backslashes before it."""

_ESCAPE = re.compile(
    rf"""(?x) (?P<slashes> \\{{1,4}}) (?:
        (?P<control> [nrtbf] ) (?= [A-Za-z0-9_\-.]{{{GLUED}}} )
      | (?: u\{{?00 | u\{{ | U000000 | x ) (?P<hex> {HEX} ) \}}?
      | (?P<octal> 1[0-7][0-7] | 0[4-7][0-7] )
      | (?P<slash> / ) (?= [A-Za-z0-9+_\-] )
      | (?P<line> \r?\n ) (?= [A-Za-z0-9+/=_\-] )
    )""".encode()
)


def runs(data: bytes, within: Range, places: Sequence[int]) -> Iterator[Run]:
    """The escapes at `places`."""
    done = within.start
    for at in places:
        start = max(at - GLUED - LONGEST, done)
        end = min(at + 2 * GLUED, within.end)
        for found in _ESCAPE.finditer(data, start, end):
            if found.end() > at + 1:
                break
            text = _meaning(found)
            length = max(len(text), 1)
            yield Run(found.start(), found.end(), text, (Piece(0, found.start(), length, len(found[0])),))
            done = found.end()


def _meaning(found: re.Match[bytes]) -> bytes:
    if found["control"]:
        return CONTROLS[found["control"][0]]
    if found["hex"]:
        return bytes([int(found["hex"], 16)]).replace(b"\x7f", b" ")
    if found["octal"]:
        return bytes([int(found["octal"], 8)]).replace(b"\x7f", b" ")
    return b"/" if found["slash"] else b""


ENCODING = Encoding(b"\\", (TRIGGER,), runs)
