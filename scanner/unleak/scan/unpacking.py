"""Unpacks archives, compressed streams and documents into blobs, within limits that hold against bombs."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from typing import cast

from unleak.core.model import Blob, File, Origin, Skipped
from unleak.scan.decoders.containers import CONTAINERS, HEAD, SEEKING, STREAMS, kind
from unleak.scan.packed import LimitError, Member, Refused, Stream, UnpackingError
from unleak.scan.segmented import Metered, Peeked, Segments
from unleak.scan.sources.segments import cut
from unleak.scan.transcoding import transcoded

DEPTH = 6
"""Archives within one another."""
MEMBERS = 100_000
"""Files of one outermost archive."""
TOTAL = 1 << 30
"""Bytes that it may unpack to, what lies in inner archives counted on every level;"""
RATIO = 200
"""and so many times its own size, if that is more than"""
FREE = 32 << 20
"""so many bytes."""
HELD = 32 << 20
"""Bytes of an archive with a directory at its end that are held in memory: all its bytes, unless it is a file."""
NAME = 1000
"""Bytes of a member's name that are kept."""

Items = Iterator[Blob | Skipped]


def is_text(data: bytes) -> bool:
    """Whether it looks like text, as git tells it."""
    return data.find(b"\0", 0, 8000) < 0


def unpacked(items: Iterable[Blob | Skipped]) -> Items:
    """`items` with their content as UTF-8, and in the place of an archive what it holds.

    The archive itself stays if something in it is not read, since rules may still find what is stored as it is,
    and so does a PDF document.
    """
    rest = iter(items)
    for item in rest:
        if isinstance(item, Skipped):
            yield item
        elif item.start.offset == 0 and (what := kind(item.data)):
            yield from _opened(item, what, rest)
        else:
            yield transcoded(item)


def _opened(first: Blob, what: str, rest: Items) -> Items:
    segments = Segments(first, rest)
    unpacking = _Unpacking(first, Metered(segments, TOTAL, RATIO, FREE))
    doubtful = what == "pdf"
    for item in unpacking.outermost(what, segments):
        doubtful = doubtful or isinstance(item, Skipped)
        if not (isinstance(item, Skipped) and first.preimage):
            yield item
    if doubtful:
        yield first
    for segment in segments.unread():
        if doubtful:
            yield segment


@dataclass(slots=True)
class _Unpacking:
    """Of one outermost archive."""

    first: Blob
    meter: Metered
    members: int = 0

    def outermost(self, what: str, segments: Segments) -> Items:
        """All that lies in it, on every level."""
        origin = self.first.origin
        try:
            if what in SEEKING and isinstance(origin, File) and self.first.owned_to is not None:
                with open(os.path.join(os.fsencode(origin.root), origin.path), "rb") as file:
                    segments.taken = os.fstat(file.fileno()).st_size
                    yield from self._inside(what, cast(Stream, file), origin, 1)
            else:
                yield from self._inside(what, self._stream(what, segments), origin, 1)
        except LimitError as error:
            yield Skipped(origin, f"over a limit: {error.reason}", failed=True)
        except UnpackingError as error:
            yield Skipped(origin, error.reason, error.failed)
        except OSError as error:
            yield Skipped(origin, (error.strerror or "cannot be read").lower(), failed=True)

    def _stream(self, what: str, stream: Stream) -> Stream:
        """The stream itself, or if it is to seek, all of it in memory."""
        if what not in SEEKING:
            return stream
        data = stream.read(HELD + 1)
        if len(data) > HELD:
            raise UnpackingError(f"over a limit: a {what} archive of more than {HELD >> 20} MiB")
        return BytesIO(data)

    def _inside(self, what: str, stream: Stream, origin: Origin, depth: int) -> Items:
        """The members of one archive. Raises LimitError."""
        try:
            for member in CONTAINERS[what](stream):
                self.members += 1
                if self.members > MEMBERS:
                    raise LimitError(f"more than {MEMBERS:,} files")
                if isinstance(member, Refused):
                    yield Skipped(_within(origin, member.name), member.reason, member.failed)
                else:
                    yield from self._member(what, member, origin, depth)
        except LimitError:
            raise
        except UnpackingError as error:
            yield Skipped(origin, error.reason, error.failed)
        except (Exception, RecursionError) as error:  # whatever a library says to damaged data
            yield Skipped(origin, _damage(error), failed=True)

    def _member(self, what: str, member: Member, origin: Origin, depth: int) -> Items:
        stream = Peeked(self.meter.metered(member.stream), HEAD)
        inner = kind(stream.head)
        plain = what in STREAMS and inner  # a compressed archive is one thing
        place = origin if plain else _within(origin, member.name or _stem(origin))
        if inner and depth >= DEPTH:
            raise LimitError(f"archives within one another, more than {DEPTH} deep")
        if inner:
            try:
                yield from self._inside(inner, self._stream(inner, stream), place, depth + 1)
            except LimitError:
                raise
            except UnpackingError as error:
                yield Skipped(place, error.reason, error.failed)
            return
        for blob in cut(place, stream, self.first.preimage):
            yield transcoded(blob)


def _damage(error: BaseException) -> str:
    return "too large to be unpacked" if isinstance(error, MemoryError) else "damaged: it cannot be unpacked"


def _within(origin: Origin, name: bytes) -> Origin:
    """The origin of a member of what `origin` names."""
    path = name[:NAME] or b"content"
    return replace(origin, member=origin.member + b"!/" + path if origin.member else path)


def _stem(origin: Origin) -> bytes:
    """What a compressed stream is called without its ending, as far as it has a name."""
    path = origin.member.rpartition(b"!/")[2] or getattr(origin, "path", b"")
    name = os.path.basename(path)
    return name.rpartition(b".")[0] or name
