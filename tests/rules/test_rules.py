"""Every rule against its examples, and against what any program holds."""

import sysconfig
from pathlib import Path

import pytest

from unleak.core.model import Blob, Confidence, Hit, Stdin
from unleak.scan import rulecheck, ruleset
from unleak.scan.confirm import confirm


def test_a_rule_finds_its_examples_and_nothing_else(bench, definition) -> None:
    problems = list(rulecheck.check_rule(bench, definition))
    assert not problems, "\n".join(map(str, problems))


def test_a_rule_says_what_a_reader_needs(definition) -> None:
    rule = definition.rule
    assert rule.why.endswith(".")
    assert len(rule.why) < 110
    assert not rule.title.endswith(".")
    assert len(rule.id) <= 34
    assert rule.docs.startswith("https://")


def test_no_secret_stands_in_a_rule_file(bench) -> None:
    """Examples are templates: a scan of the rules themselves is clean."""
    for path in ruleset.files():
        text = path.read_text()
        hits = [hit.rule.id for hit in bench.hits("hyperscan", text) if hit.confidence > Confidence.LOW]
        assert hits == [], path.name


@pytest.mark.parametrize("engine", rulecheck.ENGINES)
def test_the_standard_library_is_clean(bench, engine: str) -> None:
    """No rule of medium or high confidence cries wolf over a hundred ordinary modules."""
    modules = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))[:100]
    assert len(modules) > 50
    loud = [
        (path.name, hit.rule.id)
        for path in modules
        for hit in hits(bench, engine, path.read_bytes())
        if hit.confidence > Confidence.LOW
    ]
    assert loud == []


def hits(bench, engine: str, data: bytes) -> list[Hit]:
    candidates = bench.matchers[engine].candidates(data)
    return [
        hit for hit in confirm(Blob(Stdin(), data), candidates, bench.ruleset.rules) if isinstance(hit, Hit)
    ]


def test_rotation_providers_that_rules_name_exist() -> None:
    from unleak.rotate.providers import PROVIDERS

    named = {rule.replacement.provider for rule in ruleset.load().rules} - {""}
    assert named <= set(PROVIDERS)
    assert "aws-iam" in named
