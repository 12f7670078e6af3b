"""Comments beside a secret that say it is known to be harmless."""

MARKERS = (b"unleak:allow", b"gitleaks:allow", b"pragma: allowlist secret")
REACH = 1000
"""How far from the match, in bytes of the same line, a marker counts (a minified file is one line)."""


def marker(data: bytes, start: int, end: int) -> str:
    """The marker on the lines of `data[start:end]`, or an empty string."""
    before = max(start - REACH, 0)
    before = max(before, data.rfind(b"\n", before, start) + 1)
    newline = data.find(b"\n", end, end + REACH)
    after = end + REACH if newline < 0 else newline
    line = data[before:after].lower()  # a search that ignores case takes 30 times as long
    return next((marker.decode() for marker in MARKERS if marker in line), "")
