"""Joins the public half of a credential with the secret half that stands nearest."""

from collections.abc import Sequence

from unleak.core.model import Companion
from unleak.scan.patterns import Span, spans


def pair(companion: Companion, data: bytes, halves: Sequence[Span]) -> dict[Span, Span]:
    """For each public half the span of its secret; every secret is used once, nearest pairs first."""
    distances: list[tuple[int, Span, Span]] = []
    for half in halves:
        start = max(half.start - companion.within, 0)
        end = min(half.end + companion.within, len(data))
        for secret in spans(companion.pattern, data, start, end):
            gap = max(secret.value_start - half.end, half.start - secret.value_end)
            if gap >= 0:
                distances.append((gap, half, secret))
    joined: dict[Span, Span] = {}
    for _, half, secret in sorted(distances):
        if half not in joined and secret not in joined.values():
            joined[half] = secret
    return joined
