"""Writes a report to the standard output or, in one step, to a file."""

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from unleak.core.errors import ScanError, UsageError
from unleak.scan.display import harmless


@contextmanager
def opened(path: Path | None, *, private: bool = False) -> Iterator[IO[str]]:
    """A text stream to write the report to; a file appears whole or not at all.

    `private` makes the file readable by its owner only. Raises ScanError if it cannot be written. A
    reader of the standard output that goes away early has read what it wanted.
    """
    if path is None:
        _tolerant(sys.stdout)
        try:
            yield sys.stdout
            sys.stdout.flush()
        except BrokenPipeError:
            discard(sys.stdout)
        except OSError as error:
            discard(sys.stdout)
            raise _unwritable("to the standard output", error) from None
        return
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):  # a pipe, /dev/stdout, /dev/full
            with path.open("w", encoding="utf-8", errors="backslashreplace") as stream:
                yield stream
            return
        with _replacing(path, private) as stream:
            yield stream
    except OSError as error:
        raise _unwritable(f"{path}", error) from None


def check(path: Path | None) -> None:
    """Before a scan that may take long: raises ScanError if it is plain that `path` cannot be written."""
    if path is not None and not path.exists():
        try:
            os.stat(path.parent / ".")
        except OSError as error:
            raise _unwritable(f"{path}", error) from None


def create(path: Path, text: str) -> None:
    """Write a new file, and its folder if need be. Raises UsageError if it is there already or cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} is there already; it was left as it is.", "Name another place.") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or type(error).__name__}.") from None


def _unwritable(place: str, error: OSError) -> ScanError:
    return ScanError(
        f"cannot write the report {place}: {error.strerror or type(error).__name__}.",
        "Nothing was saved. Free some space or name another --output, and scan again.",
    )


def visible(message: str) -> str:
    """The lines of `message` as they may be shown: names of files are in it, which others chose."""
    return "\n".join(map(harmless, message.split("\n")))


def discard(stream: IO[str]) -> None:
    """What is still to be written to `stream` goes nowhere, so that closing it does not fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


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
