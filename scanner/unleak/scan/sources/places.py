"""What a directory is to git."""

import os

from unleak.scan.sources.git import Git, GitError, here, require_git


def is_repository(path: str | bytes) -> bool:
    """Whether the directory lies in the work tree of a repository. Raises UsageError if git is missing."""
    text = os.fsdecode(path)
    own = here(text)
    if not _has_git_above(text) and not (own and "GIT_DIR" in os.environ):
        return False
    require_git()
    try:
        top = Git(text, own).run("rev-parse", "--show-toplevel")[:-1]
    except (GitError, OSError):
        return False
    place = os.path.realpath(os.fsencode(text))
    # A configuration may name any directory as the work tree; only one around this path will do.
    return bool(top) and (place == top or place.startswith(top.rstrip(b"/") + b"/"))


def is_bare(path: str) -> bool:
    """Whether the directory is a bare repository."""
    require_git()
    try:
        return Git(path).run("rev-parse", "--is-bare-repository", "--git-dir") == b"true\n.\n"
    except (GitError, OSError):
        return False


def _has_git_above(path: str) -> bool:
    here = os.path.realpath(path)
    while not os.path.lexists(os.path.join(here, ".git")):
        here, before = os.path.dirname(here), here
        if here == before:
            return False
    return True
