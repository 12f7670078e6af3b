"""The one module that runs git.

A scanned repository is hostile: its configuration may name commands (fsmonitor, hooks, filters,
textconv, ssh commands, upload-pack of a partial clone) and its reference data may lie (grafts,
replace refs, a commit-graph). Only plumbing is called that runs none of these, under settings that
switch off what plumbing might still start, and no transport is allowed, so a missing object is
never fetched.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import IO, cast

from unleak.core.errors import ScanError, UsageError
from unleak.scan.sources.neutral import SETTINGS, environment

OLDEST = (2, 32)
"""The first git that knows GIT_CONFIG_GLOBAL."""

BUFFER = 1 << 20


def printable(text: bytes, limit: int = 200) -> str:
    """The first line of `text`, without anything that a terminal would obey."""
    line = text.strip().split(b"\n", 1)[0].decode("utf-8", "replace")[:limit]
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in line)


def complaint(said: bytes) -> str:
    """Why git ended, from what it wrote on standard error; made printable, without values it quotes."""
    told = re.search(rb"^(?:fatal|error): .*", said, re.MULTILINE)
    reason = re.sub(rb"(value|line) '.*?'", rb"\1 '...'", told[0] if told else said)
    return printable(reason) or "it gave no reason"


def here(path: str) -> bool:
    """Whether `path` is the current directory, the one that an outer git speaks of."""
    try:
        return os.path.samefile(path, os.curdir)
    except OSError:
        return False


class GitError(ScanError):
    """git ended with an error; the message holds its own reason, made printable."""


@dataclass(frozen=True, slots=True)
class Git:
    """git in one directory. Paths and ids are bytes on its pipes; ids are hexadecimal."""

    root: str
    """The directory, as the user named it."""
    own: bool = False
    """Whether it is the repository that an outer git (of a hook) speaks of."""

    def command(self, *arguments: str | bytes) -> list[str | bytes]:
        """The whole command line."""
        settings = [part for setting in SETTINGS for part in ("-c", setting)]
        return ["git", "--no-pager", *settings, *arguments]

    def run(self, *arguments: str | bytes, given: bytes = b"") -> bytes:
        """Its whole output, for what is known to be small. Raises GitError."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.root,
            env=environment(self.own),
            input=given,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise failure(arguments, done.stderr)
        return done.stdout

    def spool(self, *arguments: str | bytes, given: IO[bytes] | None = None) -> IO[bytes]:
        """Its output as an unnamed file, at the beginning; the caller closes it. Raises GitError."""
        output = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._fill(output, arguments, given)
        except BaseException:
            output.close()
            raise
        output.seek(0)
        return output

    def _fill(self, output: IO[bytes], arguments: Sequence[str | bytes], given: IO[bytes] | None) -> None:
        with tempfile.TemporaryFile() as errors:
            done = subprocess.run(
                self.command(*arguments),
                cwd=self.root,
                env=environment(self.own),
                stdin=given or subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                check=False,
            )
            if done.returncode:
                raise failure(arguments, _last(errors))

    @contextmanager
    def process(self, *arguments: str | bytes, given: IO[bytes] | None = None) -> Iterator["Running"]:
        """A running git that reads `given` and whose output is streamed; killed if it has not ended."""
        with tempfile.TemporaryFile() as errors:
            child = subprocess.Popen(
                self.command(*arguments),
                cwd=self.root,
                env=environment(self.own),
                stdin=given or subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                bufsize=BUFFER,
            )
            out = cast(IO[bytes], child.stdout)
            try:
                yield Running(out, child, errors)
            finally:
                child.kill()
                out.close()
                child.wait()


@dataclass(frozen=True, slots=True)
class Running:
    """A running git."""

    out: IO[bytes]
    child: subprocess.Popen[bytes]
    errors: IO[bytes]

    def end(self) -> int:
        """Waits for it, after its output was read to the end; its exit code."""
        return self.child.wait()

    def said(self) -> bytes:
        """What it wrote on standard error (of much, the end)."""
        return _last(self.errors)


def _last(file: IO[bytes], size: int = 1 << 16) -> bytes:
    end = file.seek(0, os.SEEK_END)
    file.seek(max(end - size, 0))
    return file.read()


def failure(arguments: Sequence[str | bytes], said: bytes) -> GitError:
    """The error for a git that was called with `arguments` and wrote `said`."""
    name = arguments[0] if isinstance(arguments[0], str) else arguments[0].decode()
    return GitError(f"git {name} failed: {complaint(said)}")


@cache
def require_git() -> None:
    """Raises UsageError unless a git that is new enough can be run."""
    try:
        said = subprocess.run(
            ["git", "version"], env=environment(False), capture_output=True, check=False
        ).stdout
    except OSError:
        raise UsageError("git cannot be run.", "Install git, or see that it is on PATH.") from None
    numbers = re.search(rb"(\d+)\.(\d+)", said)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise UsageError(f"This git is older than {oldest}.", "Install a newer git.")
