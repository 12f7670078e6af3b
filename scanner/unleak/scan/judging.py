"""Runs the checks of a rule on a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from unleak.core.model import Confidence, Rule, Severity
from unleak.scan.checks import CHECKS
from unleak.scan.ports import Outcome


@dataclass(frozen=True, slots=True)
class Judged:
    """What the checks of a rule make of one value."""

    value: str
    confidence: Confidence
    severity: Severity
    doubted: bool
    parts: Mapping[str, str] = field(default_factory=dict)
    """Public parts that the checks read out of the value."""


def judge(rule: Rule, value: str) -> Judged | None:
    """Run the rule's checks on `value`; None if one of them rejects it."""
    confidence, severity, doubted = rule.confidence, rule.severity, False
    parts: dict[str, str] = {}
    for name in rule.checks:
        verdict = CHECKS[name](value)
        if verdict.outcome is Outcome.REJECTED:
            return None
        if verdict.outcome is Outcome.PROVEN:
            confidence = Confidence.HIGH
        elif verdict.outcome is Outcome.DOUBTFUL:
            confidence, doubted = Confidence.LOW, True
        severity = verdict.severity or severity
        parts |= verdict.parts
        value = verdict.canonical if verdict.canonical is not None else value
    return Judged(value, confidence, severity, doubted, parts)
