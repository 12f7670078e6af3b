"""Files and directories: inside a repository what git would track, elsewhere everything."""

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from unleak.core.errors import UsageError
from unleak.core.model import Blob, File, Hit, Skipped
from unleak.scan.sources.files import failed, kind, link, location, read_file
from unleak.scan.sources.git import Git, GitError, here
from unleak.scan.sources.places import is_bare, is_repository

Items = Iterator[Blob | Skipped]
Steps = Iterator[Blob | Skipped | bytes]
"""Items, and folders that are to be entered at this point."""

TRACKED = {
    b"H": "deleted in the working tree",
    b"S": "not checked out (sparse)",
    b"M": "deleted in the working tree",
}
"""The marks of `ls-files -t` for paths of the index, and what it means if there is no such file."""


@dataclass(frozen=True, slots=True)
class WorktreeSource:
    """The files of some paths, which exist (see `open_worktree`)."""

    paths: tuple[str, ...]
    pathspec: tuple[str, ...] = ()
    no_ignore: bool = False
    """Read everything on disk, ignored files too."""

    def blobs(self) -> Items:
        """Every file; links, special files and submodules as Skipped."""
        for path in self.paths:
            if not os.path.isdir(path):
                yield from read_file(named(path), follow=True)
            else:
                tree = Tree(path, os.path.realpath(os.fsencode(path)), self.no_ignore)
                in_git = self.pathspec or (not self.no_ignore and is_repository(path))
                yield from tree.items(tree.repository(b"", self.pathspec) if in_git else tree.walk(b""))

    def resolve(self, hits: Sequence[Hit]) -> Iterable[Hit]:
        """`hits`: there is nothing more to know."""
        return hits


def open_worktree(
    paths: Sequence[str], pathspec: Sequence[str] = (), no_ignore: bool = False
) -> WorktreeSource:
    """The source for `paths` (none: the current directory). Raises UsageError for a wrong one."""
    chosen = tuple(paths) or (os.curdir,)
    for path in chosen:
        _check(path, bool(pathspec), no_ignore)
    return WorktreeSource(chosen, tuple(pathspec), no_ignore)


def _check(path: str, pathspec: bool, no_ignore: bool) -> None:
    if not os.path.exists(path):
        raise UsageError(f"{path!r} does not exist.")
    directory = os.path.isdir(path)
    if not directory and not os.path.isfile(path):
        raise UsageError(f"{path!r} is neither a file nor a directory.", "Pipe it in and scan with --stdin.")
    if pathspec and not (directory and is_repository(path)):
        raise UsageError(f"{path!r} is in no git repository.", "A PATHSPEC needs one; name files with PATH.")
    if pathspec and no_ignore:
        raise UsageError("--no-ignore reads everything: it does not go with a PATHSPEC.")
    if directory and os.path.isfile(os.path.join(path, "HEAD")) and not no_ignore and is_bare(path):
        raise UsageError(f"{path!r} is a bare repository: it has no files.", "Scan it with --history.")


def named(path: str) -> File:
    """The origin of a file that the user named."""
    if os.path.isabs(path) or os.pardir in path.split(os.sep):
        folder, name = os.path.split(path)
        return File(folder, os.fsencode(name))
    return File(os.curdir, os.fsencode(os.path.normpath(path)))


