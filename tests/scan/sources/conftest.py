"""What every test of a source needs: read it, find marked keys in it, and hostile repositories."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from unleak.core.model import Blob, Hit, Location, Skipped
from unleak.core.secret import Secret
from unleak.scan.position import Cursor

KEY = re.compile(rb"acme_[0-9a-z]{8}")


@dataclass(frozen=True)
class Reading:
    """Everything that a source gave."""

    items: list[Blob | Skipped]

    @property
    def blobs(self) -> list[Blob]:
        return [item for item in self.items if isinstance(item, Blob) and not item.preimage]

    @property
    def contents(self) -> set[bytes]:
        return {blob.data for blob in self.blobs}

    @property
    def preimages(self) -> set[bytes]:
        return {item.data for item in self.items if isinstance(item, Blob) and item.preimage}

    @property
    def skipped(self) -> list[Skipped]:
        return [item for item in self.items if isinstance(item, Skipped)]

    @property
    def failed(self) -> list[Skipped]:
        return [item for item in self.skipped if item.failed]

    @property
    def files(self) -> dict[bytes, bytes]:
        """Content by path."""
        return {blob.origin.path: blob.data for blob in self.blobs}

    @property
    def reasons(self) -> dict[bytes, tuple[bool, str]]:
        """Of what was skipped, by path: whether it is a failure, and why."""
        return {skip.origin.path: (skip.failed, skip.reason) for skip in self.skipped}


@pytest.fixture
def read():
    return lambda source: Reading(list(source.blobs()))


@pytest.fixture
def find(make_rule):
    """The hits on `acme_…` keys, as the pipeline makes and resolves them."""
    rule = make_rule()

    def hits(blob: Blob) -> Iterator[Hit]:
        cursor = Cursor(blob.data, blob.start)
        for match in KEY.finditer(blob.data):
            if blob.owned_from <= match.start() < (blob.owned_to or len(blob.data)):
                marker = "unleak:allow" if blob.data[match.end() :].startswith(b" # allow") else ""
                where = Location(blob.origin, cursor.at(match.start()), cursor.at(match.end()), marker)
                secret = Secret(match[0].decode())
                yield Hit(rule, secret, rule.confidence, rule.severity, where, preimage=blob.preimage)

    def run(source) -> list[Hit]:
        found = [hit for item in source.blobs() if isinstance(item, Blob) for hit in hits(item)]
        former = {hit.secret for hit in found if hit.preimage}
        return list(source.resolve([hit for hit in found if hit.secret not in former]))

    return run


@pytest.fixture
def places(find):
    """Where a source finds keys: (key, path, commit or blob id, line, column)."""

    def run(source) -> list[tuple]:
        found = []
        for hit in find(source):
            origin, start = hit.location.origin, hit.location.start
            name = (
                getattr(origin, "commit", None) or getattr(origin, "blob", None) or getattr(origin, "oid", "")
            )
            path = getattr(origin, "path", None)
            found.append((hit.secret.reveal(), path, name, start.line, start.column))
        return found

    return run


@pytest.fixture
def trap(tmp_path: Path) -> tuple[str, Path]:
    """A command that leaves a mark when it is run, and that mark."""
    mark = tmp_path / "ran"
    script = tmp_path / "trap.sh"
    script.write_text(f'#!/bin/sh\necho "$0 $*" >> {mark}\nexit 1\n')
    script.chmod(0o755)
    return str(script), mark


NOBODY = """
import os, sys
import git, subprocess, tempfile  # before: the interpreter's own files may be closed to nobody
from unleak.core.model import Skipped
from unleak.scan import sources
from unleak.scan.sources import index, reachable, tree
os.setgroups([]); os.setgid(65534); os.setuid(65534)
source = getattr(sources, sys.argv[1])(*([[sys.argv[2]]] if sys.argv[1] == "worktree" else [sys.argv[2]]))
for item in source.blobs():
    path = getattr(item.origin, "path", b"").decode()
    if isinstance(item, Skipped):
        print("skipped", path, "failed" if item.failed else "by design", item.reason)
    else:
        print("read", path, item.data.decode().strip())
"""


@pytest.fixture
def as_nobody(tmp_path: Path):
    """Reads a source in a child that is the user `nobody`: root may read everything."""
    if os.getuid() != 0:
        pytest.skip("only root can become nobody")
    for folder in (tmp_path, *tmp_path.parents):
        if folder != Path("/tmp") and folder.owner() == "root" and str(folder).startswith("/tmp/"):
            folder.chmod(0o755)

    def run(kind: str, path: Path) -> list[str]:
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TMPDIR": "/tmp"}
        done = subprocess.run(
            [sys.executable, "-c", NOBODY, kind, str(path)],
            cwd="/",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.stderr
        return done.stdout.splitlines()

    return run
