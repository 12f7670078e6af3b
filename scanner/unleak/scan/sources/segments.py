"""Cuts content of any size into blobs that overlap, so that no match is lost or found twice.

    content   |----------------------------------------------------|
    segments  |--------------|
                        |--------------|
                                  |----------------------------...
    owned     |===========|=========|==========================...

Two segments overlap by four times the widest match; each owns up to the middle of the overlap, so
every match that a segment owns has twice its width of context on both sides.
"""

from collections.abc import Iterator
from typing import Protocol

from unleak.core.model import Blob, Origin, Position
from unleak.scan.ports import MAX_WIDTH
from unleak.scan.position import advance

SIZE = 8 << 20
"""Bytes of one segment, at most; what is no longer is one blob."""
MARGIN = 2 * MAX_WIDTH
"""Bytes of context on both sides of an owned match."""


class Readable(Protocol):
    """A binary stream."""

    def read(self, size: int, /) -> bytes:
        """`size` bytes; fewer only at the end."""


def cut(
    origin: Origin, stream: Readable, preimage: bool = False, size: int = SIZE, margin: int = MARGIN
) -> Iterator[Blob]:
    """The content of `stream` as one blob, or as segments of `size` bytes if it is longer.

    At most two segments are in memory. Segments begin at the beginning of a character, so that
    columns, which count code points, are exact. Errors of reading are the stream's own.
    """
    data = stream.read(size)
    start, owned_from = Position(), 0
    while ahead := stream.read(size - 2 * margin) if len(data) >= size else b"":
        begin = boundary(data, len(data) - 2 * margin)
        yield Blob(origin, data, start, owned_from, len(data) - margin, preimage)
        start = advance(start, data[:begin])
        owned_from = len(data) - margin - begin
        data = data[begin:] + ahead
    yield Blob(origin, data, start, owned_from, None, preimage)


def boundary(data: bytes, near: int) -> int:
    """The beginning of a character of `data` at `near` or up to three bytes before.

    Four continuation bytes in a row belong to no character, so the last of them stands for itself.
    """
    for begin in range(near, max(near - 4, -1), -1):
        if data[begin] & 0xC0 != 0x80:
            return begin
    return near
