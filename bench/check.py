"""Holds what `unleak scan --history` says of the history corpus against what was planted in it."""

import json
import subprocess
import sys
import time
from base64 import b64decode
from pathlib import Path

from bench.history import Planted


def check(repository: Path, planted: list[Planted]) -> bool:
    """Scan, compare, print a line a case; True if every place is right."""
    report = repository / "bench-report.jsonl"
    command = [sys.executable, "-m", "unleak", "scan", "--history", str(repository),
               "--format", "jsonl", "--output", str(report), "--reveal"]  # fmt: skip
    started = time.monotonic()
    code = subprocess.run(command, check=False).returncode
    print(f"scan --history: exit {code}, {time.monotonic() - started:.1f} s")
    places = set()
    for line in report.read_text().splitlines():
        finding = json.loads(line)
        for place in finding["locations"]:
            path = b64decode(place["path_bytes"]) if place["path_bytes"] else (place["path"] or "").encode()
            author = (place["author"] or "").split(" <")[0]
            places.add(
                (finding["secret"]["value"], place["commit"], author, path, place["line"], place["column"])
            )
    right = True
    for one in planted:
        found = (one.secret, one.commit, one.author, one.path, one.line, one.column) in places
        right &= found
        print(f"  {'found ' if found else 'MISSED'}  {one.case}")
    return right and code == 1
