"""Makes rule files of foreign rules, and proves of each that it finds what it is to find."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from unleak.core.errors import UsageError
from unleak.core.model import Blob, Confidence, Hit, Rule, Stdin
from unleak.scan import confirm, explosion, regexsample, regextree, regexwrite, rulecheck, rulefile
from unleak.scan.convert import Foreign, Remark, bounds, literals, naming, toml_text
from unleak.scan.display import harmless
from unleak.scan.examples import expand
from unleak.scan.matchers.keywords import KeywordMatcher
from unleak.scan.patternlint import MAX_PATTERN
from unleak.scan.ports import MAX_WIDTH
from unleak.scan.regextree import Node
from unleak.scan.rulefile import Definition
from unleak.scan.rulelimits import EXPLODES, MAX_SIZE

SAMPLES = 12
"""Texts made of a pattern, the first of which that the rule finds becomes its example."""
LONG = 160
"""Characters of a description that are kept."""


@dataclass(slots=True)
class Converted:
    """What became of a file."""

    files: dict[str, str] = field(default_factory=dict)
    """The text of each rule file, by its slug."""
    rules: int = 0
    remarks: list[Remark] = field(default_factory=list)


class Conversion:
    """Converts rules beside the `known` ones. `source` is the name of the file that they are from."""

    def __init__(
        self, known: Sequence[Rule], source: str, tell: Callable[[str], None] = rulecheck.silent
    ) -> None:
        self._known = known
        self._matcher = KeywordMatcher(known)
        self._services = {rule.service: rule.service_title for rule in known}
        self._docs = {rule.service: rule.docs for rule in known}
        self._taken = {rule.id for rule in known}
        self._source = harmless(source)
        self._tell = tell

    def convert(self, found: Sequence[Foreign | Remark]) -> Converted:
        """Rule files of `found`, with a remark for all that is not in them."""
        made, heads, bodies = Converted(), dict[str, str](), dict[str, list[str]]()
        with TemporaryDirectory() as folder:
            for number, item in enumerate(found, 1):
                if isinstance(item, Remark):
                    made.remarks.append(replace(item, id=_line(item.id)))
                    continue
                self._tell(f"converting rule {number:,} of {len(found):,}")
                try:
                    slug, name, body = self._rule(item, Path(folder))
                except _Left as left:
                    made.remarks.append(Remark(_line(item.id), f"{left}", left.missing))
                    continue
                self._taken.add(name)
                heads[slug] = self._head(slug)
                bodies.setdefault(slug, []).append(body)
                made.rules += 1
                made.remarks += [Remark(_line(item.id), reason, False) for reason in _lost(item)]
        made.files = {slug: "\n".join([heads[slug], *bodies[slug]]) for slug in bodies}
        return made

    def _rule(self, item: Foreign, folder: Path) -> tuple[str, str, str]:
        """The slug, the id and the text of the rule. Raises _Left."""
        tree = fitted(item)
        words = literals.keywords(tree)
        if not words:
            raise _Left("there is no text that stands in every match, by which it could be looked for")
        slug, name = naming.placed(item.title or item.id, self._services)
        name = naming.free(f"{slug}.{name}", self._taken)
        service = naming.title(slug, self._services)
        lines = _lines(item, name, service, regexwrite.written(tree), words)
        definition = self._read(folder / f"{slug}.toml", self._head(slug) + "\n" + "\n".join(lines))
        samples = [template for template in regexsample.templates(tree, SAMPLES) if template.strip()]
        if covering := self._covering(samples):
            raise _Left(f"unleak finds it already: {', '.join(covering)}", missing=False)
        example, counterexample = self._proved(definition, samples)
        examples = [
            f"matches = {toml_text.texts([example])}",
            f"non_matches = {toml_text.texts([counterexample])}",
        ]
        return slug, name, "\n".join([*lines[:-2], *examples, ""])

    def _head(self, slug: str) -> str:
        service = naming.title(slug, self._services)
        lines = [
            f"# Made of {self._source} by `unleak rules import`.",
            f"service = {toml_text.text(service)}",
        ]
        if self._docs.get(slug):
            lines.append(f"docs = {toml_text.text(self._docs[slug])}")
        return "\n".join(lines) + "\n"

    def _read(self, path: Path, text: str) -> Definition:
        path.write_text(text, encoding="utf-8")
        try:
            [definition] = rulefile.read(path)
        except UsageError as error:
            reason = error.message.rpartition(f"{path}: ")[2].partition(": ")[2]
            raise _Left(harmless(reason) or "it is no rule") from None
        return definition

    def _covering(self, samples: Sequence[str]) -> list[str]:
        """The rules that find a service's secret in every sample; none if one is not found."""
        found: dict[str, None] = {}
        for number, sample in enumerate(samples):
            data = expand(sample, number).encode()
            hits = confirm.confirm(Blob(Stdin(), data), self._matcher.candidates(data), self._known)
            named = [hit.rule.id for hit in hits if isinstance(hit, Hit) and _tells(hit)]
            if not named:
                return []
            found |= dict.fromkeys(named)
        return list(found)

    def _proved(self, definition: Definition, samples: Sequence[str]) -> tuple[str, str]:
        """An example and a counterexample that pass all checks. Raises _Left if there are none."""
        try:
            bench = rulecheck.prepare([definition], kept=False)
        except UsageError as error:
            raise _Left(error.message.partition(": ")[2]) from None
        example = next((one for one in samples if _holds(bench, definition, (one,), ("-",))), None)
        if example is None:
            raise _Left("no text could be made of it that it finds")
        for other in _counterexamples(example, definition.rule.keywords):
            if _holds(bench, definition, (example,), (other,)):
                return example, other
        raise _Left("no text could be made of it that it does not find")


