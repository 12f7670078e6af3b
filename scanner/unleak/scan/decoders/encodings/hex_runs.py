"""Hexadecimal digits of text, also wrapped over lines."""

import re
from binascii import unhexlify
from collections.abc import Iterator, Sequence

from unleak.scan.decoded import PRINTABLE, Encoding, Range, Run
from unleak.scan.wrapped import pieces, place, stretches

SHORTEST = 12
"""Bytes of text that are worth a look."""
DIGITS = b"0123456789abcdefABCDEF"

_LINE = re.compile(rb"[0-9a-fA-F]+")


def runs(data: bytes, within: Range, places: Sequence[int]) -> Iterator[Run]:
    """The stretches of digits at `places` that hold text and nothing else."""
    done = within.start
    for at in places:
        start = at - 2 * SHORTEST
        if start < done or (start > within.start and data[start - 1] in DIGITS):
            continue
        parts = list(stretches(data, start, within, _LINE))
        joined = b"".join(part.data for part in parts)
        text = unhexlify(joined[: len(joined) & ~1])
        if not text.translate(None, PRINTABLE):
            done = place(parts, len(joined))
            yield Run(start, done, text, pieces(parts, 1, 2))


ENCODING = Encoding(b"", (f"(?:[2-7][0-9a-fA-F]){{{SHORTEST}}}",), runs)
