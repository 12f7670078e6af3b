"""Comments beside a secret that say it is known to be harmless."""

import re

MARKERS = (b"unleak:allow", b"gitleaks:allow", b"pragma: allowlist secret")
REACH = 1000
"""How far from the match, in bytes of the same line, a marker counts (a minified file is one line)."""

_ANY = re.compile(b"|".join(re.escape(marker) for marker in MARKERS), re.IGNORECASE)


def marker(data: bytes, start: int, end: int) -> str:
    """The marker on the lines of `data[start:end]`, or an empty string."""
    before = max(start - REACH, 0, data.rfind(b"\n", 0, start) + 1)
    newline = data.find(b"\n", end)
    after = min(end + REACH, len(data) if newline < 0 else newline)
    found = _ANY.search(data, before, after)
    return found.group().decode().lower() if found else ""
