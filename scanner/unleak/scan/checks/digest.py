"""Hashes: commits, checksums and cache keys have the form of some older keys, and are everywhere."""

import re

from unleak.scan.ports import Outcome, Verdict

HASH = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9A-F]{32}|[0-9A-F]{40}|[0-9A-F]{64}")


def check(value: str) -> Verdict:
    """Rejected if all of it is a hash in hexadecimal."""
    return Verdict(Outcome.REJECTED if HASH.fullmatch(value) else Outcome.PLAUSIBLE)
