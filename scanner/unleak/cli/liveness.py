"""Asks the providers about findings: joins the scan to the engine of `unleak.verify`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from unleak.core.errors import UsageError
from unleak.core.install import need
from unleak.core.model import Finding, Liveness
from unleak.scan import cache
from unleak.scan.ports import Summary

if TYPE_CHECKING:
    from unleak.verify.engine import Engine

    # importing the engine costs a tenth of a second, which only --verify pays
    from unleak.verify.ports import Question, Transport

MEMORY = "liveness.json"
"""Of answers that are still good, in the cache."""
ORDER = (Liveness.LIVE, Liveness.UNKNOWN, Liveness.NOT_ASKED, Liveness.DEAD)
HALF = "only the public half of the pair was found"
MODULES = ("cryptography", "httpx", "jmespath")


def check() -> None:
    """Raise UsageError with the install line unless everything is there that verification needs."""
    for module in MODULES:
        need(module, "verify")


def network() -> "Transport":
    """The way to the providers."""
    from unleak.verify.http import Https

    return Https()


def engine(*, self_hosted: bool, remember: bool = True) -> "Engine":
    """What asks; with `remember`, an answer of the last minutes is taken again."""
    from unleak.verify.engine import Engine
    from unleak.verify.memory import Memory

    memory = (
        Memory(lambda: cache.read(MEMORY), lambda data: cache.write(MEMORY, data)) if remember else Memory()
    )
    return Engine(network(), memory, self_hosted=self_hosted)


def question(finding: Finding) -> "Question":
    """What is to be asked about `finding`."""
    from unleak.verify.ports import Question

    parts = {part.name: part.value for part in finding.parts}
    rule = finding.rule
    return Question(rule.id, rule.service, finding.fingerprint, finding.secret, rule.verification, parts)


def asked(findings: Sequence[Finding], summary: Summary, answering: "Engine") -> list[Finding]:
    """`findings` with what their providers say, the live ones first. Suppressed ones are not asked about."""
    told = [replace(found, why=HALF) if _half(found) else found for found in findings if not _askable(found)]
    asking = [found for found in findings if _askable(found)]
    answers = answering.ask([question(found) for found in asking])
    for found, answer in zip(asking, answers, strict=True):
        told.append(replace(found, liveness=answer.liveness, why=answer.why, identity=answer.identity))
    summary.interrupted = summary.interrupted or answering.interrupted
    if answering.offline:
        say_offline()
    before = {found.fingerprint: number for number, found in enumerate(findings)}
    return sorted(told, key=lambda found: (ORDER.index(found.liveness), before[found.fingerprint]))


def _askable(found: Finding) -> bool:
    return not found.suppression and not _half(found)


def _half(found: Finding) -> bool:
    """Whether it is the public half of a pair alone, which is no key."""
    return bool(found.rule.part) and found.rule.part not in {part.name for part in found.parts}


def say_offline() -> None:
    """Say on stderr, once, that nothing was reached."""
    click.echo(
        "unleak: no provider could be reached: check the network, and HTTPS_PROXY if there is a proxy",
        err=True,
    )


def dismiss_dead(findings: Sequence[Finding], summary: Summary) -> None:
    """Count those that are proved dead no longer (--only-live)."""
    dead = [found for found in findings if found.liveness is Liveness.DEAD and not found.suppression]
    counted = [found for found in dead if found.confidence >= summary.threshold]
    summary.only_live = True
    summary.dead = len(counted)
    summary.findings -= len(counted)


def modes(*, verify: bool, self_hosted: bool, only_live: bool, hook: str) -> None:
    """Raise UsageError unless the options of verification go together. `hook` names a mode of a git hook."""
    extra = "--verify-self-hosted" if self_hosted else "--only-live" if only_live else ""
    if extra and not verify:
        raise UsageError(f"{extra} goes with --verify.", "Add --verify.")
    if verify and hook:
        raise UsageError(
            f"{hook} and --verify exclude each other: a hook sends no key anywhere.",
            "Verify in CI or by hand: unleak scan --verify.",
        )
    if verify:
        check()
