"""`unleak incidents`: the rotations so far, their records, and the way on or back."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from unleak.cli import reference, rotation_wiring, terminal
from unleak.cli.rotation_drive import finish, resumable
from unleak.cli.rotation_text import events_text, summary_line, timeline_text
from unleak.core.errors import RotationError, UnleakError, UsageError
from unleak.core.secret import Secret
from unleak.rotate.rotation import History, Options, Rotation
from unleak.rotate.timeline import timeline

FORMAT = click.option(
    "--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True
)
WAIT = click.option("--wait", type=click.FloatRange(min=0), metavar="SECONDS",
                    help="How long to wait for services, or for you, before stopping.")  # fmt: skip
QUIET = click.option("--quiet", type=click.FloatRange(min=0), metavar="SECONDS",
                     help="How long a key must stay unused.")  # fmt: skip
ADMIN = click.option("--admin", metavar="REF", help="Where the credential is that acts, such as env:NAME.")
VALUE_FROM = click.option(
    "--value-from", metavar="REF", help="Where the new key is that only you can make, such as env:NAME."
)
LEAKED_FROM = click.option(
    "--leaked-from", metavar="REF", help="Where the leaked key is, if it is needed, such as env:NAME."
)
POLL = click.option("--poll", "every", type=click.FloatRange(min=0.01), metavar="SECONDS",
                    help="How often to ask whether you have deleted the key.")  # fmt: skip
PROFILE = click.option("--aws-profile", "profile", metavar="NAME", help="Act with this AWS profile.")


@click.group()
def incidents() -> None:
    """List, show, resume or undo rotations. An ID may be shortened as long as it is unique."""


@incidents.command("list")
@FORMAT
def list_all(output: str) -> None:
    """All rotations, oldest first."""
    _, ledger = rotation_wiring.state_ledger()
    found = {one: History.of(ledger.events(one)) for one in ledger.rotations()}
    if output == "json":
        click.echo(json.dumps([_summary(one, history) for one, history in found.items()], indent=2))
        return
    for one, history in found.items():
        click.echo(summary_line(one, history))
    if not found:
        click.echo("No rotations yet.")


@incidents.command()
@click.argument("rotation_id", metavar="ID")
@FORMAT
def show(rotation_id: str, output: str) -> None:
    """One rotation: what was done when, and the timeline."""
    _, ledger = rotation_wiring.state_ledger()
    rotation_id = rotation_wiring.find(ledger, rotation_id)
    events = ledger.events(rotation_id)
    history = History.of(events)
    if output == "json":
        listed = [asdict(event) | {"at": event.at.isoformat()} for event in events]
        click.echo(json.dumps(_summary(rotation_id, history) | {"events": listed}, indent=2))
        return
    click.echo(summary_line(rotation_id, history))
    click.echo(events_text(events))
    click.echo()
    click.echo(timeline_text(events))
    if history.status in {"open", "undoing"}:
        click.echo(f"\nGo on with: unleak incidents resume {rotation_id}")


@incidents.command()
@click.argument("rotation_id", metavar="ID")
@click.option("--revoke-anyway", is_flag=True, default=None,
              help="Go on although services were not seen to use the new key.")  # fmt: skip
@ADMIN
@PROFILE
@VALUE_FROM
@LEAKED_FROM
@QUIET
@click.option(
    "--grace", type=click.FloatRange(min=0), metavar="SECONDS", help="Between disabling and deleting."
)
@WAIT
@POLL
def resume(rotation_id: str, **overrides: Any) -> None:
    """Go on with a rotation (or its undo) from where it stopped."""
    _drive(rotation_id, overrides, back=False)


@incidents.command()
@click.argument("rotation_id", metavar="ID")
@click.option("--now", is_flag=True, default=None, help="Do not wait for services to leave the new key.")
@ADMIN
@PROFILE
@LEAKED_FROM
@QUIET
@WAIT
@POLL
def undo(rotation_id: str, **overrides: Any) -> None:
    """Go back: the old key works again, the new one is deleted. Not after the old one was deleted."""
    _drive(rotation_id, overrides, back=True)


def _drive(rotation_id: str, overrides: dict[str, Any], *, back: bool) -> None:
    _, ledger = rotation_wiring.state_ledger()
    rotation_id = rotation_wiring.find(ledger, rotation_id)
    given = overrides.pop("leaked_from")
    rotation = rotation_wiring.load(ledger, rotation_id, overrides)
    status = History.of(ledger.events(rotation_id)).status
    if status in {"closed", "undone"}:
        raise UsageError(f"rotation {rotation_id} is {status} already", "there is nothing left to do")
    using = rotation_wiring.of_rotation(rotation)
    try:
        rotation = rotation_wiring.acting_rotation(rotation, using)
    except RotationError as error:
        raise _explained(error, rotation) from None
    ask = _giver(given, rotation.options) if given else _ask
    finish(rotation, using, None, ask, back=back)


def _explained(error: UnleakError, rotation: Rotation) -> UnleakError:
    """If the key that acted is the leaked one, it may be dead by now, and the profile is out of date."""
    if rotation.acting.key_id == rotation.key_id:
        places = ", ".join(str(target.ref) for target in rotation.targets)
        error.hint = (
            "the leaked key itself acted in this rotation and may be disabled by now: "
            f"put the new key into {rotation.options.admin or 'your AWS profile'} (it stands in {places})"
        )
    return resumable(error, rotation)


def _ask() -> Secret | None:
    return Secret(terminal.hidden("The secret that leaked (not shown): ")) if terminal.present() else None


def _giver(ref: str, options: Options) -> Callable[[], Secret | None]:
    """Gives what stands there, which is looked at before anything is done."""
    secret = reference.resolve(ref, options, "--leaked-from", "the leaked key")
    return lambda: secret


def _summary(rotation_id: str, history: History) -> dict[str, Any]:
    told = timeline(history.events)
    opened = history.last("opened")
    return {
        "id": rotation_id,
        "status": history.status,
        "waits_for": history.waiting or None,
        "key": opened.data.get("key") if opened else None,
        "principal": opened.data.get("principal") if opened else None,
        "timeline": {name: moment.isoformat() if moment else None for name, moment in told.milestones},
        "exposure_seconds": told.exposure.total_seconds() if told.exposure is not None else None,
    }
