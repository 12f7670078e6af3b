"""Where content comes from. One function for each kind of source; each imports its module when called
(and is not called like one: the import would put the module in its place).

All raise UsageError if what they are given cannot be scanned, and ScanError if it cannot be told what is
to be scanned. `root` and `paths` are directories (or files) as the user named them.
"""

from collections.abc import Sequence

from unleak.scan.ports import Source
from unleak.scan.sources.segments import Readable


def worktree(paths: Sequence[str], pathspec: Sequence[str] = (), no_ignore: bool = False) -> Source:
    """Files: in a repository what git would track, elsewhere (or with `no_ignore`) everything."""
    from unleak.scan.sources.tree import open_worktree

    return open_worktree(paths, pathspec, no_ignore)


def history(root: str, pathspec: Sequence[str] = (), all_objects: bool = False) -> Source:
    """Every blob and message that a ref, stash entry or note reaches; `all_objects`: unreachable ones too."""
    from unleak.scan.sources.reachable import HistorySource
    from unleak.scan.sources.repository import open_repository

    return HistorySource(open_repository(root), tuple(pathspec), all_objects)


def staged(root: str, pathspec: Sequence[str] = ()) -> Source:
    """What the next commit adds."""
    from unleak.scan.sources.index import StagedSource
    from unleak.scan.sources.repository import open_repository

    return StagedSource(open_repository(root), tuple(pathspec))


def commit_range(root: str, spec: str, pathspec: Sequence[str] = ()) -> Source:
    """What the commits of `BASE..HEAD` add."""
    from unleak.scan.sources.repository import open_repository
    from unleak.scan.sources.revisions import open_range

    return open_range(open_repository(root), spec, pathspec)


def pushed(root: str, from_ref: str, to_ref: str, remote: str) -> Source:
    """What a push publishes; each of the last three may be empty (PRE_COMMIT_… of pre-commit)."""
    from unleak.scan.sources.repository import open_repository
    from unleak.scan.sources.revisions import open_push

    return open_push(open_repository(root), from_ref, to_ref, remote)


def stdin(stream: Readable) -> Source:
    """One binary stream."""
    from unleak.scan.sources.stream import StdinSource

    return StdinSource(stream)
