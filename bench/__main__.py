"""`python -m bench history`: build the history corpus (once) and check what unleak finds in it."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import click

from bench.check import check
from bench.history import Planted, build

CORPORA = Path(__file__).parent / "corpora"


@click.group()
def bench() -> None:
    """Corpora and measurements; everything is kept in bench/corpora."""


@bench.command()
def history() -> None:
    """Build the history corpus if it is not there, and check that every planted secret is found."""
    repository, notes = CORPORA / "history.git", CORPORA / "history.json"
    if not notes.exists():
        planted = build(repository, CORPORA / "packages")
        subprocess.run(["git", "-C", str(repository), "gc", "-q"], check=True)
        notes.write_text(json.dumps([asdict(p) | {"path": p.path.hex()} for p in planted]))
    rows = json.loads(notes.read_text())
    commits = subprocess.run(["git", "-C", str(repository), "rev-list", "--all", "--count"],
                             check=True, capture_output=True, text=True).stdout  # fmt: skip
    print(f"{commits.strip()} commits")
    sys.exit(not check(repository, [Planted(**row | {"path": bytes.fromhex(row["path"])}) for row in rows]))


if __name__ == "__main__":
    bench()
