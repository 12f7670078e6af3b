"""The history corpus: the releases of Django, one changed file a commit, and secrets planted in it.

`build` makes a bare repository of some 20,000 commits and returns what has to be found in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.fast_import import FastImport, Made
from bench.packages import DJANGO, files, wheel
from unleak.scan.examples import expand

LARGE = 200 << 20
"""Bytes of the large file."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A secret in the history, and where unleak has to say that it stands."""

    case: str
    secret: str
    commit: str
    author: str
    path: bytes
    line: int
    column: int


def build(repository: Path, downloads: Path) -> list[Planted]:
    """Make the corpus at `repository`, which must not exist."""
    planted: list[tuple[str, str, Made, bytes, int, int]] = []
    with FastImport(repository) as stream:
        head: Made | None = None
        half = len(DJANGO) // 2
        for number, release in enumerate(DJANGO):
            for path, content in _changes(release, DJANGO[number - 1] if number else None, downloads):
                parents = [head] if head else []
                head = stream.commit({path: content}, f"{release}: {path.decode()}", parents=parents)
            if number == half:
                assert head is not None
                head, planted = _plant(stream, head)
    ids = stream.ids()
    return [
        Planted(case, secret, ids[made.mark], made.author, path, line, column)
        for case, secret, made, path, line, column in planted
    ]


def _changes(release: str, before: str | None, downloads: Path) -> Iterator[tuple[bytes, bytes | None]]:
    """What changed between two releases, by path."""
    new = dict(files(wheel("django", release, downloads)))
    old = dict(files(wheel("django", before, downloads))) if before else {}
    for path in sorted(new.keys() | old.keys()):
        if new.get(path) != old.get(path):
            yield path.encode(), new.get(path)


def _token(seed: int) -> str:
    return expand("ghp_${github_checksummed}", seed)


def _plant(stream: FastImport, head: Made) -> tuple[Made, list[tuple[str, str, Made, bytes, int, int]]]:
    """Plant a secret for every case; later commits of the corpus keep none of the files' traces."""
    planted = []
    cases: dict[str, tuple[bytes, bytes, int, int]] = {
        "CRLF": (b"plant/crlf.ini", b"[a]\r\nx = 1\r\nkey = %s\r\n", 3, 7),
        "UTF-8 with BOM": (b"plant/bom.txt", b"\xef\xbb\xbfkey=%s\n", 1, 5),
        "no final newline": (b"plant/last.txt", b"one\ntwo\nkey=%s", 3, 5),
        "path with spaces, newlines, no UTF-8": (b"plant/a b\nc\xff\t.py", "é = '%s'\n".encode(), 1, 6),
        "deleted file": (b"plant/deleted.py", b"key = '%s'\n", 1, 8),
        "renamed file": (b"plant/old name.py", b"# a\nkey = '%s'\n", 2, 8),
    }
    for number, (case, (path, content, line, column)) in enumerate(cases.items()):
        secret = _token(number)
        head = stream.commit({path: content % secret.encode()}, f"plant: {case}", parents=[head])
        planted.append((case, secret, head, path, line, column))
        if case == "deleted file":
            head = stream.commit({path: None}, "remove it", parents=[head])
        if case == "renamed file":
            moved = b"plant/new name.py"
            changes = {path: None, moved: content % secret.encode() + b"# more\n"}
            head = stream.commit(changes, "rename it", parents=[head])
            planted.append((f"{case}, its new name", secret, head, moved, line, column))
    secret = _token(100)
    side = stream.commit({b"side.txt": b"side\n"}, "on a branch", branch="side", parents=[head])
    head = stream.commit({b"main.txt": b"main\n"}, "on main", parents=[head])
    evil = {b"plant/merge.py": b"only = '%s'\n" % secret.encode()}
    head = stream.commit(evil, "merge the branch", parents=[head, side])
    planted.append(("merge commit only", secret, head, b"plant/merge.py", 1, 9))
    secret = _token(101)
    content, line = _large(secret)
    head = stream.commit({b"plant/large.log": content}, "a large file", parents=[head])
    planted.append((f"file of {LARGE >> 20} MB", secret, head, b"plant/large.log", line, 13))
    return head, planted


def _large(secret: str) -> tuple[bytes, int]:
    """A log of LARGE bytes with the secret near its middle, and its line."""
    row = b"2026-01-01T00:00:00Z INFO request served in 12 ms, status 200, path /index.html\n"
    rows = LARGE // len(row)
    half = rows // 2
    return row * half + b"password = '%s'\n" % secret.encode() + row * (rows - half), half + 1
