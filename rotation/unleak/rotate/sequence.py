"""The order of the steps, forward and back. The names are part of what DBOS records: never reuse one."""

from collections.abc import Callable

from unleak.rotate.rotation import Options
from unleak.rotate.run import Run
from unleak.rotate.steps import issue, revoke, switch, undo

Step = tuple[str, str, Callable[[Run], None]]
"""The recorded name, what people see, and the work."""

FORWARD: tuple[Step, ...] = (
    ("claim", "Marking the user as being worked on", issue.claim),
    ("record", "Recording the user's keys", issue.record),
    ("contain", "Disabling the leaked key at once", issue.contain),
    ("issue", "Issuing a new key, pending in the store", issue.issue),
    ("put", "Putting it into every secret that holds the old one", issue.put),
    ("check", "Checking that the new key works", issue.check),
    ("promote", "Making the new version current", switch.promote),
    ("pick-up", "Waiting for services to pick it up", switch.pick_up),
    ("disable", "Disabling the leaked key", revoke.disable),
    ("grace", "Leaving time to go back", revoke.grace),
    ("delete", "Deleting the leaked key", revoke.delete),
    ("prove", "Proving the leaked key dead", revoke.prove),
    ("release", "Taking the mark off the user", revoke.release),
    ("close", "Closing the rotation", revoke.close),
)

BACK: tuple[Step, ...] = (
    ("undo-check", "Checking that there is a way back", undo.check),
    ("undo-enable", "Enabling the old key", undo.enable),
    ("undo-roll-back", "Making the old version current again", undo.roll_back),
    ("undo-settle", "Waiting for services to leave the new key", undo.settle),
    ("undo-delete", "Deleting the new key", undo.delete),
    ("undo-release", "Taking the mark off the user", revoke.release),
    ("undo-close", "Closing the rotation", undo.close),
)


def forward(options: Options) -> tuple[Step, ...]:
    """The steps that these options ask for."""
    return tuple(step for step in FORWARD if step[0] != "contain" or options.contain_first)
