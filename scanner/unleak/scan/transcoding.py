"""Text in UTF-16 and UTF-32 as UTF-8, which is what rules are written for."""

import codecs
from dataclasses import replace

from unleak.core.model import Blob

MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
UNITS = {"utf-32-le": 4, "utf-32-be": 4, "utf-16-le": 2, "utf-16-be": 2}
HEAD = 128
"""Bytes that tell the encoding."""
MOST = 0.9
"""How many of the characters that tell it are ASCII, at least, if there is no mark."""


def transcoded(blob: Blob) -> Blob:
    """`blob` in UTF-8 if it is in one of the others, with positions as an editor counts them."""
    if blob.data.find(b"\0", 0, HEAD) < 0 and blob.data[:2] not in {b"\xff\xfe", b"\xfe\xff"}:
        return blob
    skip = -blob.start.offset % 4 if blob.start.offset else 0
    encoding = _encoding(blob.data[skip : skip + HEAD], first=blob.start.offset == 0)
    if not encoding:
        return blob
    data = _text(blob.data[skip:], encoding)
    end = None if blob.owned_to is None else len(_text(blob.data[skip : blob.owned_to], encoding))
    begin = len(_text(blob.data[skip : blob.owned_from], encoding)) if blob.owned_from else 0
    return replace(blob, data=data, owned_from=begin, owned_to=end)


def _encoding(head: bytes, first: bool) -> str:
    for mark, encoding in MARKS if first else ():
        if head.startswith(mark):
            return encoding
    for encoding, unit in UNITS.items():
        units = len(head) // unit
        at = 0 if encoding.endswith("le") else unit - 1
        ascii_bytes = head[at : units * unit : unit]
        if units < 4 or head[: units * unit].count(0) < MOST * units * (unit - 1):
            continue
        if ascii_bytes.count(0) == 0 and sum(byte < 128 for byte in ascii_bytes) >= MOST * units:
            return encoding
    return ""


def _text(data: bytes, encoding: str) -> bytes:
    return data.decode(encoding, "replace").encode("utf-8", "replace")
