"""Base64 of text, standard and url-safe, also wrapped over lines.

Text in ASCII leaves three of the eight bits of three bytes unset, so four characters of its encoding have
few forms, and a match tells where the groups begin: what stands before, such as a path, does no harm.
"""

import re
from binascii import a2b_base64
from collections.abc import Iterator, Sequence

from unleak.scan.decoded import Encoding, Piece, Range, Run
from unleak.scan.wrapped import pieces, place, stretches

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
STANDARD = bytes.maketrans(b"-_", b"+/")
REST = "[A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]"
ASCII = f"[CDI-Z]{REST}(?:[CDI-Za-f]{REST}){{3}}"
"""Twelve bytes of ASCII. The first group begins with an upper-case letter, which ordinary text seldom has."""
UTF16 = "A[C-H][AEIMQUYcgkosw048]A[C-DI-Za-f][AQgw][AB][A-Za-z0-9+/_-]A[C-H][AEIMQUYcgkosw048]A"
"""Nine bytes of UTF-16, little end first, as PowerShell takes it."""
SHORTEST = 12
"""Bytes of text that are worth a look if they are all that the encoding holds;"""
WITHIN = 24
"""and if they are a part of something else;"""
LEAST = WITHIN * 4 // 3
"""which are so many characters."""

_GROUP = re.compile(f"[ACDI-Za-f]{REST}".encode())
"""Three bytes of ASCII; `A` may begin one half of a character of UTF-16."""
_GROUPS = re.compile(f"(?:[ACDI-Za-f]{REST})*".encode())
_PADDING = re.compile(rb"={0,2}")
_LINE = re.compile(rb"[A-Za-z0-9+/_-]+")


_PRINTABLE = re.compile(rb"[\t-\r -~]*")


def runs(data: bytes, within: Range, places: Sequence[int]) -> Iterator[Run]:
    """The stretches of base64 at `places` that hold text."""
    done = within.start
    for at in places:
        start = at - 4
        if start >= done and (run := _run(data, Range(done, within.end), start)):
            yield run
            done = run.end


def _run(data: bytes, within: Range, start: int) -> Run | None:
    """The text around the groups that begin at `start`, if it is worth a look."""
    while start - 4 >= within.start and _GROUP.match(data, start - 4, start):
        start -= 4
    size = _GROUPS.match(data, start, within.end).end() - start  # type: ignore[union-attr]
    if size < LEAST and (_alphabet(data, within, start - 1) or _alphabet(data, within, start + size + 3)):
        return None
    parts = list(stretches(data, start, within, _LINE))
    joined = b"".join(part.data for part in parts)
    text = _text(joined)
    if text[1::2].strip(b"\0") == b"":
        wide = text[: len(text) & ~1].decode("utf-16-le", "replace").encode()
        text = wide if _PRINTABLE.fullmatch(wide) else b""
        coarse = True
    else:
        text = text[: _PRINTABLE.match(text).end()]  # type: ignore[union-attr]
        coarse = False
    used = len(joined) if coarse else (len(text) * 4 + 2) // 3
    whole = len(joined) - used < 2 and not _alphabet(data, within, start - 1)
    if len(text) < (SHORTEST if whole else WITHIN):
        return None
    end = place(parts, used)
    if used == len(joined):
        end += len(_PADDING.match(data, end, within.end)[0])  # type: ignore[index]
    charted = (Piece(0, start, len(text), end - start),) if coarse else pieces(parts, 3, 4)
    return Run(start, end, text, charted)


def _text(joined: bytes) -> bytes:
    """What the characters that encode ASCII, and a last group that is not whole, stand for."""
    size = _GROUPS.match(joined).end()  # type: ignore[union-attr]
    if len(joined) - size in (2, 3):
        size = len(joined)
    return a2b_base64(joined[:size].translate(STANDARD) + b"==")


def _alphabet(data: bytes, within: Range, at: int) -> bool:
    return within.start <= at < within.end and data[at] in ALPHABET


ENCODING = Encoding(b"", (ASCII, UTF16), runs)
