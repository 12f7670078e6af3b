"""`unleak verify`: ask a provider about one key that is typed or piped in."""

import io
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unleak.cli import liveness, terminal
from unleak.core.errors import Exit, UsageError
from unleak.core.fingerprint import fingerprint
from unleak.core.model import Confidence, Liveness, Rule, confidential
from unleak.core.secret import Secret
from unleak.core.verification import SECRET, names
from unleak.scan import sources
from unleak.scan.display import counted, harmless, owner
from unleak.scan.matching import matcher
from unleak.scan.patterns import spans
from unleak.scan.pipeline import Scan
from unleak.scan.ports import Summary
from unleak.scan.record import identity_record, plain
from unleak.scan.ruleset import RuleSet, load

if TYPE_CHECKING:
    from unleak.verify.answer import Answer

LONGEST = 65_536
"""Bytes of a key."""
EXITS = {Liveness.LIVE: Exit.FINDINGS, Liveness.DEAD: Exit.CLEAN}
SAID = {
    Liveness.LIVE: "the provider accepts it",
    Liveness.DEAD: "the provider refuses it",
    Liveness.UNKNOWN: "no clear answer: treat it as live",
    Liveness.NOT_ASKED: "not asked",
}
SIGNED = {"aws.access-key": ("access_key_id",)}
"""Parts that rules need whose request no rule file describes."""
BOTH = "Pipe the text that holds both into `unleak scan --stdin --verify`."


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """What the user asked for."""

    service: str | None
    rule_id: str | None
    parts: tuple[str, ...]
    stdin: bool
    self_hosted: bool
    extra: tuple[Path, ...]
    shape: str


@dataclass(frozen=True, slots=True)
class Key:
    """What is to be asked about."""

    rule: Rule
    secret: Secret
    parts: dict[str, str]


@click.command()
@click.option("--service", metavar="SLUG", help="Whose key it is. [default: told by its shape]")
@click.option("--rule", "rule_id", metavar="ID", help="The rule whose request is to be sent.")
@click.option("--part", "parts", multiple=True, metavar="NAME=VALUE",
              help="A public part, such as an account's id.")  # fmt: skip
@click.option("--stdin", is_flag=True, help="Read the key from stdin. [default: a hidden prompt]")
@click.option("--verify-self-hosted", "self_hosted", is_flag=True,
              help="Ask also a public host that a part names.")  # fmt: skip
@click.option("--rules", "extra", multiple=True, type=click.Path(exists=True, path_type=Path),
              help="Further rule files or folders.")  # fmt: skip
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def verify(context: click.Context, /, **given: Any) -> None:
    """Ask a provider whether one key is live, and whose it is.

    The key is typed at a hidden prompt or piped in (--stdin); it is never an argument.

    Exit codes: 0 dead, 1 live, 2 usage, 3 it could not be told.
    """
    options = VerifyOptions(**given)
    liveness.check()
    ruleset, parts = load(options.extra), given_parts(options.parts)
    among = candidates(ruleset, options)
    key = known(among, read(options), parts) if among else recognised(ruleset, read(options), parts)
    check_parts(key)
    answer = ask(key, options)
    (show_json if options.shape == "json" else show_text)(key, answer)
    context.exit(int(EXITS.get(answer.liveness, Exit.INCOMPLETE_SCAN)))


def given_parts(given: Sequence[str]) -> dict[str, str]:
    """The parts of --part by name."""
    pairs = [text.partition("=") for text in given]
    if not all(name and value for name, _, value in pairs):
        raise UsageError("--part takes NAME=VALUE.", "Such as --part account_id=1234.")
    if any(confidential(name) for name, _, _ in pairs):
        raise UsageError("A part that is a secret must not stand in an argument.", BOTH)
    return {name: value for name, _, value in pairs}


def candidates(ruleset: RuleSet, options: VerifyOptions) -> list[Rule]:
    """The rules that the options name, of those that can be asked about; none if they name none."""
    if options.rule_id is None and options.service is None:
        return []
    named = [
        rule for rule in ruleset.rules
        if options.rule_id in {None, rule.id} and options.service in {None, rule.service}
    ]  # fmt: skip
    if not named:
        raise UsageError("There is no such rule or service.", "`unleak rules list` shows all.")
    able = [rule for rule in named if rule.verification or rule.id in SIGNED]
    if not able:
        raise UsageError(f"No request is known that tells whether a key of {named[0].service_title} is live.",
                         f"See {named[0].docs}." if named[0].docs else "Its rule file has no [verify].")  # fmt: skip
    return able


