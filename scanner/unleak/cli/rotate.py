"""`unleak rotate`: plan, approve and execute the replacement of one leaked key."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from unleak.cli import (
    config,
    declared_key,
    expiring,
    leaked_key,
    new_key,
    rotation_config,
    rotation_wiring,
    terminal,
)
from unleak.cli.config import NOTHING, Config, Entry
from unleak.cli.rotation_drive import finish
from unleak.cli.rotation_restarts import restart_of
from unleak.cli.rotation_stores import SEARCHABLE, SEARCHED, reference
from unleak.cli.rotation_text import plan_text
from unleak.core.clock import iso
from unleak.core.errors import Exit, RotationError, UsageError
from unleak.core.fingerprint import fingerprint
from unleak.rotate import plan as planning
from unleak.rotate import provable, state
from unleak.rotate.plan import Plan
from unleak.rotate.ports import Credential, Trait
from unleak.rotate.rotation import History, Options


@dataclass(frozen=True, slots=True)
class RotateOptions:
    """What the user asked for."""

    finding: str | None
    report: Path | None
    stdin: bool
    parts: tuple[str, ...]
    key_id: str
    targets: tuple[str, ...]
    stores: tuple[str, ...]
    plan: bool
    yes: bool
    output: str
    options: Options
    config: Config
    name: str
    """Of the entry of the configuration."""
    given: frozenset[str]
    """The options that the command line names."""
    piped: str = ""
    entry: Entry = NOTHING


@click.command()
@click.option("--finding", metavar="FINGERPRINT", help="Of a finding in --report; 8 digits are enough.")
@click.option(
    "--report", type=click.Path(path_type=Path, exists=True), help="A json or jsonl report of a scan."
)
@click.option("--stdin", is_flag=True, help="Read the leaked key from stdin.")
@click.option("--rule", metavar="ID", default="", help="Whose key it is. [default: told by its shape]")
@click.option("--part", "parts", multiple=True, metavar="NAME=VALUE",
              help="A public part, such as the host, or a choice that the plan names.")  # fmt: skip
@click.option("--key-id", default="", metavar="ID",
              help="Which key leaked, where only you can tell; without it, the keys are listed.")  # fmt: skip
@click.option("--admin", metavar="REF", default="",
              help="Where the credential is that acts, such as env:NAME; for AWS keys the profile acts.")  # fmt: skip
@click.option("--aws-profile", "profile", metavar="NAME", default="", help="Act with this AWS profile.")
@click.option("--same-user", is_flag=True,
              help="Change the user's one password where a second user would take over (downtime).")  # fmt: skip
@click.option("--value-from", default="", metavar="REF",
              help="Where the new key is that only you can make, such as env:NAME. [default: ask for it]")  # fmt: skip
@click.option("--config", "place", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="Which keys go where (docs/configuration.md).")  # fmt: skip
@click.option(
    "--entry", "name", metavar="NAME", default="", help="Which [[keys]] of the configuration are meant."
)
@click.option("--expiring", callback=expiring.period, metavar="PERIOD",
              help="Replace the keys of the configuration that end within this time, such as 30d.")  # fmt: skip
@click.option("--target", "targets", multiple=True, metavar="REF",
              help="Update this secret: aws-sm://NAME#FIELD. May be repeated.")  # fmt: skip
@click.option("--store", "stores", multiple=True, type=click.Choice(SEARCHABLE), metavar="STORE",
              help=f"Search for the key: {', '.join(SEARCHABLE)}. May be repeated. "
                   "[default: aws-sm without --target]")  # fmt: skip
@click.option("--plan", is_flag=True, help="Show the plan and stop.")
@click.option("--yes", is_flag=True, help="Approve the plan without being asked.")
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="Of the plan.")  # fmt: skip
@click.option("--contain-first", is_flag=True, help="Disable the leaked key at once (downtime).")
@click.option("--region", metavar="NAME", default="", help="Of the secrets in AWS. [default: the profile's]")
@click.option("--consumer", "consumers", multiple=True, metavar="URL",
              help="A service that reports the version it uses. May be repeated (docs/rotation.md).")  # fmt: skip
@click.option("--restart", "restarts", multiple=True, metavar="REF",
              help="A service to restart with the new key. May be repeated (docs/stores.md).")  # fmt: skip
@click.option("--quiet", type=click.FloatRange(min=0), default=3600, show_default=True, metavar="SECONDS",
              help="How long the old key must stay unused.")  # fmt: skip
@click.option("--grace", type=click.FloatRange(min=0), default=60, show_default=True, metavar="SECONDS",
              help="Between disabling and deleting it.")  # fmt: skip
@click.option("--wait", type=click.FloatRange(min=0), default=900, show_default=True, metavar="SECONDS",
              help="How long to wait for services, or for you, before stopping.")  # fmt: skip
@click.option("--poll", "every", type=click.FloatRange(min=0.01), default=10, show_default=True, metavar="SECONDS",
              help="How often to ask whether you have deleted the leaked key.")  # fmt: skip
def rotate(**given: Any) -> None:
    """Replace one leaked key in the secret stores that hold it, without downtime.

    AWS access keys, passwords of databases, and keys of the services in docs/providers.md; where no
    program can make the new key, you are asked for it.

    The key comes from a finding (--finding with --report), from a hidden prompt, or from stdin with
    --stdin; never from an argument.

    Exit codes: 0 done (or planned), 2 usage, or a plan that cannot be carried out, 4 stopped on the
    way: resume it.
    """
    names = {
        name: given.pop(name)
        for name in (
            "contain_first",
            "profile",
            "region",
            "consumers",
            "restarts",
            "quiet",
            "grace",
            "wait",
            "rule",
            "admin",
            "value_from",
            "same_user",
            "every",
        )
    }
    context = click.get_current_context()
    said = frozenset(
        name for name in context.params if context.get_parameter_source(name) is not ParameterSource.DEFAULT
    )
    place, period = given.pop("place"), given.pop("expiring")
    if here := config.unused(place):
        click.echo(f"{here} of this folder is not used; --config {here} uses it", err=True)
    asked = RotateOptions(options=Options(**names), config=config.load(place), given=said, **given)
    if period is None:
        execute(asked)
    else:
        _replace_expiring(asked, period)


def execute(asked: RotateOptions) -> None:
    """Replace the key that the user names. Nothing is changed before approval."""
    rotation_wiring.prepare()
    _check(asked)
    said, asked = asked.parts, _settled(asked)
    try:
        leak, kind = leaked_key.given(asked)
    except RotationError as error:
        raise UsageError(error.message, error.hint) from None
    leaked_key.check_parts(said, kind)
    if not replace_key(asked, leak, kind):
        click.get_current_context().exit(int(Exit.USAGE))


def _replace_expiring(asked: RotateOptions, period: timedelta) -> None:
    """Replace the keys of the configuration that end within `period`, one after the other."""
    rotation_wiring.prepare()
    _check(asked)
    if asked.finding or asked.stdin or asked.options.rule or asked.targets or asked.stores:
        raise UsageError(
            "--expiring takes the keys from the configuration", "give --config, and perhaps --entry"
        )
    if asked.key_id and not asked.name:
        raise UsageError("--key-id is the id of one key", "name its entry with --entry")
    entries = asked.config.named(asked.name)
    left = []
    for entry in entries:
        try:
            done = _replace_if_due(configured(asked, entry), period)
        except UsageError as error:  # one that stops on the way ends it all: it is to be resumed first
            click.echo(f"{entry.name}: {error}", err=True)
            done = False
        left += [] if done else [entry.name]
    if left:
        raise UsageError(f"not looked at or not replaced: {', '.join(left)}", "what was wrong is said above")


def _replace_if_due(asked: RotateOptions, period: timedelta) -> bool:
    held = expiring.look(asked.entry, asked.key_id)
    due = held.ends is not None and held.ends <= datetime.now(UTC) + period
    name = held.leak.credential.id if held.kind is None else f"…{held.leak.credential.secret.last4}"
    click.echo(f"{asked.entry.name}: {name} {held.why}{', so it is to be replaced' if due else ''}")
    return not due or replace_key(asked, held.leak, held.kind)


def replace_key(
    asked: RotateOptions, leak: leaked_key.Leak, kind: "declared_key.Kind | leaked_key.Place | None"
) -> bool:
    """Plan, ask, open the rotation, and drive it. False if only the plan is shown, and cannot be carried out."""
    _check_open(leak)
    try:
        rule = "" if kind is None or isinstance(kind, leaked_key.Place) else kind.rule.id
        asked = replace(asked, options=replace(asked.options, rule=rule))
        using = rotation_wiring.adapters(asked.options, kind)
        with _untouched():
            plan = _plan(asked, leak, using)
        leak = replace(leak, credential=Credential(plan.identity.credential_id, leak.credential.secret))
    except RotationError as error:
        raise UsageError(error.message, error.hint) from None
    if asked.plan and asked.output == "json":
        click.echo(json.dumps(planning.as_json(plan), indent=2, default=iso))
    else:
        click.echo(plan_text(plan))
    if asked.plan:
        return not plan.refusals
    _, ledger = rotation_wiring.state_ledger()
    if plan.refusals:
        raise planning.refused(plan)
    with _untouched():
        rotation_config.approve(asked.entry, plan.acting, yes=asked.yes)
    rotation = rotation_wiring.open_rotation(plan, leak, using.stores.pinned(), ledger)
    click.echo(
        f"\nRotation {rotation.id} has begun; its record is kept for: unleak incidents show {rotation.id}"
    )
    finish(rotation, using, leak.credential, lambda: leak.credential.secret)
    return True


@contextmanager
def _untouched() -> Iterator[None]:
    """Who interrupts a plan or its approval is told that no rotation has to be resumed."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("\nunleak: nothing was changed", err=True)
        raise