@dataclass(frozen=True, slots=True)
class Tree:
    """The files below one directory."""

    root: str
    real: bytes
    """Its path without links."""
    no_ignore: bool
    real_folders: dict[bytes, bool] = field(default_factory=dict)
    """Of folders that tracked paths name: whether they are reached without a link."""

    def items(self, steps: Steps) -> Items:
        """What `steps` lead to. Without recursion: folders may be nested deeper than calls."""
        stack = [steps]
        while stack:
            step = next(stack[-1], None)
            if step is None:
                stack.pop()
            elif isinstance(step, bytes):
                stack.append(self.enter(step))
            else:
                yield step

    def walk(self, folder: bytes) -> Steps:
        """Every file of `folder` and every folder in it, but for the insides of git."""
        try:
            with os.scandir(location(File(self.root, folder))) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield failed(File(self.root, folder or b"."), error)
            return
        for entry in listed:
            path = os.path.join(folder, entry.name)
            if not entry.is_dir(follow_symlinks=False):
                yield from self.read(path)
            elif entry.name != b".git":
                yield path

    def enter(self, folder: bytes) -> Steps:
        """The content of a folder that may be a repository of its own."""
        place = location(File(self.root, folder))
        if not self.no_ignore and os.path.lexists(os.path.join(place, b".git")) and is_repository(place):
            return self.repository(folder)
        return self.walk(folder)

    def repository(self, folder: bytes, pathspec: Sequence[str] = ()) -> Steps:
        """What git would track below `folder`."""
        place = location(File(self.root, folder))
        git = Git(os.fsdecode(place), own=not folder and here(self.root))
        if not pathspec and ignored(git):
            yield from self.walk(folder)
            return
        arguments = ("ls-files", "-z", "-t", "--cached", "--others", "--exclude-standard", "--", *pathspec)
        with git.process(*arguments) as running:
            listing = running.out.read()
            broken, said = running.end(), running.said()
        last = b""
        for mark, path in _entries(listing):
            if path != last:
                yield from self._listed(mark, os.path.join(folder, path))
            last = path
        yield from self._complaints(folder, said)
        if broken:
            yield Skipped(File(self.root, folder or b"."), "git cannot list all of its files", failed=True)

    def _listed(self, mark: bytes, path: bytes) -> Steps:
        if path.endswith(b"/"):
            yield path[:-1]
        elif not self.is_real(os.path.dirname(path)):
            yield Skipped(File(self.root, path), "behind a symbolic link", failed=False)
        else:
            yield from self.read(path, absent=TRACKED.get(mark, ""))

    def _complaints(self, folder: bytes, said: bytes) -> Iterator[Skipped]:
        """git only warns of a directory that it cannot read."""
        for match in re.finditer(rb"could not open directory '(.*?)/?': ([^\n]*)", said, re.DOTALL):
            path = os.path.join(folder, match[1])
            yield Skipped(File(self.root, path), match[2].decode("ascii", "replace").lower(), failed=True)

    def read(self, path: bytes, absent: str = "") -> Items:
        """One path of the listing; `absent` is why it need not be there, if so."""
        origin = File(self.root, path)
        try:
            mode = os.lstat(location(origin)).st_mode
        except OSError as error:
            if absent and isinstance(error, FileNotFoundError):
                yield Skipped(origin, absent, failed=False)
            else:
                yield failed(origin, error)
            return
        if stat.S_ISREG(mode):
            yield from read_file(origin)
        elif stat.S_ISLNK(mode):
            yield link(origin, self.real)
        elif stat.S_ISDIR(mode):
            yield Skipped(origin, "a submodule: scan it by its own path", failed=False)
        else:
            yield Skipped(origin, f"a {kind(mode)}, not a file", failed=False)

    def is_real(self, folder: bytes) -> bool:
        """Whether `folder` is reached without a link (the index may say what the disk does not)."""
        unknown = []
        while folder and folder not in self.real_folders:
            unknown.append(folder)
            folder = os.path.dirname(folder)
        real = self.real_folders.get(folder, True)
        for one in reversed(unknown):
            real = real and not os.path.islink(location(File(self.root, one)))
            self.real_folders[one] = real
        return real


def ignored(git: Git) -> bool:
    """Whether the directory itself is ignored: one that the user names is read all the same."""
    try:
        git.run("check-ignore", "--quiet", "--no-index", ".")
    except GitError:
        return False
    return True


def _entries(listing: bytes) -> Iterator[tuple[bytes, bytes]]:
    for entry in listing.split(b"\0")[:-1]:
        yield entry[:1], entry[2:]
