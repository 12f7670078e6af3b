"""Says on stderr what a scan is doing, once it takes longer than a second."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from unleak.core.model import Commit, File, GitObject, Origin, Staged
from unleak.scan.ports import Summary

PATIENCE = 1.0
"""Seconds before anything is shown."""
REFRESH = 0.2
LOG_EVERY = 30.0
"""Seconds between lines when stderr is no terminal, such as in CI."""


@contextmanager
def shown(summary: Summary) -> Iterator[None]:
    """Show the progress of the scan that fills `summary` while the body runs."""
    done = threading.Event()
    started = time.monotonic()
    show = _on_terminal if sys.stderr.isatty() else _in_log
    thread = threading.Thread(target=show, args=(summary, done, started), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _on_terminal(summary: Summary, done: threading.Event, started: float) -> None:
    if done.wait(PATIENCE):
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status("") as status:
        while not done.wait(REFRESH):
            line = Text(describe(summary, time.monotonic() - started))
            line.truncate(status.console.width - 4, overflow="ellipsis")
            status.update(line)


def _in_log(summary: Summary, done: threading.Event, started: float) -> None:
    while not done.wait(LOG_EVERY):
        print(describe(summary, time.monotonic() - started), file=sys.stderr)


def describe(summary: Summary, seconds: float) -> str:
    """One line: how much was read, how fast, and what is being read."""
    megabytes = summary.bytes / 1e6
    line = f"{summary.blobs:,} read, {megabytes:,.0f} MB, {megabytes / seconds:,.0f} MB/s"
    return f"{line}, {_named(summary.reading)}" if summary.reading else line


def _named(origin: Origin) -> str:
    match origin:
        case File() | Commit() | Staged():
            text = origin.path.decode("utf-8", "replace")
            return "".join(character if character.isprintable() else "�" for character in text)
        case GitObject():
            return f"{origin.kind} {origin.oid[:12]}"
        case _:
            return "standard input"