class _Left(Exception):
    """The rule is not converted, and why."""

    def __init__(self, reason: str, missing: bool = True) -> None:
        super().__init__(reason)
        self.missing = missing


def fitted(item: Foreign) -> Node:
    """The tree of the rule's pattern as a rule may have it. Raises _Left."""
    if not item.pattern.isascii():
        raise _Left("it holds characters beyond ASCII, and unleak matches bytes")
    if len(item.pattern) > 2 * MAX_PATTERN:
        raise _Left("its pattern is too long")
    try:
        tree = bounds.unanchored(regextree.parsed(item.pattern, item.flags))
        tree = bounds.grouped(bounds.bounded(tree), item.group)
        written = regexwrite.written(tree)
    except (ValueError, RecursionError) as error:
        raise _Left(f"{error}" if isinstance(error, ValueError) else "it is nested too deeply") from None
    if len(written) > MAX_PATTERN:
        raise _Left("its pattern is too long")
    if regextree.longest(tree) > MAX_WIDTH or regextree.size(tree) > MAX_SIZE:
        raise _Left(
            f"it is too wide: a match may be longer than {MAX_WIDTH:,} bytes, or it has too many repeats"
        )
    if explosion.explodes(tree):
        raise _Left(EXPLODES.format(explosion.STEPS))
    return tree


def _lost(item: Foreign) -> Iterator[str]:
    yield from item.lost
    tree = regextree.parsed(item.pattern, item.flags)
    count = bounds.unbounded(tree)
    if count:
        yield f"{count} repeat{'s' if count > 1 else ''} had no upper bound and got one"
    if bounds.anchored(tree):
        yield "where a line had to begin, a word has to: it finds the secret also in the middle of a line"


def _lines(item: Foreign, name: str, service: str, pattern: str, words: Sequence[str]) -> list[str]:
    """The lines of the rule; the last two stand for the examples."""
    title = _line(item.title) or _line(f"{service} {name.partition('.')[2].replace('-', ' ')}")
    why = _line(item.why) or "Whoever holds it can do what its owner may."
    checks = ["placeholder", "entropy"] if item.entropy else ["placeholder"]
    return [
        "[[rule]]",
        f"id = {toml_text.text(name)}",
        f"title = {toml_text.text(title)}",
        f"why = {toml_text.text(why)}",
        'severity = "high"',
        f'confidence = "{item.confidence}"',
        f"pattern = {toml_text.pattern(pattern)}",
        f"keywords = {toml_text.texts(words)}",
        f"checks = {toml_text.texts(checks)}",
        'matches = ["-"]',
        'non_matches = ["-"]',
    ]


def _line(text: str) -> str:
    """`text` as one line that can be shown, not too long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= LONG else f"{line[: LONG - 1]}…"


def _tells(hit: Hit) -> bool:
    return hit.confidence >= Confidence.MEDIUM and hit.rule.service not in confirm.ANONYMOUS


def _holds(
    bench: rulecheck.Bench, definition: Definition, matches: tuple[str, ...], others: tuple[str, ...]
) -> bool:
    tried = replace(definition, matches=matches, non_matches=others)
    return not any(True for _ in rulecheck.check_rule(bench, tried))


def _counterexamples(example: str, words: Sequence[str]) -> Iterator[str]:
    """Texts near to the example, the nearest first."""
    head, place, rest = example.rpartition("${")
    name, colon, size = rest.partition("}")[0].partition(":")
    if place and colon and int(size) > 1:
        yield f"{head}${{{name}:{int(size) - 1}}}{rest.partition('}')[2]}"
        yield f"{head}${{{name}:1}}{rest.partition('}')[2]}"
    yield f"{words[0]} is not set"
    yield "nothing"
