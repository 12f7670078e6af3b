"""The scan itself: blobs from a source, candidates, hits, findings."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from unleak.core.fingerprint import fingerprints
from unleak.core.model import Blob, Confidence, Finding, Hit, Skipped
from unleak.scan.confirm import ANONYMOUS, confirm, rank
from unleak.scan.decoding import Buffer, Decoding, Text
from unleak.scan.naming import Naming
from unleak.scan.outward import Outward, merged
from unleak.scan.ports import Candidate, Matcher, Source, Summary
from unleak.scan.ruleset import RuleSet
from unleak.scan.unpacking import is_text, unpacked

OVERFULL = "it holds more encoded text within encoded text than is decoded"
BATCH = 4 << 20
"""Bytes of small blobs that are searched in one call, to keep Python out of the hot path."""


@dataclass(slots=True)
class Scan:
    """One run over one source. `summary` grows while it runs, so that progress can be shown."""

    source: Source
    ruleset: RuleSet
    matcher: Matcher
    summary: Summary
    honour_markers: bool = True
    reported_from: Confidence = Confidence.LOW
    """Findings of less confidence are counted and left out; fingerprints cost time."""
    naming: Naming | None = None
    decoding: Decoding = field(default_factory=Decoding)

    def run(self) -> list[Finding]:
        """All findings, the most severe first. Ctrl-C ends it early: see `summary.interrupted`."""
        hits: list[Hit] = []
        try:
            for some in self._hits():
                hits += some
        except KeyboardInterrupt:
            self.summary.interrupted = True
        known = {hit.secret for hit in hits if hit.preimage}
        fresh = [hit for hit in hits if hit.secret not in known]
        return self._report(group(self.source.resolve(fresh)))

    def _hits(self) -> Iterator[Iterable[Hit]]:
        """The hits of every batch. While the next one is read, a thread looks for what is encoded in it."""
        rest: Callable[[], Iterable[Hit]] = list
        for batch in self._batches():
            yield rest()
            rest = self._search(batch)
        yield rest()

    def _batches(self) -> Iterator[list[Blob]]:
        """Blobs in lists of about BATCH bytes; after Ctrl-C, those that were read until then."""
        batch: list[Blob] = []
        size = 0
        try:
            for blob in self._read():
                batch.append(blob)
                size += len(blob.data)
                if size >= BATCH:
                    yield batch
                    batch, size = [], 0
        except KeyboardInterrupt:
            self.summary.interrupted = True
        yield batch

    def _read(self) -> Iterator[Blob]:
        """Blobs of the source and what is packed in them; those of the source are counted."""
        for item in unpacked(self._counted()):
            if isinstance(item, Skipped):
                self.summary.skipped.append(item)
            else:
                yield item

    def _counted(self) -> Iterator[Blob | Skipped]:
        for item in self.source.blobs():
            if isinstance(item, Blob):
                self.summary.reading = item.origin
                self.summary.blobs += item.start.offset == 0 and not item.preimage
                self.summary.bytes += len(item.data)
            yield item

    def _search(self, batch: Sequence[Blob]) -> Callable[[], Iterator[Hit]]:
        """Begins to search `batch`; the result gives the hits in it and in what is encoded in it."""
        everything = Buffer([Text(blob.data, number) for number, blob in enumerate(batch)])
        legible = [text for text in everything.texts if is_text(text.data)]
        buffer = everything if len(legible) == len(batch) else Buffer(legible)
        levels = self.decoding.begin(buffer)
        found = {number: list(hits) for number, hits in self._matched(everything, batch)}

        def hits() -> Iterator[Hit]:
            inside = self._decoded(batch, levels())
            for number in sorted(self.decoding.cut):
                self.summary.skipped.append(Skipped(batch[number].origin, OVERFULL, failed=True))
            for number in sorted({*found, *inside}):
                yield from merged(found.get(number, []), inside.get(number, []))

        return hits

    def _decoded(self, batch: Sequence[Blob], levels: Iterable[Sequence[Text]]) -> dict[int, list[Hit]]:
        """The hits in texts that were decoded, by the number of the blob that each stands in."""
        found: dict[int, list[Hit]] = {}
        outward = [Outward(blob) for blob in batch]
        for texts in levels:
            blobs = [outward[text.index].inner(text.data) for text in texts]
            for number, hits in self._matched(Buffer(texts), blobs):
                text = texts[number]
                credible = outward[text.index].credible(hits, text, self.honour_markers)
                found.setdefault(text.index, []).extend(credible)
        return found

    def _matched(self, buffer: Buffer, blobs: Sequence[Blob]) -> Iterator[tuple[int, Iterable[Hit]]]:
        """The hits in the texts of `buffer`, which are those of `blobs`, by their number."""
        places: dict[int, list[Candidate]] = {}
        for candidate in self.matcher.candidates(buffer.data):
            number = bisect_right(buffer.starts, candidate.at) - 1
            places.setdefault(number, []).append(candidate._replace(at=candidate.at - buffer.starts[number]))
        for number in sorted(places):
            yield number, self._confirm(blobs[number], places[number])

    def _confirm(self, blob: Blob, candidates: Iterable[Candidate]) -> Iterator[Hit]:
        self.naming = self.naming or Naming(self.ruleset.rules)
        rules, naming = self.ruleset.rules, self.naming
        for result in confirm(blob, candidates, rules, naming, honour_markers=self.honour_markers):
            if isinstance(result, Skipped):
                self.summary.skipped.append(result)
            else:
                yield result

    def _report(self, groups: Iterable[list[Hit]]) -> list[Finding]:
        """Findings of the groups that are to be reported; counts all of them."""
        reported: list[tuple[Hit, list[Hit]]] = []
        for hits in groups:
            best = max(hits, key=rank)
            suppressed = all(hit.location.suppression for hit in hits)
            if suppressed:
                self.summary.suppressed += 1
            elif best.confidence >= self.summary.threshold:
                self.summary.findings += 1
            else:
                self.summary.below += 1
            if best.confidence >= self.reported_from:
                reported.append((best, hits))
        names = fingerprints([best.secret.reveal() for best, _ in reported])
        found = [finding(best, hits, name) for (best, hits), name in zip(reported, names, strict=True)]
        return sorted(found, key=_order)


def group(hits: Iterable[Hit]) -> Iterable[list[Hit]]:
    """Hits of the same secret together, in the order of their first appearance.

    Where nothing but names near it ties the secret to several services, each has a group of its own.
    """
    groups: dict[str, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(hit.secret.reveal(), []).append(hit)
    for found in groups.values():
        services = {hit.rule.service for hit in found} - ANONYMOUS
        if len(services) < 2 or not all(
            hit.rule.bound or hit.rule.id.startswith("generic.") for hit in found
        ):
            yield found
            continue
        for service in dict.fromkeys(hit.rule.service for hit in found):
            yield [hit for hit in found if hit.rule.service == service]


def finding(best: Hit, hits: Sequence[Hit], fingerprint: str) -> Finding:
    """The finding of one secret from all its hits, of which `best` is the most telling."""
    locations = list(dict.fromkeys(hit.location for hit in hits))
    return Finding(
        rule=best.rule,
        secret=best.secret,
        parts=best.parts,
        confidence=best.confidence,
        severity=best.severity,
        fingerprint=fingerprint,
        locations=tuple(locations),
    )


_SEVERITIES = ("critical", "high", "medium", "low")


def _order(found: Finding) -> tuple[int, int, str, str]:
    return (_SEVERITIES.index(found.severity), -found.confidence, found.rule.id, found.fingerprint)
