"""`python -m bench history` and `python -m bench code`: build a corpus (once) and check what unleak finds in it."""

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import click

from bench import code as corpus_of_code
from bench import compare
from bench.check import check
from bench.history import Planted, build

CORPORA = Path(__file__).parent / "corpora"
MOST = 1.5
"""How many times as long as with the first version's rules a scan may take."""


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


@bench.command()
@click.option("--rounds", default=5, help="How often the times are taken, in alternation.")
def code(rounds: int) -> None:
    """Compare what unleak and betterleaks report of popular packages' code, and how long all rules take."""
    corpus = corpus_of_code.build(CORPORA)
    files, lines = corpus_of_code.size(corpus)
    print(f"{files} files, {lines} lines")
    with tempfile.TemporaryDirectory() as name:
        out, peer_out = Path(name) / "unleak.jsonl", Path(name) / "peer.jsonl"
        scan = compare.unleak(corpus, out)
        first = compare.unleak(
            corpus, Path(name) / "first.jsonl", compare.rules_of(compare.FIRST, Path(name))
        )
        peer = compare.betterleaks(corpus, peer_out)
        slower = compare.ratio(lambda: compare.seconds(scan), lambda: compare.seconds(first), rounds)
        than_peer = compare.ratio(lambda: compare.seconds(scan), lambda: compare.seconds(peer), rounds)
        own, theirs = compare.reported(out), compare.reported_by_peer(peer_out)
    print(f"unleak\n{compare.told(own)}\nbetterleaks\n{compare.told(theirs)}")
    print(f"time: all rules / first version's rules {slower:.2f}, unleak / betterleaks {than_peer:.1f}")
    count = sum(n for (confidence, _), n in own.items() if confidence != "low")
    sys.exit(not (count < theirs.total() and slower <= MOST))


if __name__ == "__main__":
    bench()
