"""Jupyter notebooks: cells and outputs, whose lines are the strings of a list, as the text that one sees."""

import json
import re
from collections.abc import Iterator, Sequence

from unleak.scan.decoded import Encoding, Piece, Range, Run

TRIGGER = r'"nbformat"\s{0,9}:'

_BREAK = re.compile(rb"""\\n",\s{0,80}"|\\(?:u[0-9a-fA-F]{4}|[^u])""")


def runs(data: bytes, within: Range, places: Sequence[int]) -> Iterator[Run]:
    """Every escape and every border between two lines of the notebook."""
    if not places or b'"cells"' not in data[within.start : within.end]:
        return
    for found in _BREAK.finditer(data, within.start, within.end):
        text = b"\n" if found[0].startswith(b'\\n",') else _meaning(found[0])
        unit = Piece(0, found.start(), max(len(text), 1), len(found[0]))
        yield Run(found.start(), found.end(), text, (unit,))


def _meaning(escape: bytes) -> bytes:
    try:
        return str(json.loads(b'"%s"' % escape)).encode("utf-8", "surrogatepass")
    except ValueError:
        return escape


ENCODING = Encoding(b"nbformat", (TRIGGER,), runs)
