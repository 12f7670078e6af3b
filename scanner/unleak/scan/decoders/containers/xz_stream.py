"""xz, with a limit on the memory that a stream may ask for."""

from collections.abc import Iterator
from typing import Any

from unleak.scan.packed import Member, Stream

MEMORY = 72 << 20
"""Bytes: enough for the strongest preset of `xz`."""
CHUNK = 1 << 16


def members(stream: Stream) -> Iterator[Member]:
    """The content."""
    yield Member(b"", _Decompressed(stream))


class _Decompressed:
    """All streams of a file, one after the other; `LZMAFile` knows no limit of memory."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._decompressor: Any = None
        self._rest = b""
        self._at = 0

    def read(self, size: int = -1, /) -> bytes:
        parts: list[bytes] = []
        left = CHUNK if size < 0 else size
        while left and (data := self._some(left)):
            parts.append(data)
            left -= len(data)
        data = b"".join(parts)
        self._at += len(data)
        return data

    def _some(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end."""
        import lzma

        while True:
            if self._decompressor is None or self._decompressor.eof:
                if self._decompressor is not None:
                    self._rest = self._decompressor.unused_data.lstrip(b"\0")
                self._rest = self._rest or self._stream.read(CHUNK).lstrip(b"\0" * bool(self._decompressor))
                if not self._rest:
                    return b""
                self._decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY)
            if self._decompressor.needs_input and not self._rest:
                self._rest = self._stream.read(CHUNK)
                if not self._rest:
                    raise EOFError("the stream ends before its end")
            data: bytes = self._decompressor.decompress(self._rest, size)
            self._rest = b""
            if data:
                return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        raise OSError("a stream cannot seek")

    def tell(self) -> int:
        return self._at
