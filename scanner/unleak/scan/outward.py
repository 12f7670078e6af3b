"""From hits in decoded text to hits in the text that it stands in."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from unleak.core.model import Blob, Confidence, Hit, Location
from unleak.scan.confirm import rank
from unleak.scan.decoding import Text
from unleak.scan.position import Cursor
from unleak.scan.suppress import inline


class Outward:
    """One blob and the way to it from texts that were decoded from it."""

    def __init__(self, blob: Blob) -> None:
        self._blob = blob
        self._cursor: Cursor | None = None
        """Made for the first hit: few blobs have one."""

    def inner(self, data: bytes) -> Blob:
        """A blob of decoded text."""
        return Blob(self._blob.origin, data, preimage=self._blob.preimage)

    def credible(self, hits: Iterable[Hit], text: Text, honour_markers: bool) -> Iterator[Hit]:
        """Those of `hits` that would not be without decoding, at their places in the blob.

        Hits of low confidence are left out: much that is no text decodes to something.
        """
        for hit in hits:
            locations = [hit.location, *(part.location for part in hit.parts)]
            places = [(location.start.offset, location.end.offset) for location in locations]
            known = all(text.complete(*place) for place in places)
            if hit.confidence > Confidence.LOW and known and any(text.touches(*place) for place in places):
                moved = self._moved(hit, text, honour_markers)
                if self._owns(moved):
                    yield moved

    def _moved(self, hit: Hit, text: Text, honour_markers: bool) -> Hit:
        parts = tuple(
            replace(part, location=self._location(part.location, text, honour_markers)) for part in hit.parts
        )
        return replace(hit, location=self._location(hit.location, text, honour_markers), parts=parts)

    def _location(self, inner: Location, text: Text, honour_markers: bool) -> Location:
        start, end = text.place(inner.start.offset, inner.end.offset)
        self._cursor = self._cursor or Cursor(self._blob.data, self._blob.start)
        marker = inner.suppression
        if honour_markers and not marker:
            marker = inline.marker(self._blob.data, start, end)
        return Location(self._blob.origin, self._cursor.at(start), self._cursor.at(end), marker)

    def _owns(self, hit: Hit) -> bool:
        at = hit.location.start.offset - self._blob.start.offset
        return self._blob.owned_from <= at and (self._blob.owned_to is None or at < self._blob.owned_to)


def merged(plain: Sequence[Hit], decoded: Sequence[Hit]) -> list[Hit]:
    """All hits of one blob: of a plain and a decoded one at the same place the more specific alone.

    Of two decoded ones with the same secret there the first. Both lists are those of one blob.
    """
    if not decoded:
        return list(plain)
    kept: list[Hit] = []
    seen: set[tuple[int, str]] = set()
    hidden: set[int] = set()
    by_place = _Places(plain)
    for hit in sorted(decoded, key=lambda hit: hit.location.start.offset):
        rivals = list(by_place.overlapping(hit))
        key = (hit.location.start.offset, hit.secret.reveal())
        if key in seen or any(rank(plain[rival]) >= rank(hit) for rival in rivals):
            continue
        seen.add(key)
        hidden.update(rivals)
        kept.append(hit)
    return [*(hit for index, hit in enumerate(plain) if index not in hidden), *kept]


class _Places:
    """Finds hits by their offsets. Hits of one blob do not overlap one another."""

    def __init__(self, hits: Sequence[Hit]) -> None:
        spans = sorted(
            (hit.location.start.offset, hit.location.end.offset, index) for index, hit in enumerate(hits)
        )
        self._starts = [start for start, _, _ in spans]
        self._ends = [end for _, end, _ in spans]
        self._indices = [index for _, _, index in spans]

    def overlapping(self, hit: Hit) -> Sequence[int]:
        """The indices of the hits that share a byte with `hit`."""
        first = bisect_right(self._ends, hit.location.start.offset)
        return self._indices[first : bisect_left(self._starts, hit.location.end.offset)]
