"""Streams over the segments of a large content, and streams that are watched."""

from collections.abc import Iterator

from unleak.core.model import Blob, Skipped
from unleak.scan.packed import LimitError, Stream, UnpackingError


class Forward:
    """A stream that cannot go back."""

    taken = 0
    """Bytes that were read."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go on to a place that lies ahead."""
        ahead = offset - self.taken if whence == 0 else -1
        if ahead < 0:
            raise OSError("a stream cannot go back")
        while ahead > 0 and (data := self.read(min(ahead, 1 << 16))):
            ahead -= len(data)
        return self.taken

    def tell(self) -> int:
        """Bytes from the beginning."""
        return self.taken

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes."""
        raise NotImplementedError


class Segments(Forward):
    """The content of which `first` is the first segment; the others are taken from `rest` when they are needed."""

    def __init__(self, first: Blob, rest: Iterator[Blob | Skipped]) -> None:
        self._first = first
        self._rest = rest
        self._data = first.data
        self._at = 0
        self._known = len(first.data)
        """Bytes of the content up to the end of the last segment."""
        self._more = first.owned_to is not None

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, or everything. Raises UnpackingError if the source ends too early."""
        parts: list[bytes] = []
        left = size if size >= 0 else 1 << 62
        while left:
            if self._at == len(self._data) and not self._next():
                break
            data = self._data[self._at : self._at + left]
            parts.append(data)
            self._at += len(data)
            left -= len(data)
        whole = b"".join(parts)
        self.taken += len(whole)
        return whole

    def _next(self) -> bool:
        if not self._more:
            return False
        item = next(self._rest, None)
        if not isinstance(item, Blob):
            self._more = False
            raise UnpackingError("cannot be read to its end")
        self._data = item.data[self._known - item.start.offset :]
        self._at = 0
        self._known += len(self._data)
        self._more = item.owned_to is not None
        return True

    def unread(self) -> Iterator[Blob | Skipped]:
        """The segments that nobody needed."""
        while self._more and (item := next(self._rest, None)):
            self._more = isinstance(item, Blob) and item.owned_to is not None
            yield item


class Metered:
    """Counts what an outermost archive is unpacked to."""

    def __init__(self, packed: Forward, total: int, ratio: int, free: int) -> None:
        self._packed = packed
        self._total = total
        self._ratio = ratio
        self._free = free
        self._size = 0

    def metered(self, stream: Stream) -> "_Counted":
        """`stream`, whose bytes count."""
        return _Counted(stream, self)

    def count(self, size: int) -> None:
        """Raise LimitError if these are too many."""
        self._size += size
        if self._size > self._total:
            raise LimitError(f"it unpacks to more than {self._total >> 20} MiB")
        if self._size > max(self._free, self._ratio * self._packed.taken):
            raise LimitError(f"it unpacks to more than {self._ratio} times its size")


class _Counted(Forward):
    def __init__(self, stream: Stream, meter: Metered) -> None:
        self._stream = stream
        self._meter = meter

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; of everything, in parts that are counted."""
        left = size if size >= 0 else 1 << 62
        parts: list[bytes] = []
        while left and (data := self._stream.read(min(left, 1 << 16))):
            self._meter.count(len(data))
            parts.append(data)
            left -= len(data)
        whole = b"".join(parts)
        self.taken += len(whole)
        return whole


class Peeked(Forward):
    """A stream whose beginning is known."""

    def __init__(self, stream: Stream, size: int) -> None:
        self._stream = stream
        self.head = stream.read(size)
        self._rest = self.head

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, or everything."""
        if not self._rest:
            data = self._stream.read(size)
        else:
            data = self._rest if size < 0 else self._rest[:size]
            self._rest = self._rest[len(data) :]
            if size < 0 or len(data) < size:
                data += self._stream.read(size if size < 0 else size - len(data))
        self.taken += len(data)
        return data
