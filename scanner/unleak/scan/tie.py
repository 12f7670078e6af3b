"""Says how a value is tied to the service of a bound rule: by its name, a request, its place, or nearness."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from unleak.core.model import Rule
from unleak.scan import binding
from unleak.scan.patterns import Span

AROUND = 300
"""Bytes before and after a value in which the address of its request may stand."""
LABEL = 32
"""Bytes before a value and its service's name in which a word for a credential may stand."""
ABOVE = 900
"""Bytes before a value in which the blocks open that it stands in."""

CREDENTIAL = re.compile(
    rf"""(?x) (?: {binding.NOUN} {binding.TAIL} {binding.ANNOTATION} {binding.BRIDGE} {binding.LINK}
      | (?i: bearer | basic | token | apikey | authorization: ) [\ ]{{1,3}}
      | [\ ] (?: -u | --user ) [\ =]? ["']? ) {binding.SCHEME} \Z""".encode()
)
"""Before a value: the name of a credential, or what sends one."""
NOUN = re.compile(rf"(?x) {binding.NOUN}".encode())
OPENS = re.compile(rb"[:={\[(|>][ \t\r]*\Z")
"""The end of a line that opens a block."""
WORDS = re.compile(rb"[A-Za-z]{2}")
HASHED = re.compile(
    rb"""(?xi) (?: @ | (?: \b | [_-] ) (?: commit | revision | rev | sha-?[0-9]{0,3} | md5 | etag | digest | checksum
      | integrity | fingerprint ) s? ["'`\])]{0,2} [\ ]{0,3} [:=\ -] >? \s{0,3} (?: [a-z]? ["'`] )? ) \Z"""
)
"""Before a value: it is a hash or a version, whatever else stands around."""
IDENTIFIER = re.compile(
    rf"""(?x) (?: [_.\-\ ] (?i:id) | [a-z]I[dD] ) s? ["'`\])]{{0,3}} [\ \t]{{0,4}} {binding.LINK} \Z""".encode()
)
"""Before a value: a name that ends in `id`, which is more often public than secret."""
PARAGRAPH = re.compile(rb"\n[ \t\r]*\n")


class Level(IntEnum):
    """How sure the tie is; orderable."""

    NEAR = 1
    """The service's name stands a few bytes before."""
    PLACE = 2
    """A block of a structured file has the service's name."""
    SENT = 3
    """A request to the service's address holds it."""
    NAMED = 4
    """The name that it is assigned to holds the service's."""


@dataclass(frozen=True, slots=True, order=True)
class Tie:
    """Greater is closer."""

    sure: bool
    """False: worth a human look, no more."""
    level: Level
    closeness: int
    """The negative distance to the service's name, in bytes."""


def tie(rule: Rule, data: bytes, span: Span) -> Tie | None:
    """How the value at `span` is tied to the service of `rule`; None if it is not."""
    start = span.value_start
    if HASHED.search(data, max(0, start - binding.GAP), start):
        return None
    if rule.names and _assigned(rule.names, data, start):
        return Tie(True, Level.NAMED, -_distance(_compiled(binding.spelled, rule.names), data, start))
    if not rule.context:
        return None
    distance = _distance(_compiled(binding.word, rule.context, rule.common), data, start)
    if distance <= binding.GAP + 1 and _named(rule.context, rule.common, data, start):
        return Tie(not IDENTIFIER.search(data, max(0, start - binding.NAME), start), Level.NAMED, -distance)
    if _sent(rule, data, span):
        return Tie(True, Level.SENT, 0)
    if distance > binding.GAP + 1:
        return _placed(rule, data, start)
    noun = bool(NOUN.search(data, start - distance, start)) and data[start - 1 : start] != b"/"
    labelled = noun or NOUN.search(data, max(0, start - distance - LABEL), start - distance)
    if rule.common and not labelled and WORDS.search(data, start - distance, start):
        return None
    return Tie(noun and not rule.common, Level.NEAR, -distance)


def _distance(word: re.Pattern[bytes], data: bytes, start: int) -> int:
    """Bytes between the last match of `word` before `start` and it."""
    found = word.finditer(data, max(0, start - binding.NAME), start)
    return min((start - match.end() for match in found), default=binding.NAME)


def _assigned(names: tuple[str, ...], data: bytes, start: int) -> bool:
    """Whether the value is assigned to one of `names`, which may go on with anything."""
    return bool(_compiled(binding.assigned, names).search(data, max(0, start - binding.NAME), start))


def _named(words: tuple[str, ...], common: bool, data: bytes, start: int) -> bool:
    """Whether the value is assigned to a name that holds one of `words`."""
    return bool(_compiled(binding.named, words, common).search(data, max(0, start - binding.NAME), start))


def _sent(rule: Rule, data: bytes, span: Span) -> bool:
    """Whether an address of the service stands in the same paragraph and the value where credentials are sent."""
    start, end = span.value_start, span.value_end
    address = _compiled(binding.address, rule.context)
    first, last = max(0, start - AROUND), min(len(data), end + AROUND)
    found = address.search(data, first, last)
    if not found or not CREDENTIAL.search(data, max(0, start - binding.NAME), start):
        return False
    between = (found.end(), start) if found.end() <= start else (end, found.start())
    return not PARAGRAPH.search(data, *between)


def _placed(rule: Rule, data: bytes, start: int) -> Tie | None:
    """Whether a block around the value is called after the service."""
    above = data[max(0, start - ABOVE) : start].split(b"\n")
    indent, place = _indent(above[-1]), len(above[-1])
    for line in reversed(above[:-1]):
        place += len(line) + 1
        text = line.strip()
        section = text.startswith(b"[") and text.endswith(b"]")
        if not text or not (section or _indent(line) < indent):
            continue
        if (section or OPENS.search(line)) and _compiled(binding.title, rule.context, rule.common).search(
            line + b"\n"
        ):
            return Tie(
                bool(CREDENTIAL.search(data, max(0, start - binding.NAME), start)), Level.PLACE, -place
            )
        if section:
            return None
        indent = _indent(line)
    return None


def _indent(line: bytes) -> int:
    return len(line) - len(line.lstrip(b" \t"))


@lru_cache(maxsize=4096)
def _compiled(make: Callable[..., str], words: tuple[str, ...], *more: bool) -> re.Pattern[bytes]:
    """The pattern that `make` makes of `words`."""
    return re.compile(make(words, *more).encode())
