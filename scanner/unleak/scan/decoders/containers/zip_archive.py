"""zip and what is built upon it: jar, whl, docx, xlsx, apk."""

import struct
from collections.abc import Iterator
from typing import IO, cast
from zipfile import BadZipFile, ZipFile, ZipInfo

from unleak.scan.packed import LimitError, Member, Refused, Stream

DIRECTORY = 8 << 20
"""Bytes of the directory, which zipfile holds in memory as objects of five times the size."""
TAIL = 22 + 65_535
"""Bytes at the end in which the directory's own place stands."""
ENCRYPTED = 1


def members(stream: Stream) -> Iterator[Member | Refused]:
    """The files, in the order of the directory."""
    _check(stream)
    with ZipFile(cast(IO[bytes], stream)) as archive:
        for entry in archive.infolist():
            if not entry.is_dir():
                yield _member(archive, entry)


def _member(archive: ZipFile, entry: ZipInfo) -> Member | Refused:
    name = entry.filename.encode("utf-8", "surrogatepass")
    if entry.flag_bits & ENCRYPTED:
        return Refused(name, "encrypted")
    try:
        return Member(name, cast(Stream, archive.open(entry)))
    except NotImplementedError:
        return Refused(name, "compressed in a way that cannot be read")
    except (BadZipFile, ValueError, OSError):
        return Refused(name, "damaged", failed=True)


def _check(stream: Stream) -> None:
    """Raise LimitError before zipfile reads a directory that is too large."""
    size = stream.seek(0, 2)
    stream.seek(max(size - TAIL, 0))
    tail = stream.read(TAIL)
    at = tail.rfind(b"PK\x05\x06")
    if at >= 0 and len(tail) >= at + 16 and struct.unpack_from("<L", tail, at + 12)[0] > DIRECTORY:
        raise LimitError("a zip directory that is too large")
    at = tail.rfind(b"PK\x06\x06")
    if at >= 0 and len(tail) >= at + 48 and struct.unpack_from("<Q", tail, at + 40)[0] > DIRECTORY:
        raise LimitError("a zip directory that is too large")
    stream.seek(0)
