"""Holds rule files against their own examples and all other rules, with both matchers and the real confirmation."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from unleak.core.errors import UsageError
from unleak.core.model import Blob, Confidence, Hit, Rule, Stdin
from unleak.scan import rulefile, rulelimits
from unleak.scan.confirm import ANONYMOUS, confirm
from unleak.scan.examples import expand
from unleak.scan.matchers.keywords import KeywordMatcher
from unleak.scan.matching import matcher
from unleak.scan.ports import Matcher
from unleak.scan.rulefile import Definition
from unleak.scan.ruleset import RuleSet, expanded, files, ruleset_of

ENGINES = ("keywords", "hyperscan")
SEEDS = (0, 1, 2)
"""Every template is tried with several random fillings."""
AROUND = "{}", "\n\n{}\r\n", '\ufeff# é "{}" é'
"""What may stand around an example without changing what is found in it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with a rule file."""

    path: Path
    rule: str
    """The rule's id; empty if the file cannot be read."""
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: rule {self.rule}: {self.reason}" if self.rule else self.reason


@dataclass(frozen=True, slots=True)
class Bench:
    """A rule set with every matcher that can search for it."""

    ruleset: RuleSet
    matchers: dict[str, Matcher]

    def hits(self, engine: str, text: str, only: Rule | None = None) -> list[Hit]:
        """What `engine` leads to in `text`: of all rules, or of one as if it were alone."""
        data = text.encode()
        rules = self.ruleset.rules
        found = self.matchers[engine].candidates(data)
        wanted = [candidate for candidate in found if only is None or rules[candidate.rule] == only]
        results = confirm(Blob(Stdin(), data), wanted, rules)
        return [result for result in results if isinstance(result, Hit)]


Tell = Callable[[str], None]
"""Is told what is being done, for those who wait."""


def silent(text: str) -> None:
    """Tell nobody."""


def check(paths: Sequence[Path] = (), tell: Tell = silent) -> list[Problem]:
    """The problems of the rules in `paths` (files and folders), or of unleak's own rules."""
    tell("reading")
    definitions, problems = _read(files(paths))
    checked = {path.resolve() for path in (expanded(paths) if paths else files())}
    chosen = [found for found in definitions if found.path.resolve() in checked]
    for definition in chosen:
        tell(f"looking at {definition.rule.id}")
        problems += limits(definition)
    if problems:  # a rule that is refused is not tried
        return problems
    tell(f"compiling {len(definitions):,} rules")
    bench = prepare(definitions)
    for number, definition in enumerate(chosen, 1):
        tell(f"trying rule {number:,} of {len(chosen):,}, {definition.rule.id}")
        problems += check_rule(bench, definition)
    return problems


def limits(definition: Definition) -> Iterator[Problem]:
    """Why the rule is refused before it is tried."""
    for reason in rulelimits.problems(definition.rule):
        yield Problem(definition.path, definition.rule.id, reason)


def _read(paths: Sequence[Path]) -> tuple[list[Definition], list[Problem]]:
    """Every file's rules or what is wrong with it, so that one bad file does not hide the next."""
    definitions: list[Definition] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            definitions = rulefile.unique([*definitions, *rulefile.read(path)])
        except UsageError as error:
            problems.append(Problem(path, "", error.message))
    return definitions, problems


def prepare(definitions: Sequence[Definition], *, kept: bool = True) -> Bench:
    """A bench for the rules of `definitions`; what is compiled is `kept` in the cache."""
    ruleset = ruleset_of(tuple(definition.rule for definition in definitions))
    ruleset = ruleset if kept else replace(ruleset, digest="")
    return Bench(ruleset, {engine: matcher(ruleset, engine) for engine in ENGINES})


def check_rule(bench: Bench, definition: Definition) -> Iterator[Problem]:
    """What is wrong with one rule: its examples are found or left alone, by every matcher and beside all rules."""
    services = {rule.service for rule in bench.ruleset.rules}
    for slug in definition.shared_with:
        if slug not in services:
            yield Problem(definition.path, definition.rule.id, f"`shared_with`: there is no service `{slug}`")
    for kind, templates in (("matches", definition.matches), ("non_matches", definition.non_matches)):
        for number, template in enumerate(templates, 1):
            for reason in dict.fromkeys(_reasons(bench, definition, kind, template)):
                yield Problem(definition.path, definition.rule.id, f"{kind}, number {number}: {reason}")


def _reasons(bench: Bench, definition: Definition, kind: str, template: str) -> Iterator[str]:
    rule = definition.rule
    try:
        texts = [frame.format(expand(template, seed)) for seed, frame in zip(SEEDS, AROUND, strict=True)]
    except UsageError as error:
        yield error.message
        return
    for text in texts:
        if kind == "matches" and not any(keyword in text.lower() for keyword in rule.keywords):
            yield "it holds none of the rule's keywords"
        for engine in bench.matchers:
            alone = bench.hits(engine, text, only=rule)
            if kind == "matches":
                yield from _missed(bench, rule, engine, text, alone)
            elif alone:
                yield f"the rule finds a secret in it ({engine})"
            else:
                yield from _elsewhere(definition, engine, bench.hits(engine, text))


def _missed(bench: Bench, rule: Rule, engine: str, text: str, alone: list[Hit]) -> Iterator[str]:
    if len(alone) != 1:
        yield f"the rule finds {len(alone)} secrets in it instead of one ({engine})"
        return
    if rule.companion and rule.part not in {part.name for part in alone[0].parts}:
        yield f"the secret half of the pair is not found ({engine})"
    together = [hit.rule.id for hit in bench.hits(engine, text)]
    if rule.id not in together:
        yield f"another rule takes its place: {', '.join(together)} ({engine})"


def _elsewhere(definition: Definition, engine: str, hits: list[Hit]) -> Iterator[str]:
    """What rules of other services take for theirs although this one says that it is nobody's key."""
    own = {definition.rule.service, *definition.shared_with, *ANONYMOUS}
    for hit in hits:
        if hit.rule.service not in own and hit.confidence >= Confidence.MEDIUM:
            yield (
                f"{hit.rule.id} of another service finds a secret in it ({engine}); "
                f'if they share the form, say shared_with = ["{hit.rule.service}"]'
            )


def masked(definition: Definition) -> str:
    """The rule's first example with the secret in it as reports show it."""
    text = expand(definition.matches[0])
    data = text.encode()
    rules = [definition.rule]
    places = KeywordMatcher(rules).candidates(data)
    for hit in confirm(Blob(Stdin(), data), places, rules):
        if isinstance(hit, Hit):
            start, end = hit.location.start.offset, hit.location.end.offset
            return (data[:start] + f"{hit.secret}".encode() + data[end:]).decode()
    return "(the rule does not find its own example: see `unleak rules check`)"
