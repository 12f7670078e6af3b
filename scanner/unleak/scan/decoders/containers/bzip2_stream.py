"""bzip2."""

from collections.abc import Iterator
from typing import IO, cast

from unleak.scan.packed import Member, Stream


def members(stream: Stream) -> Iterator[Member]:
    """The content."""
    from bz2 import BZ2File

    yield Member(b"", cast(Stream, BZ2File(cast(IO[bytes], stream))))
