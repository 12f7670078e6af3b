"""Reads the rules of gitleaks and betterleaks: TOML with [[rules]]."""

import tomllib
from collections.abc import Iterator

from unleak.core.errors import UsageError
from unleak.core.model import Confidence
from unleak.scan.convert import MAX_RULES, Foreign, Remark
from unleak.scan.convert.go_syntax import in_python

UNDERSTOOD = {
    "id", "description", "regex", "secretGroup", "valueGroup", "keywords", "entropy", "confidence", "path",
    "tags", "title", "name",
}  # fmt: skip
LOST = {
    "allowlist": "its allowlist is left out: mark false ones with unleak:allow",
    "allowlists": "its allowlists are left out: mark false ones with unleak:allow",
    "filter": "its filter is left out",
    "validate": "how it asks the provider is left out: docs/verification.md says how to write [verify]",
    "required": "the rules it requires nearby are left out: see [[rule.with]]",
    "components": "the parts that go with it are left out: see [[rule.with]]",
    "report": "how it is reported is left out",
    "analyze": "how a key is analysed is left out",
    "revoke": "how a key is revoked is left out",
}
WHOLE = {
    "extend": "[extend] is left out: unleak's own rules are always there; convert a base file by itself",
    "allowlist": "the allowlist of the whole file is left out: mark false ones with unleak:allow",
    "allowlists": "the allowlists of the whole file are left out: mark false ones with unleak:allow",
    "filter": "the filter of the whole file is left out",
    "prefilter": "the filter of the whole file is left out",
}


def read(text: str) -> list[Foreign | Remark]:
    """The rules in `text`, each or why it cannot be one. Raises UsageError if there are none."""
    try:
        top = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"This is no TOML: {error}.") from None
    except RecursionError:
        raise UsageError("This is no file of rules: it is nested too deeply.") from None
    rules = top.get("rules")
    if not isinstance(rules, list) or not rules:
        raise UsageError("The file holds no [[rules]].", "Name the TOML file of gitleaks or betterleaks.")
    if len(rules) > MAX_RULES:
        raise UsageError(f"The file holds {len(rules):,} rules; the limit is {MAX_RULES:,}.", "Divide it.")
    found: list[Foreign | Remark] = [Remark("", reason, False) for key, reason in WHOLE.items() if key in top]
    return found + [_rule(rule, number) for number, rule in enumerate(rules, 1)]


def _rule(rule: object, number: int) -> Foreign | Remark:
    if not isinstance(rule, dict):
        return Remark(f"number {number}", "it is no table", True)
    name = rule["id"] if isinstance(rule.get("id"), str) and rule["id"] else f"number {number}"
    pattern = rule.get("regex")
    if rule.get("skipReport") is True:
        return Remark(name, "it is not reported there either, but is a part of other rules", False)
    if not isinstance(pattern, str):
        return Remark(name, "it has no regex: unleak looks into files and does not judge their paths", True)
    group = rule.get("secretGroup", rule.get("valueGroup", 0))
    try:
        python = in_python(pattern)
    except ValueError as error:
        return Remark(name, f"{error}", True)
    description = rule.get("description")
    return Foreign(
        id=name,
        title="",
        why=description if isinstance(description, str) else "",
        pattern=python,
        group=group if isinstance(group, int) else 0,
        confidence=_confidence(rule.get("confidence")),
        entropy="entropy" in rule or "entropy(" in str(rule.get("filter")),
        lost=tuple(_lost(rule)),
    )


def _confidence(said: object) -> Confidence:
    return next((level for level in Confidence if str(level) == said), Confidence.MEDIUM)


def _lost(rule: dict[str, object]) -> Iterator[str]:
    if "entropy" in rule:
        yield (
            f"entropy {rule['entropy']}"
            + " becomes unleak's own check of random text, which has no threshold"
        )
    if "path" in rule:
        yield "its path is left out: the rule applies to all files"
    yield from (reason for key, reason in LOST.items() if key in rule)
    unknown = sorted(set(rule) - UNDERSTOOD - set(LOST) - {"skipReport", "specificity"})
    if unknown:
        yield f"{len(unknown)} keys that are not known are left out"
