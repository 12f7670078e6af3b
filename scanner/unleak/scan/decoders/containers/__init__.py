"""Archives, compressed streams and documents; each is told by how it begins."""

from collections.abc import Callable, Iterator

from unleak.core.registry import Registry
from unleak.scan.packed import Member, Refused, Stream

CONTAINERS: Registry[Callable[[Stream], Iterator[Member | Refused]]] = Registry(
    __name__,
    {
        "bzip2": "bzip2_stream:members",
        "gzip": "gzip_stream:members",
        "pdf": "pdf_text:members",
        "7z": "sevenzip_archive:members",
        "tar": "tar_archive:members",
        "xz": "xz_stream:members",
        "zip": "zip_archive:members",
    },
)
"""Each yields the members of a stream, which for those of SEEKING can seek; raises whatever its library does."""

SEEKING = frozenset({"pdf", "7z", "zip"})
"""Have a directory at their end."""
STREAMS = frozenset({"bzip2", "gzip", "xz"})
"""Hold one content without a path."""
HEAD = 512
"""Bytes that tell what a stream is."""

_BEGINNINGS = {
    b"PK": ((b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip")),
    b"\x1f\x8b": ((b"\x1f\x8b\x08", "gzip"),),
    b"BZ": tuple((b"BZh%d1AY&SY" % level, "bzip2") for level in range(1, 10)),
    b"\xfd7": ((b"\xfd7zXZ\x00", "xz"),),
    b"7z": ((b"7z\xbc\xaf\x27\x1c", "7z"),),
    b"%P": ((b"%PDF-", "pdf"),),
}


def kind(data: bytes) -> str:
    """What the stream is that begins with `data`; empty for what is none of CONTAINERS."""
    for beginning, name in _BEGINNINGS.get(data[:2], ()):
        if data.startswith(beginning):
            return name
    if data[257:262] == b"ustar":
        return "tar"
    return "zip" if data[:2] == b"#!" and b"PK\x03\x04" in data[:HEAD] else ""
