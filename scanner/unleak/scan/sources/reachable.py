"""Everything that a repository holds: each blob once, and the messages of commits and tags."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO

from unleak.core.model import Blob, GitObject, Hit, Skipped
from unleak.scan.sources.attribution import attribute
from unleak.scan.sources.changes import Unreadable, changes
from unleak.scan.sources.git import GitError
from unleak.scan.sources.objects import id_file, read_objects
from unleak.scan.sources.repository import Repository

CHECK = ("cat-file", "--buffer", "--batch-check=%(objectname) %(objecttype)")


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
        with ExitStack() as stack:
            wanted = stack.enter_context(tempfile.TemporaryFile())
            try:
                walked = stack.enter_context(self._walk())
                yield from self._reachable(walked, wanted)
                complete = True
            except GitError as error:
                reason = f"not all commits can be followed, so every object is read: {error.message}"
                yield Skipped(GitObject(self.repository.root, "", "commit"), reason, failed=True)
                complete = False
            wanted.flush()
            if self.all_objects or not complete:
                check = self.repository.git.spool(*CHECK, "--batch-all-objects", "--unordered")
            else:
                wanted.seek(0)
                check = self.repository.git.spool(*CHECK, given=wanted)
            with check, _without_trees(check) as ids:
                yield from read_objects(self.repository.git, ids)

    def _walk(self) -> IO[bytes]:
        options = ("--objects", "--no-object-names", "--missing=print", "--all")
        return self.repository.git.spool("rev-list", *options, *self._stashes(), "--")

    def _reachable(self, walked: IO[bytes], wanted: IO[bytes]) -> Iterator[Skipped]:
        """Writes the ids to `wanted`; yields the objects that the repository does not hold."""
        for line in walked:
            if line[:1] == b"?":
                origin = GitObject(self.repository.root, line[1:-1].decode(), "blob")
                yield Skipped(origin, "the repository does not hold it", failed=True)
            else:
                wanted.write(line)

    def _at_paths(self) -> Iterator[Blob | Skipped]:
        found: dict[str, None] = {}
        try:
            commits = self.commits()
        except GitError as error:
            yield Skipped(GitObject(self.repository.root, "", "commit"), error.message, failed=True)
            return
        with commits:
            for item in changes(self.repository.git, commits, self.pathspec):
                if isinstance(item, Unreadable):
                    yield Skipped(
                        GitObject(self.repository.root, item.commit, "commit"), item.reason, failed=True
                    )
                elif item.new:
                    found[item.new] = None
        with id_file(found) as ids:
            yield from read_objects(self.repository.git, ids)


def _without_trees(check: IO[bytes]) -> IO[bytes]:
    """The ids of a check but for the trees, whose names are all that they hold."""
    ids = tempfile.TemporaryFile()  # noqa: SIM115
    ids.writelines(line.split(b" ", 1)[0] + b"\n" for line in check if not line.endswith(b" tree\n"))
    return ids
