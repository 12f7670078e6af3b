"""Talks to the person at the terminal itself, whatever stdin and stdout are."""

import getpass
from contextlib import suppress
from typing import IO

from unleak.core.errors import UsageError


def _open() -> IO[str] | None:
    with suppress(OSError):
        return open("/dev/tty", "r+", encoding="utf-8", buffering=1)
    return None


def present() -> bool:
    """Whether there is a person to ask."""
    tty = _open()
    if tty is not None:
        tty.close()
    return tty is not None


def ask(question: str) -> str:
    """One line typed at the terminal, stripped. UsageError without a terminal."""
    tty = _opened()
    with tty:
        tty.write(question)
        return tty.readline().strip()


def hidden(question: str) -> str:
    """One line typed without being shown. UsageError without a terminal."""
    _opened().close()
    return getpass.getpass(question).strip()  # reads /dev/tty, of which it turns the echo off


def _opened() -> IO[str]:
    try:
        return open("/dev/tty", "r+", encoding="utf-8", buffering=1)
    except OSError:
        raise UsageError(
            "there is no terminal to ask on", "give the key with --stdin, approve with --yes"
        ) from None
