"""The scan itself: blobs from a source, candidates, hits, findings."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from unleak.core.fingerprint import fingerprints
from unleak.core.model import Blob, Confidence, Finding, Hit, Skipped
from unleak.scan.confirm import ANONYMOUS, confirm, rank
from unleak.scan.naming import Naming
from unleak.scan.ports import Candidate, Matcher, Source, Summary
from unleak.scan.ruleset import RuleSet

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

    def run(self) -> list[Finding]:
        """All findings, the most severe first. Ctrl-C ends it early: see `summary.interrupted`."""
        hits: list[Hit] = []
        try:
            for batch in self._batches():
                hits += self._search(batch)
        except KeyboardInterrupt:
            self.summary.interrupted = True
        known = {hit.secret for hit in hits if hit.preimage}
        fresh = [hit for hit in hits if hit.secret not in known]
        return self._report(group(self.source.resolve(fresh)))

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
        """Blobs of the source, counted."""
        for item in self.source.blobs():
            if isinstance(item, Skipped):
                self.summary.skipped.append(item)
                continue
            self.summary.reading = item.origin
            self.summary.blobs += item.start.offset == 0 and not item.preimage
            self.summary.bytes += len(item.data)
            yield item

    def _search(self, batch: Sequence[Blob]) -> Iterator[Hit]:
        """Hits in `batch`, which is searched as one buffer."""
        if not batch:
            return
        data = batch[0].data if len(batch) == 1 else b"\n".join(blob.data for blob in batch)
        starts = [0]
        for blob in batch:
            starts.append(starts[-1] + len(blob.data) + 1)
        places: dict[int, list[Candidate]] = {}
        for candidate in self.matcher.candidates(data):
            index = bisect_right(starts, candidate.at) - 1
            places.setdefault(index, []).append(candidate._replace(at=candidate.at - starts[index]))
        for index in sorted(places):
            yield from self._confirm(batch[index], places[index])

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
