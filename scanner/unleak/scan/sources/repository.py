"""Opens a repository, and says clearly why one cannot be opened."""

import os
import re
from dataclasses import dataclass

from unleak.core.errors import ScanError, UsageError
from unleak.core.model import GitObject, Skipped
from unleak.scan.sources.git import Git, GitError, here, require_git


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that can be read; bare ones and linked work trees too."""

    git: Git
    """Runs where the user pointed to, so that pathspecs are relative to there."""
    root: str
    """What paths are relative to: the top of the work tree, or of a bare repository its directory."""
    git_dir: str
    """Absolute; of a linked work tree, its own folder."""
    shallow: bool
    sha256: bool
    """Ids have 64 hexadecimal digits instead of 40."""

    @property
    def zero(self) -> str:
        """The id that stands for no object."""
        return "0" * (64 if self.sha256 else 40)

    def commit(self, revision: str) -> str | None:
        """The id of the commit that `revision` names, or None if there is none."""
        if revision.startswith("-") or "\0" in revision:
            return None
        try:
            found = self.git.run("rev-parse", "--quiet", "--verify", f"{revision}^{{commit}}")
        except GitError:
            return None
        return found.decode().strip()

    def file(self, name: str) -> bytes:
        """A file of the git directory such as MERGE_HEAD; empty if there is none."""
        path = os.path.join(os.fsencode(self.git.root), self.git.run("rev-parse", "--git-path", name)[:-1])
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError:
            return b""

    def common_dir(self) -> str:
        """The git directory that all linked work trees share; absolute."""
        found = self.git.run("rev-parse", "--git-common-dir")[:-1]
        return os.path.abspath(os.path.join(self.git.root, os.fsdecode(found)))

    def object(self, oid: str, kind: str) -> GitObject:
        """The origin of an object."""
        return GitObject(self.root, oid, kind)

    def gaps(self) -> list[Skipped]:
        """What a shallow clone does not hold; that is no failure, but must not be silent."""
        edges = self.file("shallow").decode("ascii", "replace").split() if self.shallow else []
        if not edges:
            return []
        reason = (
            f"shallow clone: what precedes {len(edges)} of its commits is not here; "
            "`git fetch --unshallow` gets it"
        )
        return [Skipped(self.object(edges[0], "commit"), reason, failed=False)]


def open_repository(root: str) -> Repository:
    """The repository that `root` is in. Raises UsageError if there is none, ScanError if it is broken."""
    require_git()
    if not os.path.isdir(root):
        raise UsageError(f"{root!r} is no directory.", "Name the repository whose commits are to be scanned.")
    git = Git(root, own=here(root))
    try:
        said = git.run("rev-parse", "--absolute-git-dir", "--is-shallow-repository", "--show-object-format")
        above = git.run("rev-parse", "--show-cdup")
    except GitError as error:
        raise _unopened(root, error) from None
    except OSError as error:
        raise ScanError(f"{root!r} cannot be entered: {error.strerror}.") from None
    git_dir, shallow, form = said.rstrip(b"\n").rsplit(b"\n", 2)
    top = _above(root, above.decode("ascii", "replace"))
    return Repository(git, top, os.fsdecode(git_dir), shallow == b"true", form == b"sha256")


def _above(root: str, steps: str) -> str:
    """The directory that lies `steps` (`../../`) above `root`; `root` itself if there are none.

    Written short unless a symbolic link on the way leads elsewhere.
    """
    if not re.fullmatch(r"(?:\.\./)+\n", steps):  # a configuration may name a work tree somewhere else
        return root
    exact = os.path.join(root, steps[:-2])
    short = os.path.normpath(exact)
    return short if os.path.samefile(short, exact) else exact


def _unopened(root: str, error: GitError) -> UsageError | ScanError:
    if "not a git repository" in error.message:
        hint = "Name one with PATH, or leave the mode out to scan all files there."
        return UsageError(f"{root!r} is in no git repository.", hint)
    return ScanError(f"The repository at {root!r} cannot be opened: {error.message}")
