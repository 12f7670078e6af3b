"""7z, by py7zr."""

import struct
from collections.abc import Iterator
from importlib import import_module
from io import BytesIO
from typing import IO, Any, cast

from unleak.core.install import requirement
from unleak.scan.packed import LimitError, Member, Refused, Stream, UnpackingError

LARGEST = 32 << 20
"""Bytes that one archive may hold: its files are in memory together, and py7zr unpacks as much at a time."""
HEADER = 1 << 20
"""Bytes of the packed list of files."""


def members(stream: Stream) -> Iterator[Member | Refused]:
    """The files."""
    try:
        py7zr: Any = import_module("py7zr")
    except ModuleNotFoundError:
        line = f"pip install '{requirement('archives')}'"
        raise UnpackingError(f"to read 7z archives: {line}", failed=False) from None
    _check(stream)
    contents = _Contents()
    try:
        with py7zr.SevenZipFile(cast(IO[bytes], stream), max_extract_size=LARGEST) as archive:
            if archive.needs_password():
                raise UnpackingError("encrypted", failed=False)
            if sum(file.uncompressed for file in archive.files) > LARGEST:
                raise LimitError(f"a 7z archive that holds more than {LARGEST >> 20} MiB")
            archive.extractall(factory=contents)
    except py7zr.exceptions.PasswordRequired:
        raise UnpackingError("encrypted", failed=False) from None
    except py7zr.exceptions.UnsupportedCompressionMethodError:
        raise UnpackingError("compressed in a way that cannot be read", failed=False) from None
    for name, content in contents.files:
        content.seek(0)
        yield Member(name.encode("utf-8", "surrogatepass"), cast(Stream, content))


def _check(stream: Stream) -> None:
    start = stream.read(32)
    if len(start) == 32 and struct.unpack_from("<Q", start, 20)[0] > HEADER:
        raise LimitError("a 7z header that is too large")
    stream.seek(0)


class _Contents:
    """Takes the files from py7zr, up to LARGEST bytes."""

    def __init__(self) -> None:
        self.files: list[tuple[str, BytesIO]] = []
        self.left = LARGEST

    def create(self, filename: str) -> "_Content":
        content = _Content(self)
        self.files.append((filename, content))
        return content


class _Content(BytesIO):
    """One file."""

    def __init__(self, contents: _Contents) -> None:
        super().__init__()
        self._contents = contents

    def write(self, data: Any, /) -> int:
        self._contents.left -= len(data)
        if self._contents.left < 0:
            raise LimitError(f"a 7z archive that holds more than {LARGEST >> 20} MiB")
        return super().write(data)

    def size(self) -> int:
        return len(self.getbuffer())

    def close(self) -> None:
        """Nothing: py7zr closes what is read afterwards."""
