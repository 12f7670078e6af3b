"""Who put a blob where: turns hits on objects into hits on commits. The one home of GitPython."""

import codecs
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import IO, cast

from unleak.core.model import Commit, GitObject, Hit
from unleak.scan.sources.changes import Change, changes
from unleak.scan.sources.git import GitError
from unleak.scan.sources.neutral import ENVIRONMENT, SETTINGS
from unleak.scan.sources.relocate import moved
from unleak.scan.sources.repository import Repository

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Place = tuple[str, bytes]
"""A blob's id and a path."""
Details = tuple[str, datetime]
"""Author, and the committer's date in UTC."""


def attribute(
    repository: Repository,
    hits: Sequence[Hit],
    commits: Callable[[], IO[bytes]],
    pathspec: Sequence[str] = (),
) -> list[Hit]:
    """`hits` at commits: one location for each secret and path, at the oldest commit that put it there.

    `commits` lists the ids to consider, oldest first. A blob that none of them adds stays a GitObject.
    Oldest first, and those without a commit last.
    """
    objects = [(hit, hit.location.origin) for hit in hits if isinstance(hit.location.origin, GitObject)]
    blobs: dict[str, list[Hit]] = {}
    for hit, origin in objects:
        if origin.kind == "blob":
            blobs.setdefault(origin.oid, []).append(hit)
    places = _places(repository, blobs, commits, pathspec) if blobs else {}
    messages = [(hit, origin) for hit, origin in objects if origin.kind != "blob"]
    details = describe(repository, {*places.values(), *(origin.oid for _, origin in messages)})
    attributed = [
        *(moved(hit, _message(origin, details)) for hit, origin in messages),
        *_oldest(_put(repository.root, blobs, places, details)),
    ]
    attributed.sort(key=_date)
    placed = {blob for blob, _ in places}
    return [*attributed, *(hit for blob, group in blobs.items() if blob not in placed for hit in group)]


def _places(
    repository: Repository, blobs: Iterable[str], commits: Callable[[], IO[bytes]], pathspec: Sequence[str]
) -> dict[Place, str]:
    """The first commit that put each of `blobs` at each path, in the order of the commits."""
    wanted = set(blobs)
    found: dict[Place, str] = {}
    try:
        with commits() as ids:
            for item in changes(repository.git, ids, pathspec):
                if isinstance(item, Change) and item.new in wanted:
                    found.setdefault((item.new, item.path), item.commit)
    except GitError:  # the source has told that commits cannot be followed
        return found
    return found


def _put(
    root: str, blobs: dict[str, list[Hit]], places: dict[Place, str], details: dict[str, Details]
) -> Iterator[Hit]:
    """Every hit at every path and its first commit there, oldest commit first."""
    for (blob, path), commit in places.items():
        origin = Commit(root, path, blob, commit, *details[commit])
        for hit in sorted(blobs[blob], key=lambda hit: hit.location.start.offset):
            yield moved(hit, origin)


def _oldest(hits: Iterable[Hit]) -> Iterator[Hit]:
    """For each secret and path one location, and a hit there for each rule that found it.

    A location without a marker goes before an older one with it, or the marker would hide it.
    """
    groups: dict[tuple[object, bytes], list[Hit]] = {}
    for hit in hits:
        origin = cast(Commit, hit.location.origin)
        groups.setdefault((hit.secret, origin.path), []).append(hit)
    for group in groups.values():
        group.sort(key=lambda hit: bool(hit.location.suppression))
        rules: dict[str, Hit] = {}
        for hit in group:
            rules.setdefault(hit.rule.id, hit)
        for hit in rules.values():
            yield replace(hit, location=group[0].location)


def _message(origin: GitObject, details: dict[str, Details]) -> Commit:
    return Commit(origin.root, b"", origin.oid, origin.oid, *details[origin.oid])


def _date(hit: Hit) -> datetime:
    return cast(Commit, hit.location.origin).date


def describe(repository: Repository, ids: Iterable[str]) -> dict[str, Details]:
    """Author and date of commits; tagger and date of annotated tags."""
    wanted = sorted(ids)
    if not wanted:
        return {}
    return {oid: parse(raw) for oid, raw in zip(wanted, _raw(repository, wanted), strict=True)}


def _raw(repository: Repository, ids: Sequence[str]) -> Iterator[bytes]:
    """The objects themselves, through GitPython's object database.

    Its `Repo` is not used: that would read the scanned repository's configuration once more and
    without git's care. GitPython knows no ids of SHA-256.
    """
    if repository.sha256:
        for oid in ids:
            yield repository.git.run("cat-file", "-p", oid)
        return
    from git import Git, GitCmdObjectDB

    command = Git(repository.git.root)
    command.set_persistent_git_options(c=list(SETTINGS))
    command.update_environment(**ENVIRONMENT, **_own_place(repository))
    database = GitCmdObjectDB(repository.git_dir, command)
    try:
        for oid in ids:
            yield database.stream(bytes.fromhex(oid)).read()
    finally:
        command.clear_cache()


def _own_place(repository: Repository) -> dict[str, str]:
    """Variables that outweigh what an outer git says of another repository: GitPython can only add some."""
    if repository.git.own:
        return {}
    common = repository.common_dir()
    return {
        "GIT_DIR": repository.git_dir,
        "GIT_COMMON_DIR": common,
        "GIT_OBJECT_DIRECTORY": os.path.join(common, "objects"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": "",
        "GIT_CONFIG_PARAMETERS": "",
        "GIT_CONFIG_COUNT": "0",
    }


def parse(raw: bytes) -> Details:
    """Author and committer's date of a commit, or tagger and date of a tag; untrusted, so anything goes."""
    header = raw.partition(b"\n\n")[0]
    encoding = _codec(re.search(rb"^encoding (.+)$", header, re.MULTILINE))
    author = re.search(rb"^(?:author|tagger) (.*)$", header, re.MULTILINE)
    signed = re.search(rb"^(?:committer|tagger) .* (-?\d+) [-+]\d+$", header, re.MULTILINE)
    name = re.sub(rb" -?\d+ [-+]\d+$", b"", author[1]) if author else b""
    return name.decode(encoding, "replace"), _moment(signed[1]) if signed else EPOCH


def _codec(found: re.Match[bytes] | None) -> str:
    """The encoding that the commit names, if it is one of text."""
    if found is None:
        return "utf-8"
    try:
        b"a".decode(codecs.lookup(found[1].decode("ascii")).name, "replace")
    except (LookupError, ValueError):
        return "utf-8"
    return found[1].decode("ascii")


def _moment(seconds: bytes) -> datetime:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (OverflowError, ValueError, OSError):
        return EPOCH
