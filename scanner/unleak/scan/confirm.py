"""From candidates to hits: the rule's whole pattern in a bounded window, then its checks."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from unleak.core.model import Blob, Confidence, Hit, Location, Part, Rule, Severity, Skipped
from unleak.core.secret import Secret
from unleak.scan import binding, pairing
from unleak.scan.checks import CHECKS
from unleak.scan.judging import Judged, judge
from unleak.scan.naming import Naming
from unleak.scan.patterns import Span, spans, width, windows
from unleak.scan.ports import Candidate, Outcome
from unleak.scan.position import Cursor
from unleak.scan.suppress import inline
from unleak.scan.tie import AROUND, Level, Tie, tie

ANONYMOUS = frozenset(
    re.findall(
        r"[\w-]+",
        "generic http-auth jdbc jwt ldap netrc odbc password-hash phpmailer private-key psexec uri",
    )
)
"""Slugs of credentials that do not name their issuer: any rule that does is more specific."""


NAME = 40
"""Bytes before the match of a generic rule that may belong to the name."""
UNBOUND = (90, 0)
"""The closeness of a value whose own shape names its service."""
GUESSED = (0, 0)
"""That of a value whose service the name tells, without the form of its keys."""
PREFIXED = 91
"""That of a value with the prefix of a service's keys that is surely tied to the service."""
NAMED = re.compile(
    r"""(?x) (?: [A-Z]?[a-z]{2,} | [A-Z]{2,} | v?[0-9]{1,4} )
    (?: [0-9]{0,3} [_.-] (?: [A-Z]?[a-z]+ | [A-Z]+ | v?[0-9]{1,4} (?: (?: p | alpha | beta | rc ) [0-9]{0,2} ){0,2} ) )+
    [0-9]{0,3}"""
)
"""Words and versions joined as in the names of files and variables: `merchant_api_v1beta1`, `core-sso-0.8.0`."""
LONGEST_PART = 120
"""Characters of a public part; what is longer is no name."""
PREFIX = re.compile(r"(?:\(\?:)?(?:[A-Za-z0-9]{2,}\\?[-_.:]|[A-Za-z]{5})")
"""A pattern that begins with the prefix of a service's keys, which others may have too (`sk_live_`)."""


def confirm(
    blob: Blob,
    candidates: Iterable[Candidate],
    rules: Sequence[Rule],
    naming: Naming | None = None,
    *,
    honour_markers: bool = True,
) -> list[Hit | Skipped]:
    """The hits among `candidates`, whose offsets are those of `blob.data`, in reading order.

    Of a segment, those whose value begins in the part that it owns. That is decided last: pairs and
    overlapping values on both sides of a border must come out alike in both segments.
    """
    found: list[tuple[Span, Hit]] = []
    failures: list[Hit | Skipped] = []
    cursor = Cursor(blob.data, blob.start)
    ordered = sorted(candidates, key=lambda candidate: (candidate.rule, candidate.at))
    for index, places in groupby(ordered, key=lambda candidate: candidate.rule):
        rule = rules[index]
        try:
            found += _hits(rule, dict(_matches(rule, blob, places)), blob, cursor, honour_markers)
        except TimeoutError:
            failures.append(Skipped(blob.origin, f"rule {rule.id} took too long to match", failed=True))
    named = [(span, hit) for span, first in found if (hit := _named(first, blob, span, naming))]
    return failures + [hit for span, hit in _strongest(named) if _owns(blob, span)]


def _named(hit: Hit, blob: Blob, span: Span, naming: Naming | None) -> Hit | None:
    """`hit` as one of the service that the name tells to which the value is assigned, if its rule tells none."""
    if naming is None or hit.rule.service != "generic":
        return hit
    name = blob.data[max(span.start - NAME, 0) : span.value_start].rpartition(b"\n")[2]
    rule = naming.named(hit.rule, name.decode("utf-8", "replace"), hit.secret.reveal())
    if rule is None:
        return None
    if rule is not hit.rule:
        return replace(hit, rule=rule, closeness=GUESSED)
    return None if hit.doubted or rule.named_only else hit  # nothing but a name makes it a secret


def _owns(blob: Blob, span: Span) -> bool:
    return blob.owned_from <= span.value_start and (blob.owned_to is None or span.value_start < blob.owned_to)


def rank(hit: Hit) -> tuple[int, bool, bool, bool, tuple[int, int], int, int, str]:
    """Orders hits on the same text; the greatest is the most specific one."""
    named = hit.rule.service not in ANONYMOUS and not hit.rule.guest
    confidence = min(hit.confidence, Confidence.MEDIUM) if hit.rule.guest else hit.confidence
    size = len(hit.secret.reveal())
    return (
        confidence,
        named,
        not hit.rule.named_only,
        bool(hit.parts),
        hit.closeness,
        hit.rule.confidence,
        size,
        hit.rule.id,
    )


def _matches(rule: Rule, blob: Blob, places: Iterable[Candidate]) -> Iterator[tuple[Span, Tie | None]]:
    """Distinct matches around `places` (ascending), of a bound rule with how they are tied to it."""
    if not rule.bound:
        reach = width(rule.pattern)
        ends = ((place.at, place.at if place.last else place.at + reach) for place in places)
        around = windows(ends, reach, 2, len(blob.data))
        yield from (
            (span, None) for start, end in around for span in spans(rule.pattern, blob.data, start, end)
        )
        return
    pattern = binding.delimited(rule.pattern)
    for start, end in windows(_reach(rule, places), 0, 0, len(blob.data)):
        for span in spans(pattern, blob.data, start, end):
            if found := tie(rule, blob.data, span):
                yield span, found


