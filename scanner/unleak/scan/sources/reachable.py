"""Everything that a repository holds: each blob once, and the messages of commits and tags."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from unleak.core.model import Blob, Hit, Skipped
from unleak.scan.sources.attribution import attribute
from unleak.scan.sources.changes import Unreadable, changes
from unleak.scan.sources.git import GitError
from unleak.scan.sources.objects import id_file, read_objects
from unleak.scan.sources.repository import Repository

LISTING = (
    "cat-file",
    "--batch-all-objects",
    "--unordered",
    "--buffer",
    "--batch-check=%(objectname) %(objecttype)",
)
"""Every object with its kind, pack by pack, so that reading does not jump between packs."""


@dataclass(frozen=True, slots=True)
class HistorySource:
    """What refs, HEADs of all work trees, stash entries and notes reach."""

    repository: Repository
    pathspec: tuple[str, ...] = ()
    """Only blobs at these paths, and no messages."""
    all_objects: bool = False
    """Unreachable objects too."""

    def blobs(self) -> Iterator[Blob | Skipped]:
        """Blobs and messages about in the order of the packs; what is missing or corrupt as Skipped."""
        yield from self.repository.gaps()
        if self.pathspec:
            yield from self._at_paths()
        else:
            yield from self._everything()

    def resolve(self, hits: Sequence[Hit]) -> Iterable[Hit]:
        """One hit for each secret and path, at the oldest commit that put it there."""
        return attribute(self.repository, hits, self.commits, self.pathspec)

    def commits(self) -> IO[bytes]:
        """The ids of all commits, parents first, otherwise oldest first. Raises GitError."""
        order = ("--reverse", "--date-order")
        return self.repository.git.spool("rev-list", *order, "--all", *self._stashes(), "--")

    def _stashes(self) -> list[str]:
        """The stash entries: only the newest is a ref, the others stand in its log."""
        if self.repository.commit("refs/stash") is None:
            return []
        listed = self.repository.git.run("rev-list", "--walk-reflogs", "refs/stash", "--")
        return listed.decode().split()

    def _everything(self) -> Iterator[Blob | Skipped]:
        reachable: set[bytes] = set()
        every = self.all_objects
        try:
            with self._walk() as walked:
                yield from self._collect(walked, reachable)
        except GitError as error:
            reason = f"not all commits can be followed, so every object is read: {error.message}"
            yield Skipped(self.repository.object("", "commit"), reason, failed=True)
            every = True
        with self.repository.git.spool(*LISTING) as listing:
            ids = _wanted(listing, None if every else reachable)
        del reachable
        with ids:
            yield from read_objects(self.repository.git, ids, self.repository.object)

    def _walk(self) -> IO[bytes]:
        options = ("--objects", "--no-object-names", "--missing=print", "--all")
        return self.repository.git.spool("rev-list", *options, *self._stashes(), "--")

    def _collect(self, walked: IO[bytes], reachable: set[bytes]) -> Iterator[Skipped]:
        """Puts the ids into `reachable`; yields the objects that the repository does not hold."""
        for line in walked:
            if line[:1] == b"?":
                origin = self.repository.object(line[1:-1].decode(), "blob")
                yield Skipped(origin, "the repository does not hold it", failed=True)
            else:
                reachable.add(line[:-1])

    def _at_paths(self) -> Iterator[Blob | Skipped]:
        found: dict[str, None] = {}
        try:
            commits = self.commits()
        except GitError as error:
            yield Skipped(self.repository.object("", "commit"), error.message, failed=True)
            return
        with commits:
            for item in changes(self.repository.git, commits, self.pathspec):
                if isinstance(item, Unreadable):
                    yield Skipped(self.repository.object(item.commit, "commit"), item.reason, failed=True)
                elif item.new:
                    found[item.new] = None
        with id_file(found) as ids:
            yield from read_objects(self.repository.git, ids, self.repository.object)


def _wanted(listing: IO[bytes], reachable: set[bytes] | None) -> IO[bytes]:
    """The ids of the listing that are reachable (None: all), in its order, which is that of the packs.

    Trees are left out: all that they hold is names.
    """
    ids = tempfile.TemporaryFile()  # noqa: SIM115
    for line in listing:
        oid, _, kind = line.partition(b" ")
        if kind != b"tree\n" and (reachable is None or oid in reachable):
            ids.write(oid + b"\n")
    return ids
