"""Scans of one content with one rule."""

from dataclasses import dataclass

import pytest

from unleak.core.errors import Exit
from unleak.core.model import Blob, File, Origin
from unleak.scan.examples import expand
from unleak.scan.matchers import hyperscan_matcher
from unleak.scan.matchers.keywords import KeywordMatcher
from unleak.scan.pipeline import Scan
from unleak.scan.ports import Summary
from unleak.scan.ruleset import RuleSet


@dataclass(frozen=True)
class Outcome:
    """What a scan said."""

    places: dict[str, list[tuple[str, int, int, int, int]]]
    """Of every secret: member, line, column, end line, end column."""
    skipped: list[tuple[str, str, bool]]
    """Member, reason, failed."""
    exit: Exit


@pytest.fixture
def key() -> str:
    return expand("acme_${alnum:24}", 7)


@pytest.fixture(params=["keywords", "hyperscan"])
def engine(request, monkeypatch) -> str:
    """Both engines, for rules and for the triggers of decoders."""
    monkeypatch.setattr("unleak.scan.matchers.triggers.WORTH", 0 if request.param == "hyperscan" else 1 << 40)
    return request.param


@pytest.fixture
def scan(make_rule, make_source):
    """A function that scans blobs, or one content as the file `f`."""

    def run(*contents: object, engine: str = "keywords", origin: Origin = File(".", b"f"), **rule) -> Outcome:  # noqa: B008
        settings = {"pattern": r"\b(acme_[0-9A-Za-z]{24})\b"} | rule
        rules = (make_rule(**settings),)
        blobs = [Blob(origin, content) if isinstance(content, bytes) else content for content in contents]
        matchers = {
            "keywords": KeywordMatcher,
            "hyperscan": lambda rules: hyperscan_matcher.compile(rules, "0" * 64),
        }
        summary = Summary()
        findings = Scan(make_source(*blobs), RuleSet(rules, "0" * 64), matchers[engine](rules), summary).run()
        places = {
            found.secret.reveal(): [
                (
                    place.origin.member.decode(),
                    place.start.line,
                    place.start.column,
                    place.end.line,
                    place.end.column,
                )
                for place in found.locations
            ]
            for found in findings
        }
        skipped = [(skip.origin.member.decode(), skip.reason, skip.failed) for skip in summary.skipped]
        return Outcome(places, skipped, summary.exit)

    return run
