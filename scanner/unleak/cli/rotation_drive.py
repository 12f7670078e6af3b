"""Executes a rotation from the command line: asks when somebody has to decide, ends with the timeline."""

from collections.abc import Callable

import click

from unleak.cli import rotation_wiring, terminal
from unleak.cli.rotation_text import timeline_text
from unleak.core.errors import UnleakError
from unleak.core.secret import Secret
from unleak.rotate.ports import Credential, Trait
from unleak.rotate.rotation import Rotation, with_overrides
from unleak.rotate.run import Paused

Ask = Callable[[], Secret | None]


def finish(
    rotation: Rotation,
    using: rotation_wiring.Adapters,
    leaked: Credential | None,
    ask: Ask,
    *,
    back: bool = False,
) -> None:
    """Drive to the end. Raises the error of a pause, with the line that resumes it."""
    paused = rotation_wiring.execute(rotation, using, leaked, ask, back=back)
    while paused is not None and paused.undecided and terminal.present():
        answer = _decide(paused, undo=Trait.SINGLE not in rotation.traits)
        if answer == "a":
            rotation = with_overrides(rotation, {"revoke_anyway": True})
        elif answer == "u" and Trait.SINGLE not in rotation.traits:
            back = True
        elif answer != "w":
            break
        paused = rotation_wiring.execute(rotation, using, leaked, ask, back=back)
    if paused is not None:
        raise resumable(paused.error, rotation)
    _, ledger = rotation_wiring.state_ledger()
    events = ledger.events(rotation.id)
    click.echo()
    click.echo(timeline_text(events))


def _decide(paused: Paused, *, undo: bool) -> str:
    click.echo(f"\n{paused.error.message}")
    choices = "go on [a]nyway and disable it, [u]ndo" if undo else "go on [a]nyway and close its connections"
    return terminal.ask(f"[w]ait on, {choices}, or [s]top here? ").lower()[:1]


def resumable(error: UnleakError, rotation: Rotation) -> UnleakError:
    """The error with the line that resumes the rotation."""
    line = f"go on with: unleak incidents resume {rotation.id}"
    if f"unleak incidents resume {rotation.id}" not in error.hint:
        error.hint = f"{error.hint}\n  {line}" if error.hint else line
    return error
