"""gzip."""

from collections.abc import Iterator
from typing import IO, cast

from unleak.scan.packed import Member, Stream


def members(stream: Stream) -> Iterator[Member]:
    """The content."""
    from gzip import GzipFile

    yield Member(b"", cast(Stream, GzipFile(fileobj=cast(IO[bytes], stream))))
