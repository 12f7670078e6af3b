"""Writes what the documents say of the rules: `make docs`. With --check, says whether it is current."""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from unleak.core.model import Rule
from unleak.scan import ruleset
from unleak.scan.checks import CHECKS
from unleak.scan.examples import ALPHABETS, SHAPES
from unleak.verify.signed import SIGNED

HERE = Path(__file__).parent
KINDS = ("live or dead", "live", "not")
SERVICES = """\
# Services

{figures} What `unleak scan --verify` can tell of a key: *live or dead*, or only *live*, because the provider does not
document what it answers to a dead key, or *not*. `unleak rules list` and `unleak rules show` have the details.

| service | what is found, and what can be told of it |
|---|---|
{rows}
"""


def documents() -> dict[Path, str]:
    """The text that each document should have."""
    rules = ruleset.load().rules
    page = (HERE / "rules.md").read_text(encoding="utf-8")
    for name, text in (("figures", figures(rules)), ("checks", checks(rules)), ("generators", generators())):
        page = _filled(page, name, text)
    return {HERE / "rules.md": page, HERE / "services.md": services(rules)}


def figures(rules: Sequence[Rule]) -> str:
    """How many there are."""
    told = Counter(map(verified, rules))
    services = {rule.service for rule in rules}
    asked = {rule.service for rule in rules if verified(rule) != "not"}
    return (
        f"There are {len(rules):,} rules for {len(services):,} services. Of {len(asked):,} services the provider can "
        f"be asked about a key: {told['live or dead']:,} rules tell live or dead, {told['live']:,} only live."
    )


def verified(rule: Rule) -> str:
    """What the provider's answer tells of a key, one of KINDS."""
    if rule.id in SIGNED:
        return "live or dead"
    if rule.verification is None:
        return "not"
    return "live or dead" if rule.verification.dead else "live"


def checks(rules: Sequence[Rule]) -> str:
    """The table of checks, with the first line of what each module says of itself."""
    used = Counter(name for rule in rules for name in rule.checks)
    rows = [(f"`{name}`", _about(name), f"{used[name]:,}") for name in CHECKS]
    return table(("check", "what it looks at", "rules"), rows)


def generators() -> str:
    """What templates may name."""
    rows = [
        (f"`${{{name}:…}}`", "random text of its alphabet", _letters(text))
        for name, text in ALPHABETS.items()
    ]
    rows += [(f"`${{{name}}}`", _first(make.__doc__), "") for name, make in SHAPES.items()]
    return table(("place", "what it becomes", "characters"), rows)


def services(rules: Sequence[Rule]) -> str:
    """The page of all services."""
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        found.setdefault(rule.service, []).append(rule)
    ordered = sorted(found.values(), key=lambda same: (same[0].service_title.casefold(), same[0].service))
    rows = "\n".join(f"| {_named(same)} | {_told(same)} |" for same in ordered)
    return SERVICES.format(figures=figures(rules), rows=rows)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _named(same: Sequence[Rule]) -> str:
    return f"[{_cell(same[0].service_title)}]({same[0].docs})"


def _told(same: Sequence[Rule]) -> str:
    groups = {kind: [rule for rule in same if verified(rule) == kind] for kind in KINDS}
    parts = [
        f"*{kind}*: {', '.join(_cell(_short(rule)) for rule in group)}"
        for kind, group in groups.items() if group
    ]  # fmt: skip
    return "; ".join(parts)


def _short(rule: Rule) -> str:
    """The title without the service's name, which stands beside it."""
    return rule.title.removeprefix(f"{rule.service_title} ")


def _cell(text: str) -> str:
    return "".join(f"\\{character}" if character in "|*_[]<>`" else character for character in text)


def _about(name: str) -> str:
    return _first(sys.modules[CHECKS[name].__module__].__doc__)


def _first(text: str | None) -> str:
    """The first line of a docstring, without its period."""
    return (text or "").strip().partition("\n")[0].rstrip(".").replace("|", "\\|")


def _letters(text: str) -> str:
    return f"`{text}`" if len(text) < 20 else f"{len(text)}"


def _filled(page: str, name: str, text: str) -> str:
    head, mark, rest = page.partition(f"<!-- generated: {name} -->\n")
    _, end, tail = rest.partition("<!-- end -->\n")
    if not (mark and end):
        sys.exit(f"docs/rules.md has no place for {name}")
    return f"{head}{mark}{text}\n{end}{tail}"


def main(check: bool) -> int:
    """Write the documents, or with `check` name those that are not current."""
    stale = {
        path: text
        for path, text in documents().items()
        if not path.exists() or path.read_text("utf-8") != text
    }
    for path, text in stale.items():
        if check:
            print(f"{path.name} is not current: run `make docs`", file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
