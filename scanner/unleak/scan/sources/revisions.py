"""What some commits add: a range, or what a push would publish."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import IO

from unleak.core.errors import ScanError, UsageError
from unleak.core.model import Blob, GitObject, Hit, Skipped
from unleak.scan.sources.attribution import attribute
from unleak.scan.sources.changes import Unreadable, changes
from unleak.scan.sources.objects import id_file, read_objects
from unleak.scan.sources.repository import Repository


@dataclass(frozen=True, slots=True)
class RangeSource:
    """The commits that `wanted` reaches and `known` does not."""

    repository: Repository
    wanted: tuple[str, ...]
    """Ids or `--all`-like options; empty: there is nothing to read."""
    known: tuple[str, ...]
    """Ids or `--remotes`-like options."""
    pathspec: tuple[str, ...] = ()

    def blobs(self) -> Iterator[Blob | Skipped]:
        """New blobs (and, without a pathspec, the commits' messages), then those that they replace."""
        if not self.wanted:
            return
        yield from self.repository.gaps()
        with self.commits() as commits:
            new, old = yield from self._changed(commits)
            with id_file(oid for oid in new if oid not in old) as ids:
                yield from read_objects(self.repository.git, ids, self.repository.object)
            if not self.pathspec:
                yield from read_objects(self.repository.git, commits, self.repository.object)
        with id_file(old) as ids:
            yield from read_objects(self.repository.git, ids, self.repository.object, preimage=True)

    def resolve(self, hits: Sequence[Hit]) -> Iterable[Hit]:
        """One hit for each secret and path, at the oldest commit of the range that put it there."""
        if not hits:
            return []
        before = self._known_before(
            {origin.oid for hit in hits if isinstance(origin := hit.location.origin, GitObject)}
        )
        fresh = [hit for hit in hits if getattr(hit.location.origin, "oid", "") not in before]
        return attribute(self.repository, fresh, self.commits, self.pathspec)

    def commits(self) -> IO[bytes]:
        """Their ids, parents first, otherwise oldest first. Raises GitError."""
        order = ("--reverse", "--date-order")
        return self.repository.git.spool("rev-list", *order, *self.wanted, "--not", *self.known, "--")

    def _changed(
        self, commits: IO[bytes]
    ) -> Generator[Skipped, None, tuple[dict[str, None], dict[str, None]]]:
        """Yields what cannot be read; returns the new blobs, and those that stood there before the range."""
        new: dict[str, None] = {}
        old: dict[str, None] = {}
        put: set[tuple[bytes, str]] = set()
        everything = changes(self.repository.git, commits, self.pathspec)
        for _, items in groupby(everything, key=lambda item: item.commit):
            added = []
            for item in items:
                if isinstance(item, Unreadable):
                    origin = self.repository.object(item.commit, "commit")
                    yield Skipped(origin, item.reason, failed=True)
                    continue
                # What an earlier commit of the range added does not stand there before the range.
                old.update((oid, None) for oid in item.old if (item.path, oid) not in put)
                added.append((item.path, item.new))
            new.update((oid, None) for _, oid in added if oid)
            put.update(added)
        return new, old

    def _known_before(self, blobs: set[str]) -> set[str]:
        """Those of `blobs` that `known` reaches: a copy or a revert makes nothing public."""
        if not self.known:
            return set()
        options = ("--objects", "--no-object-names", "--missing=allow-any")
        with self.repository.git.process("rev-list", *options, *self.known, "--") as running:
            return {oid for line in running.out if (oid := line[:-1].decode()) in blobs}


def open_range(repository: Repository, spec: str, pathspec: Sequence[str] = ()) -> RangeSource:
    """The source for `BASE..HEAD`. Raises UsageError for another form.

    Raises ScanError if nothing tells what is new.
    """
    base, dots, head = spec.partition("..")
    if not dots or head.startswith("."):
        raise UsageError("A range is written BASE..HEAD.", "Three dots have no meaning here: use two.")
    end = repository.commit(head or "HEAD")
    if end is None:
        raise ScanError(
            "The end of the range is no commit of this repository.", "Fetch it, or correct the name."
        )
    begin = None if base == repository.zero else repository.commit(base or "HEAD")
    if begin is not None:
        return RangeSource(repository, (end,), (begin,), tuple(pathspec))
    return _not_on_a_remote(repository, end, pathspec)


def _not_on_a_remote(repository: Repository, end: str, pathspec: Sequence[str]) -> RangeSource:
    """For an unknown BASE: everything up to `end` that no remote has, if that can be told."""
    why = "The range's BASE is no commit of this repository, and"
    hint = "Name a BASE that this clone holds; in CI, fetch the whole history."
    if not repository.git.run("for-each-ref", "--count=1", "refs/remotes"):
        raise ScanError(f"{why} there is no remote to tell what is new.", hint)
    if not repository.git.run("rev-list", "--max-count=1", end, "--not", "--remotes", "--"):
        raise ScanError(f"{why} its end is on a remote already, so nothing tells what is new.", hint)
    return RangeSource(repository, (end,), ("--remotes",), tuple(pathspec))


def open_push(repository: Repository, from_ref: str, to_ref: str, remote: str) -> RangeSource:
    """What a push to `remote` publishes: `from_ref..to_ref`, or if not known, all that it lacks."""
    known = (f"--remotes={remote}",) if remote else ("--remotes",)
    if not to_ref:
        return RangeSource(repository, _local(repository), known)
    if to_ref == repository.zero:
        return RangeSource(repository, (), ())
    end = repository.commit(to_ref)
    if end is None:
        raise ScanError(
            "What is to be pushed is no commit of this repository.", "Is PRE_COMMIT_TO_REF right?"
        )
    begin = repository.commit(from_ref) if from_ref and from_ref != repository.zero else None
    return RangeSource(repository, (end,), (begin,) if begin else known)


def _local(repository: Repository) -> tuple[str, ...]:
    head = repository.commit("HEAD")
    return ("--branches", "--tags", *([head] if head else []))
