"""Writes a report to the standard output or, in one step, to a file."""

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from unleak.core.errors import ScanError


@contextmanager
def opened(path: Path | None, *, private: bool = False) -> Iterator[IO[str]]:
    """A text stream to write the report to; a file appears whole or not at all.

    `private` makes the file readable by its owner only. Raises ScanError if it cannot be written.
    """
    if path is None:
        _tolerant(sys.stdout)
        yield sys.stdout
        sys.stdout.flush()
        return
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):  # a pipe, /dev/stdout, /dev/full
            with path.open("w", encoding="utf-8", errors="backslashreplace") as stream:
                yield stream
            return
        with _replacing(path, private) as stream:
            yield stream
    except OSError as error:
        raise ScanError(
            f"cannot write the report {path}: {error.strerror or type(error).__name__}.",
            "Nothing was saved. Free some space or name another --output, and scan again.",
        ) from None


@contextmanager
def _replacing(path: Path, private: bool) -> Iterator[IO[str]]:
    handle, temporary = tempfile.mkstemp(dir=path.parent or Path(), prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if not private:
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _tolerant(stream: IO[str]) -> None:
    """A terminal that cannot show a character gets its escape instead of an exception."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