def _settled(asked: RotateOptions) -> RotateOptions:
    """With what is piped in, and with what the configuration says of such keys."""
    named = next((one for one in asked.config.entries if one.name == asked.name), None)
    exact = named is not None and not set("*?[") & set(named.rule) and named.rule != leaked_key.AWS
    if named and exact and not (asked.finding or asked.options.rule or asked.stdin):
        asked = replace(asked, options=replace(asked.options, rule=named.rule))
    if asked.stdin:
        asked = replace(asked, piped=leaked_key.piped())
    elif not asked.finding and asked.options.rule in leaked_key.TOLD:
        asked = replace(asked, piped=leaked_key.typed())
    if not asked.config.entries and not asked.name and not asked.config.common:
        return asked
    entry = asked.config.entry(leaked_key.rule(asked), asked.name)
    return configured(asked, entry)


def configured(asked: RotateOptions, entry: Entry) -> RotateOptions:
    """With what the entry says, under what the command line says."""
    rotation_config.check(entry)
    where = rotation_config.where(entry, rotation_config.Where(asked.targets, asked.stores, asked.parts))
    asked = replace(asked, targets=where.targets, stores=where.stores, parts=where.parts, entry=entry)
    return replace(asked, options=rotation_config.options(entry, asked.options, asked.given))


