"""Joins the public half of a credential with the secret half that stands nearest."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from unleak.core.model import Companion
from unleak.scan.patterns import Span, spans, windows


def pair(companion: Companion, data: bytes, halves: Sequence[Span]) -> dict[Span, Span]:
    """For each public half the span of its secret; every secret is used once, nearest pairs first."""
    secrets = _secrets(companion, data, halves)
    starts = [secret.start for secret in secrets]
    distances: list[tuple[int, Span, Span]] = []
    for half in halves:
        first = bisect_left(starts, half.start - companion.within)
        for secret in secrets[first : bisect_right(starts, half.end + companion.within)]:
            gap = max(secret.value_start - half.end, half.start - secret.value_end)
            if gap >= 0 and secret.end <= half.end + companion.within:
                distances.append((gap, half, secret))
    joined: dict[Span, Span] = {}
    taken: set[Span] = set()
    for _, half, secret in sorted(distances):
        if half not in joined and secret not in taken:
            joined[half] = secret
            taken.add(secret)
    return joined


def halves(wanted: Sequence[Companion], data: bytes, secret: Span) -> Iterator[tuple[Companion, Span]]:
    """For each of the public halves the nearest text that may be it: outside `secret`, or inside if `within` is 0."""
    for half in wanted:
        if half.within == 0:
            inside = spans(half.pattern, data, secret.value_start, min(secret.value_end + 1, len(data)))
            yield from ((half, span) for span in list(inside)[:1])
            continue
        around = windows([(secret.start, secret.end)], half.within, half.within, len(data))
        found = [span for start, end in around for span in spans(half.pattern, data, start, end)]
        apart = [
            span
            for span in found
            if span.value_end <= secret.value_start or span.value_start >= secret.value_end
        ]
        if apart:
            yield half, min(apart, key=lambda span: _gap(span, secret))


def _gap(one: Span, other: Span) -> int:
    return max(one.value_start - other.value_end, other.value_start - one.value_end)


def _secrets(companion: Companion, data: bytes, halves: Sequence[Span]) -> list[Span]:
    """What may be a secret half around `halves`, each once, in order."""
    places = [(half.start, half.end) for half in halves]
    around = windows(places, companion.within, companion.within, len(data))
    return [secret for start, end in around for secret in spans(companion.pattern, data, start, end)]
