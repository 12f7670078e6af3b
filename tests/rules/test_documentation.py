"""docs/rules.md tells the truth."""

import re
from dataclasses import fields
from pathlib import Path

from unleak.core.model import Rule
from unleak.scan import rulecheck
from unleak.scan.checks import CHECKS
from unleak.scan.examples import ALPHABETS, SHAPES

TEXT = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()


def section(heading: str) -> str:
    return TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def test_the_example_is_a_good_rule_file(tmp_path) -> None:
    example, pair = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    path = tmp_path / "acme.toml"
    path.write_text(example)
    assert rulecheck.check([path]) == []
    first = example[: example.rindex("[[rule]]")].replace("key_", "id_")
    first = first.replace("ACME_KEY=acme_${lowernum:32}", "acme_${lowernum:32}:${alnum:40}")
    path.write_text(first + pair)
    assert rulecheck.check([path]) == []


def test_every_check_is_described() -> None:
    described = re.findall(r"`([a-z0-9-]+)`", "".join(re.findall(r"(?m)^\| (.*?) \|", section("Checks"))))
    assert sorted(described) == sorted(CHECKS)


def test_every_generator_is_described() -> None:
    named = set(re.findall(r"`(\w+)`", section("Examples")))
    assert named == set(ALPHABETS) | set(SHAPES)


def test_every_key_is_described() -> None:
    keys = set(
        re.findall(r"`([a-z_]+)`", "".join(re.findall(r"(?m)^\| (.*?) \|", section("Keys of a rule"))))
    )
    made = {"service", "service_title", "width", "replacement", "companion", "halves", "verification"}
    assert keys == {field.name for field in fields(Rule)} - made | {"context", "matches", "non_matches"}
