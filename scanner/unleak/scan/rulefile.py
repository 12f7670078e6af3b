"""Reads one rule file (TOML) and refuses whatever it does not understand; docs/rules.md has the format."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from unleak.core.errors import UsageError
from unleak.core.model import Companion, Confidence, Replacement, Rule, Severity, confidential
from unleak.core.rotating import Revoking, Rotating
from unleak.core.verification import SECRET, names
from unleak.scan import binding, patternlint, rotatefile, verifyfile
from unleak.scan.checks import CHECKS
from unleak.scan.table import Table

WITHIN = 400
"""Bytes around a secret in which a public half is looked for unless its rule says otherwise."""
DECLARED = "declared"
"""The rotation provider of rules with a [rotate]."""
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")
MAX_BYTES = 256 << 10
"""Of a rule file."""
MAX_RULES = 500
"""In a rule file."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A rule with what its file says of it beyond matching."""

    rule: Rule
    path: Path
    matches: tuple[str, ...]
    """Templates (see `examples`) of texts in which the rule finds exactly one secret."""
    non_matches: tuple[str, ...]
    """Templates of texts in which it finds none."""
    shared_with: tuple[str, ...] = ()
    """Slugs of services that use the same form: their rules may find a secret in `non_matches`."""
    rotation: Rotating | None = None
    """How its keys are replaced, if its file says so."""
    given: frozenset[str] = frozenset()
    """Public parts that only a person names: they are not looked for in what is scanned."""
    revocation: Revoking | None = None
    """How they are revoked where a person issues them, if a request does that."""

    @property
    def by_hand(self) -> bool:
        """Whether a person can replace its keys: at a known address, and the provider tells which are dead."""
        asked, replacement = self.rule.verification, self.rule.replacement
        if self.rotation and not self.rotation.by_hand:
            return False
        if (
            replacement.provider not in {"", DECLARED}
            or not replacement.console
            or not (asked and asked.dead)
        ):
            return False
        sent = set().union(*map(names, asked.request.templates())) - {SECRET}
        return not (self.rule.companion or any(map(confidential, sent)))


@dataclass(frozen=True, slots=True)
class Header:
    """What the rules of one file have in common."""

    path: Path
    slug: str
    service: str
    docs: str
    replacement: Replacement
    verification: verifyfile.Written
    context: tuple[str, ...]
    """Names of the service; they tie values to all rules that have no keywords of their own."""
    common: bool


def read_all(paths: Iterable[Path]) -> list[Definition]:
    """The rules of all files, in order. Raises UsageError, also for an id that two rules have."""
    return unique(definition for path in paths for definition in read(path))


def unique(definitions: Iterable[Definition]) -> list[Definition]:
    """`definitions` as they are. Raises UsageError if two have the same id."""
    found: dict[str, Definition] = {}
    for definition in definitions:
        earlier = found.setdefault(definition.rule.id, definition)
        if earlier is not definition:
            raise UsageError(
                f"{definition.path}: rule {definition.rule.id}: its id is taken by a rule of {earlier.path}."
            )
    return list(found.values())


def read(path: Path) -> Iterator[Definition]:
    """The rules of one file. Raises UsageError naming file, rule and reason."""
    top = Table(_toml(path), f"{path}")
    if not SLUG.fullmatch(path.stem):
        top.fail("the name of a rule file is its service's slug: lower-case letters, digits and hyphens")
    replacement, verification = _replacement(top), verifyfile.read(top)
    header = Header(path, path.stem, top.line("service"), top.url("docs", ""), replacement, verification,
                    top.words("words", ()), top.flag("common"))  # fmt: skip
    tables = top.tables("rule")
    parts = {table.text("id", ""): set(_patterns(table)) for table in tables}
    rotations, revocations = rotatefile.read(top, parts), rotatefile.revocations(top, parts)
    top.close()
    if not tables:
        top.fail("it holds no [[rule]]")
    if len(tables) > MAX_RULES:
        top.fail(f"it holds {len(tables):,} rules; the limit is {MAX_RULES}, so divide it")
    of = {name: rotation for rotation in rotations for name in rotation.rules}
    by = {name: revocation for revocation in revocations for name in revocation.rules}
    for table in tables:
        definition = _definition(header, table)
        if rotation := of.get(definition.rule.id):
            definition = _rotated(table, definition, rotation)
        if revocation := by.get(definition.rule.id):
            definition = _revoked(table, definition, revocation)
        yield definition


def _revoked(table: Table, definition: Definition, revocation: Revoking) -> Definition:
    """With the revocation, which is sent to the hosts that the key is asked about at."""
    asked = definition.rule.verification
    if not definition.by_hand or asked is None:
        table.fail("[[revoke]] is of use only without a [rotate], or if that says `by_hand`, with a `console` in "
                   "[replace] and a [verify] that has `dead`")  # fmt: skip
    sent = revocation.revoke.request
    exchange = replace(revocation.revoke, request=replace(sent, hosts=sent.hosts or asked.request.hosts))
    return replace(definition, revocation=replace(revocation, revoke=exchange))


def _rotated(table: Table, definition: Definition, rotation: Rotating) -> Definition:
    if rotation.by_hand and not definition.by_hand:
        table.fail("`by_hand` of [rotate] needs a `console` in [replace] and a [verify] that has `dead`")
    replacement = replace(definition.rule.replacement, provider=DECLARED)
    return replace(definition, rule=replace(definition.rule, replacement=replacement), rotation=rotation)


