"""SARIF 2.1.0 for code hosts and editors. Holds no secret, no text of files and no e-mail address.

Spec: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from unleak.core.clock import iso
from unleak.core.install import repository
from unleak.core.model import (
    Commit,
    Confidence,
    File,
    Finding,
    GitObject,
    Location,
    Origin,
    Rule,
    Severity,
    Skipped,
    Staged,
    Stdin,
)
from unleak.scan.display import counted, harmless
from unleak.scan.ports import ReportOptions, Summary
from unleak.scan.record import path_text

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_PLACES = 1000
"""Code hosts refuse a result with more locations; the number of all is in its properties."""

LEVELS = {
    Severity.CRITICAL: ("error", "9.5"),
    Severity.HIGH: ("error", "8.0"),
    Severity.MEDIUM: ("warning", "5.5"),
    Severity.LOW: ("note", "2.0"),
}
"""SARIF's level and the score of `security-severity`, from 0 to 10."""
PRECISION = {Confidence.HIGH: "very-high", Confidence.MEDIUM: "high", Confidence.LOW: "low"}

Json = dict[str, Any]


def write(findings: Sequence[Finding], summary: Summary, options: ReportOptions, out: IO[str]) -> None:
    """Write one run, in ASCII. `options` change nothing: this report is meant for others."""
    rules = sorted({found.rule.id: found.rule for found in findings}.values(), key=lambda rule: rule.id)
    indices = {rule.id: index for index, rule in enumerate(rules)}
    bases = Bases()
    run = {
        "tool": {"driver": _driver(rules)},
        "columnKind": "unicodeCodePoints",
        "results": [_result(found, indices, bases) for found in findings],
        "invocations": [_invocation(summary, bases)],
        "originalUriBaseIds": bases.table,
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    json.dump(log, out, indent=2)
    out.write("\n")


class Bases:
    """The directories that were scanned, each under a name to which paths are relative."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def name(self, root: str) -> str:
        return self.names.setdefault(root, f"ROOT{len(self.names)}" if self.names else "SRCROOT")

    @property
    def table(self) -> Json:
        return {name: {"uri": _directory_uri(root)} for root, name in self.names.items()}


def _directory_uri(root: str) -> str:
    return f"file://{quote(os.fsencode(Path(root).absolute().as_posix()))}".rstrip("/") + "/"


def _driver(rules: Iterable[Rule]) -> Json:
    driver = {"name": "unleak", "version": version("unleak"), "semanticVersion": version("unleak")}
    address = repository()
    if address:
        driver["informationUri"] = address
    return {**driver, "rules": [_rule(rule) for rule in rules]}


def _rule(rule: Rule) -> Json:
    level, score = LEVELS[rule.severity]
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.replace(".", "-").split("-")),
        "shortDescription": {"text": f"{rule.title}."},
        "fullDescription": {"text": rule.why},
        **({"helpUri": rule.docs} if rule.docs else {}),
        "help": {"text": f"{rule.why} {_remedy(rule)}"},
        "defaultConfiguration": {"level": level},
        "properties": {
            "tags": ["security", "external/cwe/cwe-798", rule.service],
            "precision": PRECISION[rule.confidence],
            "security-severity": score,
        },
    }


def _remedy(rule: Rule) -> str:
    if rule.replacement.provider:
        return "Replace it with `unleak rotate`."
    where = f" at {rule.replacement.console}" if rule.replacement.console else ""
    return f"Replace it{where}; deleting the line is not enough, for whoever has seen it keeps it."


def _result(found: Finding, indices: dict[str, int], bases: Bases) -> Json:
    first, *others = found.locations[:MOST_PLACES]
    doubtful = found.confidence is Confidence.LOW
    places = counted(len(found.locations), "place")
    text = f"{found.rule.title} ending in \u2026{harmless(found.secret.last4)}, in {places}. {found.rule.why}"
    result = {
        "ruleId": found.rule.id,
        "ruleIndex": indices[found.rule.id],
        "level": "note" if doubtful else LEVELS[found.severity][0],
        "message": {"text": text},
        "locations": [_location(first, bases)],
        "partialFingerprints": {"unleak/v1": found.fingerprint},
        "suppressions": _suppressions(found),
        "properties": {
            "severity": str(found.severity),
            "confidence": str(found.confidence),
            "liveness": str(found.liveness),
            "security-severity": LEVELS[found.severity][1],
            "places": len(found.locations),
        },
    }
    related = [{"id": number, **_location(other, bases)} for number, other in enumerate(others, 1)]
    return {**result, "relatedLocations": related} if related else result


def _suppressions(found: Finding) -> list[Json]:
    """Always a list: a result without one says nothing if another has one."""
    marker = found.suppression
    return [{"kind": "inSource", "status": "accepted", "justification": marker}] if marker else []


def _location(location: Location, bases: Bases) -> Json:
    region = {
        "startLine": location.start.line,
        "startColumn": location.start.column,
        "endLine": location.end.line,
        "endColumn": location.end.column,
    }
    physical = {"artifactLocation": _artifact(location.origin, bases), "region": region}
    result: Json = {"physicalLocation": physical}
    if location.origin.member:  # the region would be taken for one of the archive
        member = harmless(path_text(location.origin.member))
        place = f"{member}:{location.start.line}:{location.start.column}"
        physical["region"] = {"startLine": 1}
        result["logicalLocations"] = [{"name": member, "fullyQualifiedName": place, "kind": "resource"}]
    properties = _history(location.origin)
    return {**result, **({"properties": properties} if properties else {})}


def _artifact(origin: Origin, bases: Bases) -> Json:
    """A relative URI for what has a path; what has none gets an address of its own."""
    match origin:
        case File(root, path) | Staged(root, path) | Commit(root, path) if path:
            return {"uri": quote(path), "uriBaseId": bases.name(root)}
        case File(root) | Staged(root):
            return {"uri": _directory_uri(root)}
        case Commit(blob=oid) | GitObject(oid=oid):
            return {"uri": f"git-object:{oid}"}
        case Stdin():
            return {"uri": "stdin:-"}
    raise AssertionError(origin)


def _history(origin: Origin) -> Json:
    """Which commit; its author stays out, for names hold addresses."""
    if isinstance(origin, Commit):
        return {"commit": origin.commit, "blob": origin.blob, "date": iso(origin.date)}
    return {"blob": origin.blob} if isinstance(origin, Staged) else {}


def _invocation(summary: Summary, bases: Bases) -> Json:
    invocation: Json = {
        "executionSuccessful": not (summary.failed or summary.interrupted),
        "exitCode": int(summary.exit),
    }
    notes = [_failure(skip, bases) for skip in summary.skipped if skip.failed]
    if summary.interrupted:
        notes.append(_note("error", "Interrupted: the results are those of what was read until then."))
    reasons = Counter(skip.reason for skip in summary.skipped if not skip.failed)
    notes += [_note("note", f"Skipped {number}: {harmless(reason)}.") for reason, number in reasons.items()]
    return {**invocation, "toolExecutionNotifications": notes} if notes else invocation


def _failure(skip: Skipped, bases: Bases) -> Json:
    location = {"physicalLocation": {"artifactLocation": _artifact(skip.origin, bases)}}
    return {**_note("error", f"Could not be read: {harmless(skip.reason)}."), "locations": [location]}


def _note(level: str, text: str) -> Json:
    return {"level": level, "message": {"text": text}}
