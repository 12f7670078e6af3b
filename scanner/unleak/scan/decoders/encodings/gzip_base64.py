"""Compressed text in base64, as Kubernetes holds releases of Helm and clouds hold user data."""

import re
import zlib
from binascii import Error, a2b_base64
from collections.abc import Iterator, Sequence

from unleak.scan.decoded import PRINTABLE, Encoding, Piece, Range, Run
from unleak.scan.wrapped import place, stretches

MAGIC = "H4sI"
"""How gzip begins, in base64."""
LARGEST = 4 << 20
"""Bytes of text of one run; what goes on is left out."""
STANDARD = bytes.maketrans(b"-_", b"+/")

_LINE = re.compile(rb"[A-Za-z0-9+/_-]+")


def runs(data: bytes, within: Range, places: Sequence[int]) -> Iterator[Run]:
    """The texts that are compressed at `places`."""
    done = within.start
    for at in places:
        start = at - len(MAGIC)
        if start < done:
            continue
        parts = list(stretches(data, start, within, _LINE))
        text = _text(b"".join(part.data for part in parts).translate(STANDARD))
        if len(text.translate(None, PRINTABLE)) * 10 <= len(text) > 0:
            done = place(parts, sum(len(part.data) for part in parts))
            yield Run(start, done, text, (Piece(0, start, len(text), done - start),))


def _text(encoded: bytes) -> bytes:
    """As much of the text as can be had."""
    try:
        packed = a2b_base64(encoded[: len(encoded) & ~3])
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(packed, LARGEST)
    except (Error, zlib.error):
        return b""


ENCODING = Encoding(MAGIC.encode(), (MAGIC,), runs)
