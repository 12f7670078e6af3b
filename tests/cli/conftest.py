"""`unleak scan` in a child process, and a repository with a different key at each place."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

from unleak.scan.examples import expand

KEYS = [expand("ghp_${github_checksummed}", seed) for seed in range(10)]
LINE = "token = {}\n"


@dataclass(frozen=True)
class Ran:
    """How a call ended."""

    code: int
    out: str
    err: str

    def keys(self) -> list[int]:
        """Which of KEYS were found, by their number; the output is of --format jsonl --reveal."""
        return sorted(KEYS.index(json.loads(line)["secret"]["value"]) for line in self.out.splitlines())


@pytest.fixture
def scan(tmp_path):
    """Runs `unleak scan` in a child, by default in `tmp_path`."""

    def run(
        *arguments, given: bytes | None = None, cwd=tmp_path, start=("-m", "unleak"), **environment
    ) -> Ran:
        settings = {name: text for name, text in (os.environ | environment).items() if text is not None}
        done = subprocess.run(
            [sys.executable, *start, "scan", *map(str, arguments)], cwd=cwd, env=settings, check=False,
            input=given, stdin=None if given is not None else subprocess.DEVNULL, capture_output=True,
        )  # fmt: skip
        return Ran(
            done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        )

    return run


@pytest.fixture
def found(scan):
    """Which of KEYS a scan finds, with its exit code."""

    def run(*arguments, **more):
        ran = scan("--format", "jsonl", "--reveal", *arguments, **more)
        return ran.code, ran.keys()

    return run


@pytest.fixture
def leaky(repo, tmp_path):
    """A repository with a different key at each place, and a remote that knows its first commit."""
    repo.write("old", LINE.format(KEYS[0]))
    first = repo.commit("first")
    subprocess.run(["git", "clone", "-q", "--bare", str(repo.path), str(tmp_path / "remote")], check=True)
    repo.git("remote", "add", "origin", str(tmp_path / "remote"))
    repo.git("fetch", "-q", "origin", GIT_ALLOW_PROTOCOL="file")
    repo.write("old", "clean\n")
    repo.write("dir/new", LINE.format(KEYS[1]))
    repo.commit("second")
    repo.write("dir/staged", LINE.format(KEYS[2]))
    repo.git("add", "-A")
    repo.write("dir/loose", LINE.format(KEYS[3]))
    repo.write(".gitignore", "ignored\n")
    repo.write("ignored", LINE.format(KEYS[4]))
    blob = repo.git("hash-object", "-w", "--stdin", input=LINE.format(KEYS[5]).encode())
    assert blob
    repo.first = first
    return repo
