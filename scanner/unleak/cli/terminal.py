"""Talks to the person at the terminal itself, whatever stdin and stdout are."""

import getpass
import os
import select
from collections.abc import Callable

from unleak.core.errors import UsageError

TERMINAL = "/dev/tty"


def present() -> bool:
    """Whether there is a person to ask."""
    try:
        os.close(_opened())
    except UsageError:
        return False
    return True


def ask(question: str) -> str:
    """One line typed at the terminal, stripped; empty at its end. UsageError without a terminal."""
    terminal = _opened()
    try:
        os.write(terminal, question.encode())
        line = b""
        while not line.endswith(b"\n") and (more := os.read(terminal, 1024)):
            line += more
    finally:
        os.close(terminal)
    return line.decode("utf-8", "replace").strip()


def hidden(question: str) -> str:
    """One line typed without being shown. UsageError without a terminal."""
    os.close(_opened())
    try:
        return getpass.getpass(question).strip()  # reads the terminal too, with its echo off
    except EOFError:
        return ""


def unseen(question: str, stop: Callable[[], bool]) -> str:
    """The same, away from the main thread, which hears Ctrl-C; empty as soon as `stop` says so."""
    import termios  # Windows has none, and rotations do not run there

    terminal = _opened()
    shown = termios.tcgetattr(terminal)
    silent = [*shown[:3], shown[3] & ~termios.ECHO, *shown[4:]]
    try:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, silent)
        os.write(terminal, question.encode())
        line = b""
        while not line.endswith(b"\n") and not stop():
            if select.select([terminal], [], [], 0.2)[0]:
                more = os.read(terminal, 1024)
                if not more:
                    break
                line += more
        os.write(terminal, b"\n")
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, shown)
        os.close(terminal)
    return "" if stop() else line.decode("utf-8", "replace").strip()


def _opened() -> int:
    """A descriptor, because a terminal cannot be sought and Python's text files want to."""
    try:
        return os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY)
    except OSError:
        hint = "give the key with --stdin, approve with --yes"
        raise UsageError("there is no terminal to ask on", hint) from None
