"""Writes a repository quickly, through `git fast-import`."""

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

FIRST_COMMIT = 1_500_000_000
"""Of the first commit, in seconds since 1970; every commit is ten minutes later."""


@dataclass(frozen=True, slots=True)
class Made:
    """A commit that was written."""

    mark: int
    author: str
    seconds: int


class FastImport:
    """One stream of commits. Leaving the context waits until git has written everything."""

    def __init__(self, repository: Path) -> None:
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(repository)], check=True)
        self.repository = repository
        self.marks = repository / "bench-marks"
        self.commits = 0

    def __enter__(self) -> "FastImport":
        command = ["git", "fast-import", "--quiet", f"--export-marks={self.marks}"]
        self._process = subprocess.Popen(command, cwd=self.repository, stdin=subprocess.PIPE)
        assert self._process.stdin is not None
        self._stream: IO[bytes] = self._process.stdin
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        if self._process.wait():
            raise RuntimeError("git fast-import failed")

    def commit(
        self, changes: Mapping[bytes, bytes | None], message: str, branch: str = "main",
        parents: Iterable[Made] = (),
    ) -> Made:  # fmt: skip
        """Write one commit: `changes` maps paths to contents, None deletes. The first parent is the branch."""
        self.commits += 1
        made = Made(self.commits, f"Author {self.commits % 17}", FIRST_COMMIT + 600 * self.commits)
        who = f"{made.author} <author{self.commits % 17}@example.org> {made.seconds} +0000"
        self._line(f"commit refs/heads/{branch}\nmark :{made.mark}\nauthor {who}\ncommitter {who}")
        self._data(message.encode())
        for number, parent in enumerate(parents):
            self._line(f"{'merge' if number else 'from'} :{parent.mark}")
        for path, content in changes.items():
            name = b'"' + b"".join(_escaped(byte) for byte in path) + b'"'
            if content is None:
                self._stream.write(b"D " + name + b"\n")
            else:
                self._stream.write(b"M 100644 inline " + name + b"\n")
                self._data(content)
        return made

    def _line(self, text: str) -> None:
        self._stream.write(text.encode() + b"\n")

    def _data(self, content: bytes) -> None:
        self._stream.write(b"data %d\n" % len(content))
        self._stream.write(content)
        self._stream.write(b"\n")

    def ids(self) -> dict[int, str]:
        """Commit ids by mark, once the stream is closed."""
        pairs = (line.split() for line in self.marks.read_text().splitlines())
        return {int(mark[1:]): oid for mark, oid in pairs}


def _escaped(byte: int) -> bytes:
    return bytes([byte]) if 32 <= byte < 127 and byte not in b'"\\' else b"\\%03o" % byte
