"""Where rotations are kept: one directory that only its owner reads, with a folder for each rotation."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unleak.core.errors import RotationError, UsageError
from unleak.rotate.ledger import Ledger


def location() -> Path:
    """`$UNLEAK_STATE_DIR`, else `$XDG_STATE_HOME/unleak`, else `~/.local/state/unleak`."""
    named = os.environ.get("UNLEAK_STATE_DIR")
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(named) if named else Path(home) / "unleak"


def directory() -> Path:
    """The location, made with mode 0700 if it is not there. UsageError if it cannot be used."""
    path = location()
    with _usable(path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def ledger(state: Path) -> Ledger:
    """The ledger of a state directory. UsageError if it cannot be opened."""
    with _usable(state):
        return Ledger(state / "ledger.sqlite")


@contextmanager
def _usable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"the state directory {path} cannot be used: {error.strerror}",
            "name another one in UNLEAK_STATE_DIR",
        ) from None


def folder(state: Path, rotation: str) -> Path:
    """The folder of one rotation."""
    path = state / "rotations" / rotation
    for each in (path.parent, path):  # `parents=True` would make them with the default mode
        each.mkdir(mode=0o700, exist_ok=True)
    return path


def private(path: Path) -> Path:
    """`path`, as a file that only its owner reads; SQLite gives its side files the same mode."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    return path


@contextmanager
def locked(state: Path, rotation: str) -> Iterator[None]:
    """Hold the rotation; RotationError if another process does. The kernel drops it if we die."""
    try:
        import fcntl
    except ImportError:
        hint = "run it on Linux or macOS (or in WSL); scanning works everywhere"
        raise UsageError("rotations need file locks that this system does not have", hint) from None
    with _usable(state):
        file = private(folder(state, rotation) / "lock").open("r+")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = file.read().strip() or "unknown"
            raise RotationError(
                f"rotation {rotation} is being driven by another process (pid {holder})",
                f"see how it goes: unleak incidents show {rotation}",
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
