"""Says on stderr what is being done, once it takes longer than a second."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
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
    started = time.monotonic()
    with _watched(lambda: describe(summary, time.monotonic() - started)):
        yield


@contextmanager
def told() -> Iterator[Callable[[str], None]]:
    """Show on a terminal what the body tells the function that it gets; elsewhere, now and then."""
    said = [""]

    def tell(text: str) -> None:
        said[0] = text

    with _watched(lambda: said[0]):
        yield tell


@contextmanager
def _watched(line: Callable[[], str]) -> Iterator[None]:
    done = threading.Event()
    show = _on_terminal if sys.stderr.isatty() else _in_log
    thread = threading.Thread(target=show, args=(line, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _on_terminal(line: Callable[[], str], done: threading.Event) -> None:
    if done.wait(PATIENCE):
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status("") as status:
        while not done.wait(REFRESH):
            text = Text(line())
            text.truncate(status.console.width - 4, overflow="ellipsis")
            status.update(text)


def _in_log(line: Callable[[], str], done: threading.Event) -> None:
    while not done.wait(LOG_EVERY):
        print(line(), file=sys.stderr)


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
