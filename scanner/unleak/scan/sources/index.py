"""The index against HEAD: what the next commit would add."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from unleak.core.model import Blob, Hit, Skipped, Staged
from unleak.scan.sources.changes import Change, raw
from unleak.scan.sources.objects import id_file, read_objects
from unleak.scan.sources.relocate import moved
from unleak.scan.sources.repository import Repository


@dataclass(frozen=True, slots=True)
class StagedSource:
    """The blobs of the index that no parent of the next commit has at their path."""

    repository: Repository
    pathspec: tuple[str, ...] = ()
    paths: dict[str, list[bytes]] = field(default_factory=dict)
    """The paths of every new blob, known once `blobs` has begun."""

    def blobs(self) -> Iterator[Blob | Skipped]:
        """New blobs, then what stood at the changed paths before."""
        self.paths.clear()
        against = [self._changes(parent) for parent in self._parents()]
        common = set.intersection(*(set(changes) for changes in against))
        for path in sorted(common):
            yield from self._skipped(path, [changes[path] for changes in against])
            if new := against[0][path].new:
                self.paths.setdefault(new, []).append(path)
        if not self.paths:
            return
        former = {
            oid: change.path for changes in against for change in changes.values() for oid in change.old
        }
        yield from self._read({oid: paths for oid, paths in self.paths.items() if oid not in former})
        yield from self._read({oid: [path] for oid, path in former.items()}, preimage=True)

    def resolve(self, hits: Sequence[Hit]) -> Iterable[Hit]:
        """`hits` at every path at which their blob is staged."""
        for hit in hits:
            origin = cast(Staged, hit.location.origin)
            for path in self.paths.get(origin.blob, [origin.path]):
                yield moved(hit, replace(origin, path=path))

    def _parents(self) -> list[str]:
        """HEAD (before the first commit the empty tree), and in a merge what is merged."""
        head = self.repository.commit("HEAD")
        first = head or self.repository.git.run("hash-object", "-t", "tree", "--stdin").decode().strip()
        return [first, *self.repository.file("MERGE_HEAD").decode("ascii", "replace").split()]

    def _changes(self, parent: str) -> dict[bytes, Change]:
        options = ("--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "--ita-invisible-in-index")
        with self.repository.git.spool("diff-index", *options, parent, "--", *self.pathspec) as out:
            found: dict[bytes, Change] = {}
            for item in raw(out):
                if isinstance(item, Change):
                    # An unmerged path is told twice: as unmerged first.
                    found.setdefault(item.path, item)
            return found

    def _skipped(self, path: bytes, changes: Sequence[Change]) -> Iterator[Skipped]:
        origin = Staged(self.repository.root, path, "")
        if changes[0].status == "U":
            yield Skipped(origin, "unmerged: resolve the conflict and `git add` it first", failed=True)
        elif changes[0].submodule:
            yield Skipped(origin, "a submodule: scan it by its own path", failed=False)

    def _read(self, blobs: dict[str, list[bytes]], preimage: bool = False) -> Iterator[Blob | Skipped]:
        root = self.repository.root
        with id_file(blobs) as ids:
            yield from read_objects(
                self.repository.git, ids, lambda oid, _: Staged(root, blobs[oid][0], oid), preimage
            )
