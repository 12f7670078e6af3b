"""docs/rules.md and docs/services.md tell the truth."""

import importlib.util
import re
from collections import defaultdict
from pathlib import Path

import pytest

from unleak.scan import rulecheck, rulefile
from unleak.scan.checks import CHECKS
from unleak.scan.examples import ALPHABETS, SHAPES
from unleak.scan.table import Table

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "rules.md").read_text()

ASKED = """
[verify]
request = { method = "GET", url = "https://api.acme.example/me", headers = { Authorization = "Bearer {secret}" } }
live = { status = [200] }
dead = { status = [401] }
"""


@pytest.fixture
def generate():
    """The program that writes the documents."""
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def section(heading: str) -> str:
    return TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def first_cells(heading: str) -> str:
    return "".join(re.findall(r"(?m)^\| (.*?) \|", section(heading)))


def test_the_example_is_a_good_rule_file(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(rulecheck, "files", list)
    example, pair = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    path = tmp_path / "acme.toml"
    path.write_text(example)
    assert rulecheck.check([path]) == []
    first = example[: example.rindex("[[rule]]")].replace("key_", "id_")
    first = first.replace("ACME_KEY=acme_${lowernum:32}", "acme_${lowernum:32}:${alnum:40}")
    path.write_text(first + pair)
    assert rulecheck.check([path]) == []


def test_what_is_generated_is_current(generate) -> None:
    for path, text in generate.documents().items():
        assert path.read_text() == text, f"{path.name} is not current: run `make docs`"


def test_the_generator_sees_a_change(generate, monkeypatch) -> None:
    rules = [rule for rule in generate.ruleset.load().rules if rule.service != "doppler"]
    monkeypatch.setattr(generate.ruleset, "load", lambda: generate.ruleset.RuleSet(tuple(rules), ""))
    changed = {path.name for path, text in generate.documents().items() if path.read_text() != text}
    assert changed == {"rules.md", "services.md", "providers.md"}
    assert generate.main(check=True) == 1


def test_every_check_and_every_generator_is_described() -> None:
    assert re.findall(r"`([a-z0-9-]+)`", first_cells("Checks")) == list(CHECKS)
    assert set(re.findall(r"\$\{(\w+)", first_cells("Examples"))) == set(ALPHABETS) | set(SHAPES)


def test_every_key_is_described(tmp_path, monkeypatch) -> None:
    """The reader itself tells which keys it asks for."""
    asked: dict[str, set[str]] = defaultdict(set)
    get = Table._get

    def note(table: Table, key: str) -> None:
        place = "rule" if "rule" in table.where.rpartition(".toml")[2] else "file"
        inner = re.findall(r": \[*(with|replace|companion)|: (companion)$", table.where)
        asked["".join(inner[-1]) if inner else place].add(key)

    monkeypatch.setattr(
        Table, "_get", lambda table, key, default: (note(table, key), get(table, key, default))[1]
    )
    monkeypatch.setattr(Table, "__contains__", lambda table, key: (note(table, key), key in table._values)[1])
    example, pair = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "acme.toml").write_text(example.replace("[[rule.with]]", f"{pair}[[rule.with]]"))
    list(rulefile.read(tmp_path / "acme.toml"))
    for kind, heading in (("file", "Keys of a file"), ("rule", "Keys of a rule"), ("with", "Public parts")):
        described = set(re.findall(r"`([a-z_]+)`", first_cells(heading)))
        assert asked[kind] - {"id"} == described - {"id"}, kind
    assert asked["companion"] == {"name", "pattern", "within"}
    assert asked["replace"] == {"provider", "console", "how"}


def test_every_key_of_rotate_is_described(tmp_path, monkeypatch) -> None:
    text = (DOCS / "rotation-rules.md").read_text().split("## Replacement\n")[1].split("\n## ")[0]
    (rotate,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    file = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)[0]
    (tmp_path / "acme.toml").write_text(file + rotate)
    asked: set[str] = set()
    get = Table._get
    monkeypatch.setattr(
        Table,
        "_get",
        lambda table, key, default: (
            asked.add(key) if re.search(r"toml: rotate(?!.*request)", table.where) else None,
            get(table, key, default),
        )[1],
    )
    found = {one.rule.id: one for one in rulefile.read(tmp_path / "acme.toml")}
    assert found["acme.api-key"].rotation.admin.startswith("an API key")
    conditions = {"status", "contains", "lacks", "json", "text"}
    described = set(re.findall(r"`([a-z_]+)`", "".join(re.findall(r"(?m)^\| (.*?) \|", text))))
    assert asked - conditions <= described, asked - described - conditions
    assert described - {"rotate"} <= asked, described - asked


def test_every_key_of_revoke_is_described(tmp_path, monkeypatch) -> None:
    text = (DOCS / "rotation-rules.md").read_text().split("## Revocation\n")[1]
    (revoke,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    file = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)[0]
    shown = re.sub(r"(?ms)^\[replace\].*?(?=^\[)", "", file)
    (tmp_path / "acme.toml").write_text(f"{shown}{revoke}{ASKED}")
    asked: set[str] = set()
    get = Table._get
    inner = re.compile(r"toml: \[\[revoke\]\] number 1\Z")
    monkeypatch.setattr(
        Table,
        "_get",
        lambda table, key, default: (
            asked.add(key) if inner.search(table.where) else None,
            get(table, key, default),
        )[1],
    )
    found = {one.rule.id: one for one in rulefile.read(tmp_path / "acme.toml")}
    assert found["acme.api-key"].revocation.revoke.request.method == "POST"
    assert found["acme.api-key"].rule.replacement.how == "Create a key with the same scopes."
    assert asked == set(re.findall(r"(?m)^\| `([a-z]+)` \|", text))


def test_limits_are_as_documented() -> None:
    from unleak.scan import patternlint, ports, rulelimits

    text = section("What the check checks")
    for limit in (
        f"{rulefile.MAX_BYTES >> 10} KiB", f"{rulefile.MAX_RULES} rules", f"{patternlint.MAX_PATTERN:,} characters",
        f"{rulelimits.MAX_SIZE:,} positions", f"{ports.MAX_WIDTH >> 10} KiB",
    ):  # fmt: skip
        assert limit in " ".join(text.split()), limit
