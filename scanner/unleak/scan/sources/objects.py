"""Reads many objects with few processes: `git cat-file --batch`."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO

from unleak.core.model import Blob, Origin, Skipped
from unleak.scan.sources.git import Git, Running, complaint
from unleak.scan.sources.segments import SIZE, cut

Items = Iterator[Blob | Skipped]


class _TruncatedError(Exception):
    """git ended within or before an object."""


class _Part:
    """The next `left` bytes of a pipe as a stream of their own."""

    def __init__(self, pipe: IO[bytes], left: int) -> None:
        self.pipe = pipe
        self.left = left

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes of the part. Raises _TruncatedError if the pipe ends before it."""
        wanted = min(size, self.left)
        data = self.pipe.read(wanted)
        if len(data) < wanted:
            raise _TruncatedError
        self.left -= wanted
        return data


def read_objects(
    git: Git, ids: IO[bytes], make: Callable[[str, str], Origin], preimage: bool = False
) -> Items:
    """The blobs, and the messages of the commits and tags, that the file `ids` names.

    `ids` holds one full id a line, so git reads it without a second thread, and after a corrupt
    object, which ends git, a new one goes on from the line behind it. `make` makes the origin from an
    id and its kind. Each object that cannot be read is a failed Skipped.
    """
    ids.flush()
    total = os.fstat(ids.fileno()).st_size
    done = 0
    while done < total:
        os.lseek(ids.fileno(), done, os.SEEK_SET)
        with git.process("cat-file", "--batch", "--buffer", given=ids) as running:
            try:
                for oid, items in _each(running, make, preimage):
                    yield from items
                    done += len(oid) + 1
            except _TruncatedError:
                pass
            running.end()
            said = running.said()
        if done < total:
            yield _unread(ids, done, make, said)
            done += width(ids)


def id_file(ids: Iterable[str]) -> IO[bytes]:
    """An unnamed file with one id a line; the caller closes it."""
    file = tempfile.TemporaryFile()  # noqa: SIM115
    file.writelines(oid.encode() + b"\n" for oid in ids)
    return file


def width(ids: IO[bytes]) -> int:
    """Bytes of a line of `ids`: all are of the same length."""
    return len(os.pread(ids.fileno(), 80, 0).split(b"\n", 1)[0]) + 1


def _unread(ids: IO[bytes], at: int, make: Callable[[str, str], Origin], said: bytes) -> Skipped:
    oid = os.pread(ids.fileno(), width(ids) - 1, at).decode()
    return Skipped(make(oid, "blob"), f"git cannot read it: {complaint(said)}", failed=True)


def _each(
    running: Running, make: Callable[[str, str], Origin], preimage: bool
) -> Iterator[tuple[bytes, Iterable[Blob | Skipped]]]:
    """Every object of the batch with its content; the content is to be read before the next is asked for."""
    out = running.out
    while header := out.readline():
        oid, _, rest = header.partition(b" ")
        kind, _, size = rest.rstrip(b"\n").partition(b" ")
        if not size:
            reason = "the repository does not hold it" if kind == b"missing" else "git cannot read it"
            yield oid, (Skipped(make(oid.decode(), "blob"), reason, failed=True),)
            continue
        length = int(size)
        if kind == b"blob" and length > SIZE:
            part = _Part(out, length)
            yield oid, cut(make(oid.decode(), "blob"), part, preimage)
        else:
            data = out.read(length)
            if len(data) < length:
                raise _TruncatedError
            yield oid, _small(make(oid.decode(), kind.decode()), kind, data, preimage)
        out.read(1)


def _small(origin: Origin, kind: bytes, data: bytes, preimage: bool) -> Iterable[Blob]:
    if kind == b"blob":
        return (Blob(origin, data, preimage=preimage),)
    if kind == b"tree":
        return ()
    return (Blob(origin, data.partition(b"\n\n")[2], preimage=preimage),)
