"""tar, read from its beginning to its end without going back."""

import os
import tarfile
from collections.abc import Iterator
from typing import IO, cast

from unleak.scan.packed import LimitError, Member, Refused, Stream

LARGEST = 1 << 20
"""Bytes of an extended header: names and attributes of one member, which tarfile holds in memory."""
HEADERS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


class _Header(tarfile.TarInfo):
    """A header that is not read if it claims to be huge."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo | None:
        if self.type in HEADERS and not 0 <= self.size <= LARGEST:
            raise LimitError("a tar header that is too large")
        found: tarfile.TarInfo | None = super()._proc_member(archive)  # type: ignore[misc]
        return found


def members(stream: Stream) -> Iterator[Member | Refused]:
    """The regular files; links and devices hold nothing."""
    with tarfile.open(fileobj=cast(IO[bytes], stream), mode="r|", tarinfo=_Header) as archive:
        while header := archive.next():
            archive.members.clear()  # type: ignore[attr-defined]  # it would remember millions
            name = os.fsencode(header.name)
            if header.isfile() and (content := archive.extractfile(header)):
                yield Member(name, cast(Stream, content))
