"""Reads single files: never through a link, never from what is no regular file, and never waiting."""

import os
import stat
from collections.abc import Iterator

from unleak.core.model import Blob, File, Skipped
from unleak.scan.sources.segments import SIZE, cut

FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
"""O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever."""


def location(origin: File) -> bytes:
    """The path by which the system knows the file."""
    return os.path.join(os.fsencode(origin.root), origin.path)


def read_file(origin: File, follow: bool = False) -> Iterator[Blob | Skipped]:
    """The file's content; a Skipped if it cannot be read or is no regular file."""
    try:
        descriptor = os.open(location(origin), FLAGS | (0 if follow else os.O_NOFOLLOW))
    except OSError as error:
        yield failed(origin, error)
        return
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            yield Skipped(origin, f"a {kind(status.st_mode)}, not a file", failed=False)
        elif status.st_size < SIZE // 2 and len(data := _read(descriptor, SIZE // 2)) < SIZE // 2:
            yield Blob(origin, data)
        else:
            os.lseek(descriptor, 0, os.SEEK_SET)
            with open(descriptor, "rb", closefd=False) as stream:
                yield from cut(origin, stream)
    except OSError as error:
        yield failed(origin, error)
    finally:
        os.close(descriptor)


def _read(descriptor: int, size: int) -> bytes:
    """Up to `size` bytes; a file of /proc gives fewer than it has, at a time."""
    data = os.read(descriptor, size)
    if not data:
        return data
    parts = [data]
    while (left := size - sum(map(len, parts))) and (data := os.read(descriptor, left)):
        parts.append(data)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def failed(origin: File, error: OSError) -> Skipped:
    """The Skipped for a file or directory that the system refuses to read."""
    return Skipped(origin, (error.strerror or "cannot be read").lower(), failed=True)


def kind(mode: int) -> str:
    """What a thing of this mode is called."""
    names = (
        (stat.S_ISDIR, "directory"),
        (stat.S_ISLNK, "symbolic link"),
        (stat.S_ISFIFO, "named pipe"),
        (stat.S_ISSOCK, "socket"),
        (stat.S_ISCHR, "device"),
        (stat.S_ISBLK, "device"),
    )
    return next((name for test, name in names if test(mode)), "special file")


def link(origin: File, tree: bytes) -> Skipped:
    """Why the symbolic link `origin` is not followed; `tree` is the real path of what is scanned."""
    try:
        target = os.path.realpath(location(origin), strict=True)
    except OSError as error:
        broken = isinstance(error, FileNotFoundError | NotADirectoryError)
        reason = "a broken symbolic link" if broken else "a symbolic link that leads nowhere"
        return Skipped(origin, reason, failed=False)
    if target == tree or target.startswith(tree.rstrip(b"/") + b"/"):
        return Skipped(origin, "a symbolic link: its target is read itself", failed=False)
    return Skipped(origin, "a symbolic link to outside", failed=False)
