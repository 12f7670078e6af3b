"""What commits change: `git diff-tree`, which for a merge tells only what no parent has."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from unleak.scan.sources.git import Git, complaint
from unleak.scan.sources.objects import width

GITLINK = b"160000"

OPTIONS = ("-r", "-c", "--root", "--raw", "-z", "--no-renames", "--no-abbrev", "--always")


@dataclass(frozen=True, slots=True)
class Change:
    """One path that a commit changes."""

    commit: str
    path: bytes
    new: str
    """The blob it has now; empty if it is deleted or a submodule."""
    old: tuple[str, ...]
    """The blobs that it had in the parents."""
    status: str
    """git's letter, one for each parent; `U` is unmerged."""
    submodule: bool
    """It is a submodule now."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A commit whose changes git cannot tell, since a tree of it is missing or corrupt."""

    commit: str
    reason: str


def changes(
    git: Git, commits: IO[bytes], pathspec: Sequence[str | bytes] = ()
) -> Iterator[Change | Unreadable]:
    """The changes of the commits that the file `commits` names, one full id a line, in that order.

    After a commit that it cannot read git ends, and a new one goes on behind it.
    """
    commits.flush()
    total = os.fstat(commits.fileno()).st_size
    done = 0
    while done < total:
        os.lseek(commits.fileno(), done, os.SEEK_SET)
        command = ("diff-tree", "--stdin", *OPTIONS, "--", *pathspec)
        begun = 0
        with git.process(*command, given=commits) as running:
            for item in raw(running.out):
                if isinstance(item, str):
                    begun += 1
                else:
                    yield item
            failed, said = running.end(), running.said()
        if not failed:
            return
        done += width(commits) * begun
        if done < total:
            oid = os.pread(commits.fileno(), width(commits) - 1, done).decode()
            yield Unreadable(oid, f"its changes cannot be read: {complaint(said)}")
        done += width(commits)


def raw(out: IO[bytes], commit: str = "") -> Iterator[Change | str]:
    """Parses `--raw -z`: the id of each commit, as it begins, and its changes."""
    tokens = _tokens(out)
    for token in tokens:
        if token[:1] != b":":
            commit = token.decode()
            yield commit
            continue
        path = next(tokens, None)
        if path is None:
            return
        parents = len(token) - len(token.lstrip(b":"))
        fields = token[parents:].split(b" ")
        blobs = [_blob(fields[i], fields[parents + 1 + i]) for i in range(parents + 1)]
        old = tuple(blob for blob in blobs[:-1] if blob)
        yield Change(commit, path, blobs[-1], old, fields[-1].decode(), fields[parents] == GITLINK)


def _blob(mode: bytes, oid: bytes) -> str:
    return "" if mode == b"000000" or mode == GITLINK else oid.decode()


def _tokens(out: IO[bytes], size: int = 1 << 18) -> Iterator[bytes]:
    """The texts of `out` that NUL ends."""
    rest = b""
    while chunk := out.read(size):
        *whole, rest = (rest + chunk).split(b"\0")
        yield from whole
