import sys

import pytest

from unleak.core.errors import UsageError
from unleak.scan import matching
from unleak.scan.matchers.hyperscan_matcher import HyperscanMatcher
from unleak.scan.matchers.keywords import KeywordMatcher
from unleak.scan.matching import AdaptiveMatcher, matcher
from unleak.scan.ruleset import RuleSet

DATA = b"x acme_12345678 y " * 10


@pytest.fixture
def ruleset(make_rule) -> RuleSet:
    return RuleSet((make_rule(),), "0" * 64)


@pytest.fixture
def without_hyperscan(monkeypatch):
    monkeypatch.setitem(sys.modules, "hyperscan", None)


def test_a_small_scan_never_compiles(ruleset) -> None:
    adaptive = AdaptiveMatcher(ruleset)
    assert len(list(adaptive.candidates(DATA))) == 10
    assert isinstance(adaptive._current, KeywordMatcher)


def test_a_large_scan_compiles_once_and_later_ones_load(ruleset, monkeypatch) -> None:
    monkeypatch.setattr(matching, "WORTH_LOADING", 100)
    monkeypatch.setattr(matching, "WORTH_COMPILING", 400)
    first = AdaptiveMatcher(ruleset)
    kinds = []
    for _ in range(3):
        assert len(list(first.candidates(DATA))) == 10
        kinds.append(type(first._current))
    assert kinds == [KeywordMatcher, KeywordMatcher, HyperscanMatcher]
    second = AdaptiveMatcher(ruleset)
    assert len(list(second.candidates(DATA))) == 10
    assert isinstance(second._current, HyperscanMatcher)


def test_without_hyperscan_keywords_do_it_all(ruleset, monkeypatch, without_hyperscan) -> None:
    monkeypatch.setattr(matching, "WORTH_LOADING", 1)
    monkeypatch.setattr(matching, "WORTH_COMPILING", 1)
    adaptive = AdaptiveMatcher(ruleset)
    assert len(list(adaptive.candidates(DATA))) == 10
    assert len(list(adaptive.candidates(DATA))) == 10


def test_asking_for_an_engine_that_is_not_there_says_so(ruleset, without_hyperscan) -> None:
    with pytest.raises(UsageError, match="Hyperscan is not installed"):
        matcher(ruleset, "hyperscan")


@pytest.mark.parametrize(
    ("engine", "kind"),
    [("auto", AdaptiveMatcher), ("keywords", KeywordMatcher), ("hyperscan", HyperscanMatcher)],
)
def test_an_engine_can_be_chosen(ruleset, engine: str, kind: type) -> None:
    assert isinstance(matcher(ruleset, engine), kind)
