"""Chooses the matcher by how much there is to read, so that a small scan never waits for compilation."""

from collections.abc import Iterator

from unleak.core.errors import UsageError
from unleak.scan.matchers.keywords import KeywordMatcher
from unleak.scan.ports import Candidate, Matcher
from unleak.scan.ruleset import RuleSet

WORTH_LOADING = 128 << 10
"""Bytes from which a cached database is worth its import."""
WORTH_COMPILING = 96 << 20
"""Bytes from which compiling a database is faster than going on without."""


class AdaptiveMatcher:
    """Starts with keywords and changes to Hyperscan when that pays; both find the same."""

    def __init__(self, ruleset: RuleSet) -> None:
        self._ruleset = ruleset
        self._seen = 0
        self._load_at = WORTH_LOADING
        self._current: Matcher = KeywordMatcher(ruleset.rules)

    def candidates(self, data: bytes) -> Iterator[Candidate]:
        self._seen += len(data)
        if self._seen >= self._load_at:
            self._upgrade()
        return self._current.candidates(data)

    def _upgrade(self) -> None:
        try:
            from unleak.scan.matchers import hyperscan_matcher as hyperscan

            better = hyperscan.load(self._ruleset.rules, self._ruleset.digest)
            if better is None and self._seen >= WORTH_COMPILING:
                better = hyperscan.compile(self._ruleset.rules, self._ruleset.digest)
        except ImportError:  # no wheel for this platform: the keyword matcher does all of it
            self._load_at = 1 << 62
            return
        if better is not None:
            self._current = better
        self._load_at = WORTH_COMPILING if better is None else 1 << 62


def matcher(ruleset: RuleSet, engine: str = "auto") -> Matcher:
    """The matcher called `engine`: auto, keywords or hyperscan."""
    if engine == "keywords":
        return KeywordMatcher(ruleset.rules)
    if engine == "auto":
        return AdaptiveMatcher(ruleset)
    try:
        from unleak.scan.matchers import hyperscan_matcher as hyperscan

        return hyperscan.load(ruleset.rules, ruleset.digest) or hyperscan.compile(
            ruleset.rules, ruleset.digest
        )
    except ImportError:
        raise UsageError(
            "Hyperscan is not installed.", "Install `hyperscan` or leave out --engine."
        ) from None