def _check(asked: RotateOptions) -> None:
    if (asked.finding is None) != (asked.report is None):
        raise UsageError("--finding and --report go together", "the report tells where the finding stands")
    if asked.finding and asked.options.rule:
        raise UsageError("--finding and --rule exclude each other", "the finding tells its rule")
    if asked.finding and asked.stdin:
        raise UsageError("--finding and --stdin exclude each other", "give one of them")
    if asked.output == "json" and not asked.plan:
        raise UsageError(
            "--format json goes with --plan", "see a rotation as JSON with unleak incidents show"
        )
    if not (asked.plan or asked.yes or terminal.present()):
        raise UsageError(
            "there is no terminal to approve the plan on", "use --plan to see it, --yes to approve it"
        )
    new_key.check(asked.options)
    for url in asked.options.consumers:
        rotation_wiring.consumer(url)
    for ref in asked.options.restarts:
        restart_of(ref, asked.options)


def _plan(asked: RotateOptions, leak: leaked_key.Leak, using: rotation_wiring.Adapters) -> Plan:
    where = _where(asked)
    plan = planning.make(leak.credential, using.provider, using.stores, where, asked.options)
    leaked = leak.credential
    if Trait.LOGIN in plan.traits:
        leaked = Credential(plan.identity.credential_id, leaked.secret)
    unprovable = provable.refusals(leaked, plan.holders, using.stores, plan.traits)
    stranger = asked.entry.stranger(plan.identity.account, plan.identity.principal)
    services = {ref: restart_of(ref, asked.options) for ref in asked.options.restarts}
    problems = [f"{ref}: {problem}" for ref, service in services.items() if (problem := service.problem())]
    notes = [f"{ref}: {note}" for ref, service in services.items() if (note := service.note())]
    return replace(
        plan,
        refusals=(*plan.refusals, *unprovable, *problems, *([stranger] if stranger else [])),
        warnings=(*plan.warnings, *notes),
    )


def _where(asked: RotateOptions) -> planning.Where:
    searched = asked.stores or (() if asked.targets else (SEARCHED,))
    return planning.Where(tuple(dict.fromkeys(searched)), tuple(map(reference, asked.targets)))


def _check_open(leak: leaked_key.Leak) -> None:
    """One key, one open rotation. Before the plan, which would take the new key of that one for a stranger's."""
    if not state.location().exists():
        return
    _, ledger = rotation_wiring.state_ledger()
    name = fingerprint(leak.credential.secret.reveal())
    for rotation_id in ledger.rotations():
        history = History.of(ledger.events(rotation_id))
        opened = history.last("opened")
        if opened and opened.data["fingerprint"] == name and history.status in {"open", "undoing"}:
            raise UsageError(
                f"rotation {rotation_id} of this key is {history.status} already",
                f"see it with: unleak incidents show {rotation_id}\n"
                f"  go on with: unleak incidents resume {rotation_id}",
            )