def _reach(rule: Rule, places: Iterable[Candidate]) -> list[tuple[int, int]]:
    """Where the values of a bound rule may lie whose surroundings were noticed at `places`."""
    size = width(rule.pattern)
    narrow = binding.GAP + binding.NAME + size
    before, after = AROUND + size, binding.BLOCK + size  # a block lies behind its opening
    return sorted(
        (place.at - before, place.at + after) if place.wide else (place.at - narrow, place.at + narrow)
        for place in places
    )


def _hits(
    rule: Rule, matched: dict[Span, Tie | None], blob: Blob, cursor: Cursor, honour_markers: bool
) -> Iterator[tuple[Span, Hit]]:
    kept = [
        (span, judged)
        for span, tied in matched.items()
        if (judged := judge(rule, _text(blob.data, span))) and _worthwhile(tied, judged)
    ]
    pairs = pairing.pair(rule.companion, blob.data, [span for span, _ in kept]) if rule.companion else {}
    for span, judged in kept:
        secret = pairs.get(span, span)
        if rule.unless and _holds(rule.unless, blob.data, span):
            continue
        location = _locate(blob, secret, cursor, honour_markers)
        parts: tuple[Part, ...] = ()
        value, confidence, severity = judged.value, judged.confidence, judged.severity
        tied = matched[span]
        closeness = (int(tied.level), tied.closeness) if tied else UNBOUND
        if tied and tied.sure and confidence is Confidence.MEDIUM and PREFIX.match(rule.pattern):
            confidence, closeness = Confidence.HIGH, (PREFIXED, tied.closeness)
        if (tied and not tied.sure) or (rule.doubt and _holds(rule.doubt, blob.data, span)):
            confidence = Confidence.LOW
        if rule.companion:
            if secret is span:  # the public half alone is no secret: worth a look, no more
                confidence, severity = Confidence.LOW, Severity.LOW
            else:
                parts = (Part(rule.part, value, _locate(blob, span, cursor, honour_markers)),)
                value = _text(blob.data, secret)
        others = list(pairing.halves(rule.halves, blob.data, secret))
        if {half.name for half in rule.halves if half.required} - {half.name for half, _ in others}:
            continue
        for half, other in others:
            parts += (Part(half.name, _text(blob.data, other), _locate(blob, other, cursor, honour_markers)),)
        if judged.parts:
            parts += _decoded(judged.parts, parts, _locate(blob, span, cursor, honour_markers))
        yield (
            secret,
            Hit(
                rule,
                Secret(value),
                confidence,
                severity,
                location,
                parts,
                blob.preimage,
                closeness,
                judged.doubted,
            ),
        )


def _decoded(found: Mapping[str, str], known: Sequence[Part], location: Location) -> tuple[Part, ...]:
    """The parts that checks read out of the value at `location`; the text around it tells better."""
    names = {part.name for part in known}
    return tuple(
        Part(name, text, location)
        for name, text in found.items()
        if name not in names and text.isprintable() and 0 < len(text) <= LONGEST_PART
    )


def _worthwhile(tied: Tie | None, judged: Judged) -> bool:
    """Whether a value that merely stands near its service's name looks random: around names, most text is words."""
    if tied is None or tied.level > Level.PLACE:
        return True
    return not NAMED.fullmatch(judged.value) and CHECKS["mixed"](judged.value).outcome is not Outcome.REJECTED


def _holds(pattern: str, data: bytes, span: Span) -> bool:
    """Whether `pattern` matches within the match."""
    return any(found.end <= span.end for found in spans(pattern, data, span.start, span.end + 1))


def _text(data: bytes, span: Span) -> str:
    return data[span.value_start : span.value_end].decode("utf-8", "surrogateescape")


def _locate(blob: Blob, span: Span, cursor: Cursor, honour_markers: bool) -> Location:
    marker = inline.marker(blob.data, span.start, span.end) if honour_markers else ""
    return Location(blob.origin, cursor.at(span.value_start), cursor.at(span.value_end), marker)


def _strongest(found: list[tuple[Span, Hit]]) -> list[tuple[Span, Hit]]:
    """Where the values of several rules overlap, the most specific hit alone; in reading order.

    Of guests, those that hide nothing: what they find is new, or said more exactly of the very same text.
    """
    guests = _apart([pair for pair in found if pair[1].rule.guest])
    kept = _apart([pair for pair in found if not pair[1].rule.guest])
    for span, hit in guests:
        touching = [pair for pair in kept if _touch(pair[0], span)]
        if touching and touching[0][0][2:] == span[2:] and rank(touching[0][1]) < rank(hit):
            kept.remove(touching.pop())
        if not touching:
            kept.append((span, hit))
    return sorted(kept, key=lambda pair: pair[0].value_start) if guests else kept


def _touch(one: Span, other: Span) -> bool:
    """Whether the values overlap."""
    return one.value_start < other.value_end and other.value_start < one.value_end


def _apart(found: list[tuple[Span, Hit]]) -> list[tuple[Span, Hit]]:
    kept: list[tuple[Span, Hit]] = []
    for span, hit in sorted(found, key=lambda pair: (pair[0].value_start, pair[0].value_end)):
        while kept and kept[-1][0].value_end > span.value_start:
            if rank(kept[-1][1]) >= rank(hit):
                break
            kept.pop()
        else:
            kept.append((span, hit))
    return kept
