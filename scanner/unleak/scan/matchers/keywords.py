"""A matcher without a compiled database: every match contains a keyword, so look where those stand."""

import re
from collections.abc import Iterator, Sequence

from unleak.core.model import Rule
from unleak.scan import binding
from unleak.scan.ports import Candidate

OPENS = re.compile(rf"(?x) {binding.TITLE} {binding.OPENS}".encode())


class KeywordMatcher:
    """Ready at once, on every platform; the right choice for small inputs."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        from ahocorasick_rs import BytesAhoCorasick

        places: dict[str, list[tuple[int, bool]]] = {}
        for index, rule in enumerate(rules):
            for keyword in rule.keywords:
                places.setdefault(keyword, []).append((index, rule.bound and bool(rule.context)))
        self._rules = list(places.values())
        self._automaton = BytesAhoCorasick([keyword.encode() for keyword in places])

    def candidates(self, data: bytes) -> Iterator[Candidate]:
        found = self._automaton.find_matches_as_indexes(data.lower(), overlapping=True)
        for keyword, start, end in found:
            wide: bool | None = None
            for rule, contextual in self._rules[keyword]:
                if contextual and wide is None:
                    wide = b"://" in data[max(0, start - 64) : start] or bool(OPENS.match(data, end))
                yield Candidate(rule, start, contextual and bool(wide))
