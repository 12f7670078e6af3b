"""Percent-encoding of printable characters, as in the queries of addresses."""

import re
from collections.abc import Iterator, Sequence

from unleak.scan.decoded import Encoding, Piece, Range, Run

TRIGGER = "%[2-7][0-9a-fA-F]"

_ESCAPE = re.compile(TRIGGER.encode())


def runs(data: bytes, within: Range, places: Sequence[int]) -> Iterator[Run]:
    """Every escape at `places`."""
    for at in places:
        if _ESCAPE.fullmatch(data, max(at - 3, within.start), at) and data[at - 2 : at].lower() != b"7f":
            yield Run(at - 3, at, bytes([int(data[at - 2 : at], 16)]), (Piece(0, at - 3, 1, 3),))


ENCODING = Encoding(b"%", (TRIGGER,), runs)
