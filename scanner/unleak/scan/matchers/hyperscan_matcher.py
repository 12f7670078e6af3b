"""A matcher on Hyperscan: all patterns at once, at gigabytes a second, once the database is compiled."""

import platform
from collections.abc import Iterator, Sequence
from typing import Any

from unleak.core.errors import UsageError
from unleak.core.model import Rule
from unleak.scan import cache
from unleak.scan.binding import Kind, expression, searches
from unleak.scan.ports import Candidate


class HyperscanMatcher:
    """Finds the ends of matches; start-of-match tracking would make the database 14 times larger."""

    def __init__(self, database: Any, rules: Sequence[Rule]) -> None:
        self._database = database
        self._targets = [
            (search.rules, search.kind.wide, search.kind is Kind.WHOLE) for search in searches(rules)
        ]

    def candidates(self, data: bytes) -> Iterator[Candidate]:
        found: list[Candidate] = []

        def note(search: int, start: int, end: int, flags: int, context: object) -> None:
            rules, wide, last = self._targets[search]
            for rule in rules:
                found.append(Candidate(rule, end - 1, wide, last))

        self._database.scan(data, match_event_handler=note)
        return iter(found)


def load(rules: Sequence[Rule], digest: str) -> HyperscanMatcher | None:
    """The matcher from the cached database of the rule set with this digest, if there is one."""
    import hyperscan

    stored = cache.read(_name(digest)) if digest else None
    if stored is None:
        return None
    try:
        database = hyperscan.loadb(stored, hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
    except hyperscan.HyperscanError:  # made by another version or for another processor
        return None
    return HyperscanMatcher(database, rules)


def compile(rules: Sequence[Rule], digest: str) -> HyperscanMatcher:  # noqa: A001
    """Compile the patterns of `rules` (seconds for hundreds) and cache the result, unless `digest` is empty."""
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    expressions = [expression(search).encode() for search in searches(rules)]
    count = len(expressions)
    try:
        database.compile(expressions=expressions, ids=list(range(count)), elements=count, flags=0)
    except hyperscan.HyperscanError as error:
        raise _refused(rules) or error from None
    if digest:
        cache.write(_name(digest), hyperscan.dumpb(database))
    return HyperscanMatcher(database, rules)


def _refused(rules: Sequence[Rule]) -> UsageError | None:
    """Which rule it is that cannot be compiled; Hyperscan itself does not say."""
    import hyperscan

    for search in searches(rules):
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        try:
            database.compile(expressions=[expression(search).encode()], ids=[0], elements=1, flags=0)
        except hyperscan.HyperscanError as error:
            return UsageError(f"rule {search.rule.id}: pattern: Hyperscan does not compile it: {error}")
    return None


def _name(digest: str) -> str:
    import hyperscan

    version = hyperscan.__version__  # type: ignore[attr-defined]
    return f"{digest[:32]}-{version}-{platform.machine()}.hsdb"
