"""Reads the content of an origin again, so that a secret need not be kept between two commands."""

from collections.abc import Iterator
from dataclasses import replace

from unleak.core.errors import ScanError, UsageError
from unleak.core.model import Blob, Commit, File, GitObject, Origin, Skipped, Staged, Stdin
from unleak.scan.record import path_text
from unleak.scan.sources.files import read_file
from unleak.scan.sources.objects import id_file, read_objects
from unleak.scan.sources.repository import open_repository
from unleak.scan.unpacking import unpacked


def read_again(origin: Origin) -> Iterator[Blob]:
    """The blobs of `origin`, as the scan saw them. Raises ScanError if it cannot be read.

    Raises UsageError for stdin.
    """
    member = path_text(origin.member)  # a report holds it as text
    for item in unpacked(_items(replace(origin, member=b""))):
        if path_text(item.origin.member) != member:
            continue
        if isinstance(item, Skipped):
            raise ScanError(f"The content cannot be read again: {item.reason}.", "Scan again.")
        yield item


def _items(origin: Origin) -> Iterator[Blob | Skipped]:
    match origin:
        case File():
            return read_file(origin, follow=True)
        case Commit() | Staged():
            return _object(origin.root, origin.blob, origin)
        case GitObject():
            return _object(origin.root, origin.oid, origin)
        case Stdin():
            raise UsageError("What was piped in cannot be read again.", "Give the key at the prompt.")


def _object(root: str, oid: str, origin: Origin) -> Iterator[Blob | Skipped]:
    repository = open_repository(root)
    if len(oid) != len(repository.zero) or not set(oid) <= set("0123456789abcdef"):
        raise UsageError("The report names an object that cannot be one.", "Scan again.")
    with id_file([oid]) as ids:
        yield from read_objects(repository.git, ids, lambda *_: origin)