def read(options: VerifyOptions) -> str:
    """The key, from the person or the pipe."""
    if options.stdin:
        text = sys.stdin.buffer.read(LONGEST + 1).decode("utf-8", "surrogateescape").strip()
    else:
        text = terminal.hidden("The key (not shown): ")
    if not text or len(text) > LONGEST:
        raise UsageError("No key was given." if not text else "That is too long for a key.")
    return text


def known(among: Sequence[Rule], text: str, parts: dict[str, str]) -> Key:
    """`text` as a key of one of these rules, whatever its shape if there is but one request."""
    data = text.encode("utf-8", "surrogateescape")
    fitting = [
        rule for rule in among
        if any(data[span.value_start : span.value_end] == data for span in spans(rule.pattern, data, 0, len(data)))
    ]  # fmt: skip
    for some in (among, fitting):
        if len({rule.verification for rule in some}) == 1:
            return Key(some[0], Secret(text), parts)
    listed = ", ".join(rule.id for rule in (fitting or among))
    raise UsageError("The service has several kinds of keys.", f"Name one with --rule: {listed}.")


def recognised(ruleset: RuleSet, text: str, parts: dict[str, str]) -> Key:
    """What the rules find in `text`, which may hold a pair."""
    stream = io.BytesIO(text.encode("utf-8", "surrogateescape"))
    found = Scan(
        sources.stdin(stream), ruleset, matcher(ruleset, "keywords"), Summary(), False, Confidence.MEDIUM
    )
    findings = found.run()
    if len(findings) != 1:
        raise UsageError(
            "That is more than one key." if findings else "No rule knows a key by this shape alone.",
            "Say whose it is with --service SLUG or --rule ID; `unleak rules list` shows them.",
        )
    finding = findings[0]
    return Key(finding.rule, finding.secret, {part.name: part.value for part in finding.parts} | parts)


def check_parts(key: Key) -> None:
    """Raise UsageError unless everything that the request needs was given."""
    said = key.rule.verification
    wanted = set(SIGNED.get(key.rule.id, ()))
    if said is not None:
        wanted |= set().union(*map(names, said.request.templates())) - {SECRET}
        wanted -= set(dict(said.request.defaults))
    for name in sorted(wanted - set(key.parts)):
        how = BOTH if confidential(name) else f"Add --part {name}=VALUE."
        raise UsageError(f"The request of {key.rule.id} needs the key's {name}.", how)


def ask(key: Key, options: VerifyOptions) -> "Answer":
    """The provider's word of now: nothing is remembered or taken from memory."""
    from unleak.verify.ports import Question

    rule = key.rule
    name = fingerprint(key.secret.reveal())
    question = Question(rule.id, rule.service, name, key.secret, rule.verification, key.parts)
    answering = liveness.engine(self_hosted=options.self_hosted, remember=False)
    answer = answering.ask([question])[0]
    if answering.interrupted:
        raise KeyboardInterrupt
    return answer


def show_text(key: Key, answer: "Answer") -> None:
    """For a person."""
    masked = f"…{harmless(key.secret.last4)} ({counted(key.secret.length, 'character')})"
    click.echo(f"{answer.liveness}  {key.rule.title}  {masked}")
    click.echo(f"  {SAID[answer.liveness]}" + (f" ({harmless(answer.why)})" if answer.why else ""))
    for label, text in owner(answer.identity):
        click.echo(f"  {label} {text}")
    click.echo(f"  {key.rule.id}")


def show_json(key: Key, answer: "Answer") -> None:
    """For a program; the fields are those of the reports."""
    told = {
        "rule_id": key.rule.id,
        "service": key.rule.service,
        "title": key.rule.title,
        "secret": {"last4": plain(key.secret.last4), "length": key.secret.length},
        "liveness": str(answer.liveness),
        "liveness_reason": answer.why or None,
        "identity": identity_record(answer.identity) if answer.identity else None,
    }
    click.echo(json.dumps(told, indent=2))
