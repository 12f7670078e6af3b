"""`unleak rules`: list, show and check the rules, and make new ones."""

import difflib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import click

from unleak.cli import progress
from unleak.cli.rules_import import import_rules
from unleak.cli.rules_new import new
from unleak.core.errors import UsageError
from unleak.core.install import requirement
from unleak.core.model import Rule
from unleak.core.verification import expressions
from unleak.scan import ruleset
from unleak.scan.display import harmless
from unleak.scan.patterns import width

HEADINGS = ("rule", "severity", "confidence", "service")
WIDTH = 80
FORMATS = click.Choice(["text", "json"])

further = click.option("--rules", "extra", multiple=True, type=click.Path(exists=True, path_type=Path),
                       help="Further rule files or folders.")  # fmt: skip
shape = click.option("--format", "shape", type=FORMATS, default="text", show_default=True)


@click.group(name="rules")
def rules() -> None:
    """List, show and check the rules, and make new ones."""


rules.add_command(new)
rules.add_command(import_rules)


@rules.command(name="list")
@further
@shape
def list_rules(extra: tuple[Path, ...], shape: str) -> None:
    """List all rules with severity and confidence."""
    found = ruleset.load(extra).rules
    if shape == "json":
        fields = ("id", "service", "service_title", "title", "severity", "confidence")
        click.echo(json.dumps([{name: _plain(rule)[name] for name in fields} for rule in found], indent=2))
        return
    rows = [HEADINGS, *((rule.id, rule.severity, str(rule.confidence), rule.service_title) for rule in found)]
    for line in columns(rows):
        click.echo(line)


@rules.command()
@click.argument("rule_id", metavar="ID")
@further
@shape
def show(rule_id: str, extra: tuple[Path, ...], shape: str) -> None:
    """Show one rule: what it finds, what that means, and an example."""
    found = {rule.id: rule for rule in ruleset.load(extra).rules}
    rule = found.get(rule_id)
    if rule is None:
        near = difflib.get_close_matches(rule_id, found, n=3, cutoff=0.4)
        raise UsageError("There is no such rule.", f"Did you mean {', '.join(near)}?" if near else
                         "`unleak rules list` shows all.")  # fmt: skip
    if shape == "json":
        click.echo(json.dumps(_plain(rule), indent=2))
        return
    for line in described(rule):
        click.echo(line)
    click.echo(f"\nexample:\n{_example(rule, extra)}")


@rules.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(exists=True, path_type=Path))
def check(paths: tuple[Path, ...]) -> None:
    """Hold rule files against their examples, with both matchers and beside all other rules.

    PATH is a rule file or a folder of them; by default, unleak's own. It takes about half a minute, because all
    rules are compiled. Exit codes: 0 all is well, 2 a rule is wrong.
    """
    from unleak.scan import rulecheck

    with progress.told() as tell:
        problems = [f"{problem}" for problem in rulecheck.check(paths, tell)]
    problems = problems or list(wrong_expressions(paths))
    for problem in problems:
        click.echo(harmless(problem), err=True)
    if problems:
        raise UsageError(f"Rule files are wrong: {len(problems)}.", "docs/rules.md describes the format.")
    count = len(ruleset.expanded(paths) if paths else ruleset.files())
    click.echo(f"Rule files as they should be: {count}. Rule set: {ruleset.load(paths).digest[:12]}.")


def wrong_expressions(paths: Sequence[Path]) -> Iterator[str]:
    """The JMESPath expressions of rule files that do not compile; a note if that cannot be told."""
    if not find_spec("jmespath"):
        click.echo(f"JMESPath was not checked: pip install '{requirement('verify')}'", err=True)
        return
    from unleak.scan import rulefile
    from unleak.verify import judge

    for found in rulefile.read_all(ruleset.expanded(paths) if paths else ruleset.files()):
        said = expressions(found.rule.verification) if found.rule.verification else []
        said += found.rotation.expressions() if found.rotation else []
        said += found.revocation.revoke.expressions() if found.revocation else []
        yield from (f"rule {found.rule.id}: {problem}" for problem in judge.problems(said))


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """`rows` in columns, cut at 80 characters."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(HEADINGS) - 1)]
    lines = ["  ".join([*map(str.ljust, row, widths), row[-1]]) for row in rows]
    return [line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…" for line in lines]


def described(rule: Rule) -> list[str]:
    """All fields of `rule`, one a line."""
    replacement = rule.replacement.provider and f"unleak rotate ({rule.replacement.provider})"
    fields = {
        "rule": rule.id,
        "service": f"{rule.service_title} ({rule.service})",
        "title": rule.title,
        "why": rule.why,
        "severity": rule.severity,
        "confidence": str(rule.confidence),
        "checks": ", ".join(rule.checks),
        "keywords": ", ".join(rule.keywords),
        "pair": f"{rule.part} with {rule.companion.name}" if rule.companion else "",
        "replace": " or ".join(filter(None, [replacement, rule.replacement.console])),
        "docs": rule.docs,
        "words": ", ".join(rule.context),
        "names": ", ".join(rule.names),
        "width": f"{width(rule.pattern)} bytes at most",
        "pattern": rule.pattern,
        "doubt": rule.doubt,
        "unless": rule.unless,
    }
    return [f"{name + ':':12}{text}" for name, text in fields.items() if text]


def _plain(rule: Rule) -> dict[str, object]:
    return asdict(rule) | {"confidence": str(rule.confidence)}


def _example(rule: Rule, extra: Sequence[Path]) -> str:
    from unleak.scan import rulecheck, rulefile

    definitions = rulefile.read_all(ruleset.files(extra))
    return next(rulecheck.masked(found) for found in definitions if found.rule.id == rule.id)
