"""Files that may be thrown away at any time, in the user's cache directory."""

import hashlib
import os
import tempfile
from pathlib import Path

_DIGEST = hashlib.sha256().digest_size


def directory() -> Path:
    """Where cached files are kept: `$XDG_CACHE_HOME/unleak` or `~/.cache/unleak`."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "unleak"


def read(name: str) -> bytes | None:
    """The content stored under `name`; None if there is none, or if it is damaged."""
    try:
        stored = (directory() / name).read_bytes()
    except OSError:
        return None
    digest, data = stored[:_DIGEST], stored[_DIGEST:]
    return data if hashlib.sha256(data).digest() == digest else None


def write(name: str, data: bytes) -> bool:
    """Store `data` under `name` in one step. False if the directory cannot be written."""
    target = directory()
    try:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(data).digest() + data)
            os.replace(temporary, target / name)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError:
        return False
    return True
