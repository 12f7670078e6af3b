"""Joins the two sides: makes the source that the options of `unleak scan` name, and finds its rules."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from unleak.cli import trust
from unleak.core.errors import UsageError
from unleak.scan import sources
from unleak.scan.ports import Source

if TYPE_CHECKING:
    from unleak.cli.scan import ScanOptions


def source(options: "ScanOptions") -> Source:
    """The source of what is to be scanned."""
    root = options.paths[0] if options.paths else "."
    if options.stdin:
        if sys.stdin.isatty():
            print("unleak: reading what you type; end with Ctrl-D on a line of its own", file=sys.stderr)
        return sources.stdin(sys.stdin.buffer)
    if options.history:
        return sources.history(root, options.pathspec, all_objects=options.all_objects)
    if options.staged:
        return sources.staged(root, options.pathspec)
    if options.commit_range is not None:
        return sources.commit_range(root, options.commit_range, options.pathspec)
    if options.pre_push:
        return sources.pushed(
            root,
            os.environ.get("PRE_COMMIT_FROM_REF", ""),
            os.environ.get("PRE_COMMIT_TO_REF", ""),
            os.environ.get("PRE_COMMIT_REMOTE_NAME", ""),
        )
    return sources.worktree(options.paths or (".",), options.pathspec, no_ignore=options.no_ignore)


def guests(options: "ScanOptions") -> tuple[Path, ...]:
    """The rule files of the scanned repositories, as far as the user trusts them."""
    if options.stdin:
        if options.trust_repo_rules:
            raise UsageError("--trust-repo-rules goes with a repository.", "Name rule files with --rules.")
        return ()
    hook = options.staged or options.pre_push or options.files
    paths = (*options.paths, *options.pathspec) if options.files else options.paths
    return trust.guests(paths or (".",), trusted=options.trust_repo_rules, given=options.rules, quiet=hook)
