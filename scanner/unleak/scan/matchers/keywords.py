"""A matcher without a compiled database: every match contains a keyword, so look where those stand."""

from collections.abc import Iterator, Sequence

from unleak.core.model import Rule
from unleak.scan.ports import Candidate


class KeywordMatcher:
    """Ready at once, on every platform; the right choice for small inputs."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules: dict[bytes, list[int]] = {}
        for index, rule in enumerate(rules):
            for keyword in rule.keywords:
                self._rules.setdefault(keyword.encode(), []).append(index)

    def candidates(self, data: bytes) -> Iterator[Candidate]:
        lowered = data.lower()
        for keyword, rules in self._rules.items():
            at = lowered.find(keyword)
            while at >= 0:
                for rule in rules:
                    yield Candidate(rule, at)
                at = lowered.find(keyword, at + 1)