def _toml(path: Path) -> dict[str, object]:
    """The file as TOML. Raises UsageError also for one that is too large or nested too deeply."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise UsageError(f"{path}: it is larger than {MAX_BYTES >> 10} KiB.", "Divide it into several.")
        return tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: this is no TOML: {error}.", "docs/rules.md shows the format.") from None
    except RecursionError:
        raise UsageError(f"{path}: this is no rule file: it is nested too deeply.") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}.") from None


def _replacement(top: Table) -> Replacement:
    table = top.table("replace")
    if table is None:
        return Replacement()
    replacement = Replacement(table.line("provider", ""), table.url("console", ""), table.line("how", ""))
    if replacement.how and not replacement.console:
        table.fail("`how` says what to do at the `console`, which is missing")
    table.close()
    return replacement


def _definition(header: Header, table: Table) -> Definition:
    name = table.text("id")
    table.where = f"{header.path}: rule {name}"
    if not (name.startswith(f"{header.slug}.") and SLUG.fullmatch(name[len(header.slug) + 1 :])):
        table.fail(f"its id has to be `{header.slug}.` and a name of lower-case letters, digits and hyphens")
    rule = _rule(header, name, table)
    matches, non_matches = table.texts("matches"), table.texts("non_matches")
    shared_with = table.words("shared_with", ())
    table.close()
    given = frozenset(inner.line("name") for inner in table.tables("with") if inner.flag("given"))
    return Definition(rule, header.path, matches, non_matches, shared_with, given=given)


def _rule(header: Header, name: str, table: Table) -> Rule:
    names = table.words("names", ())
    context = table.words("context", () if names else header.context)
    bound = "keywords" not in table and bool(names or context)
    pattern = _pattern(table, bound=bound)  # first: while a rule is being written, this is what goes wrong
    return Rule(
        id=name,
        service=header.slug,
        service_title=header.service,
        title=table.line("title"),
        why=table.line("why"),
        docs=table.url("docs", header.docs),
        severity=Severity(table.choice("severity", list(Severity))),
        confidence=_confidence(table, bound=bound),
        pattern=pattern,
        keywords=table.words("keywords", binding.keywords(names + context) if bound else None),
        checks=_checks(table),
        bound=bound,
        context=context,
        names=names,
        common=header.common,
        doubt=_loose(table, "doubt", 0) if "doubt" in table else "",
        unless=_loose(table, "unless", 0) if "unless" in table else "",
        named_only=table.flag("named_only"),
        part=table.line("part", ""),
        companion=_companion(table),
        halves=tuple(half for inner in table.tables("with") if (half := _half(inner))),
        replacement=header.replacement,
        verification=verifyfile.of_rule(table, header.verification, _patterns(table)),
    )


def _patterns(table: Table) -> dict[str, str]:
    """The patterns of the secret and of the public parts that a finding of the rule may have."""
    halves = {half.line("name"): half.text("pattern", "") for half in table.tables("with")}
    part = table.line("part", "")
    return {SECRET: table.text("pattern")} | ({part: ""} if part else {}) | halves


def _pattern(table: Table, *, bound: bool) -> str:
    """The pattern as written: of a bound rule the value alone."""
    written = table.text("pattern")
    for problem in patternlint.problems(written, groups=0 if bound else 1):
        table.fail(f"pattern: {problem}")
    for problem in patternlint.too_wide(written):
        table.fail(f"pattern: {problem}")
    return written


def _confidence(table: Table, *, bound: bool) -> Confidence:
    names = {str(level): level for level in Confidence}
    return names[table.choice("confidence", list(names), "medium" if bound else "high")]


def _checks(table: Table) -> tuple[str, ...]:
    names = table.texts("checks", ())
    for name in names:
        if name not in CHECKS.table:
            table.fail(f"there is no check `{name}`; there are {', '.join(CHECKS.table)}")
    return names


def _companion(table: Table) -> Companion | None:
    inner = table.table("companion")
    if (inner is None) != (table.text("part", "") == ""):
        table.fail("`part` and [rule.companion] go together")
    if inner is None:
        return None
    inner.where = f"{table.where}: companion"
    companion = Companion(inner.line("name"), _loose(inner, "pattern", 1), inner.number("within"))
    inner.close()
    return companion


def _half(table: Table) -> Companion | None:
    """A public half: bound by names of its own, or with a shape of its own, or in place (with a group).

    None if only a person gives it.
    """
    if table.flag("given"):
        table.line("name")
        table.close()
        return None
    name, within = table.line("name"), table.number("within") if "within" in table else WITHIN
    within = 0 if table.flag("inside") else within
    names, value = table.words("names", ()), table.text("pattern")
    placed = not names and not list(patternlint.not_compiling(value, 1))
    for problem in () if placed else patternlint.not_compiling(value, 0):
        table.fail(f"pattern: {problem}")
    required = table.flag("required")
    table.close()
    whole = binding.bind(names, value) if names else binding.delimited(value)
    return Companion(name, value if placed else whole, within, required)


def _loose(table: Table, key: str, groups: int) -> str:
    """A pattern that only `regex` runs, so that it may look around."""
    pattern = table.text(key)
    for problem in patternlint.not_compiling(pattern, groups):
        table.fail(f"{key}: {problem}")
    return pattern
