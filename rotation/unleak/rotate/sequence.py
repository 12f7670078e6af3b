"""The order of the steps, forward and back. The names are part of what DBOS records: never reuse one."""

from collections.abc import Callable

from unleak.rotate.ports import Trait
from unleak.rotate.rotation import Rotation
from unleak.rotate.run import Run
from unleak.rotate.steps import again, by_hand, issue, restart, revoke, single, switch, undo

Step = tuple[str, str, Callable[[Run], None]]
"""The recorded name, what people see, and the work."""

FORWARD: tuple[Step, ...] = (
    ("claim", "Marking the owner of the key as being worked on", issue.claim),
    ("record", "Recording which keys there are", issue.record),
    ("contain", "Disabling the leaked key at once", issue.contain),
    ("issue", "Issuing a new key, pending in the store", issue.issue),
    ("put", "Putting it into every secret that holds the old one", issue.put),
    ("check", "Checking that the new key works", again.check),
    ("promote", "Making the new version current", again.promote),
    ("restart", "Restarting services", restart.forward),
    ("pick-up", "Waiting for services to pick it up", switch.pick_up),
    ("disable", "Disabling the leaked key", revoke.disable),
    ("grace", "Leaving time to go back", revoke.grace),
    ("delete", "Deleting the leaked key", revoke.delete),
    ("prove", "Proving the leaked key dead", revoke.prove),
    ("release", "Taking the mark off the owner", revoke.release),
    ("close", "Closing the rotation", revoke.close),
)

BACK: tuple[Step, ...] = (
    ("undo-check", "Checking that there is a way back", undo.check),
    ("undo-enable", "Making sure that the old key works", undo.enable),
    ("undo-roll-back", "Making the old version current again", undo.roll_back),
    ("undo-restart", "Restarting services", restart.back),
    ("undo-settle", "Waiting for services to leave the new key", undo.settle),
    ("undo-delete", "Deleting the new key", undo.delete),
    ("undo-release", "Taking the mark off the owner", revoke.release),
    ("undo-close", "Closing the rotation", undo.close),
)


NEEDS = {
    **dict.fromkeys(("claim", "release", "undo-release"), Trait.MARK),
    **dict.fromkeys(("contain", "disable", "grace"), Trait.DISABLE),
}
"""Steps that not every provider can do. Without `disable`, grace would show nothing that is still hidden."""


BY_HAND: dict[str, Step] = {
    "issue": ("issue", "Getting a new key from a person, pending in the store", by_hand.issue),
    "delete": ("delete", "Seeing the leaked key revoked", by_hand.delete),
}
"""In place of the steps of the same names, where a person issues keys. No list of keys is there to be recorded."""

SINGLE: tuple[Step, ...] = (
    ("choose", "Choosing a new password, pending in the store", single.choose),
    ("put", "Putting it into every secret that holds the old one", issue.put),
    ("exchange", "Setting it, and making the new version current", single.switch),
    ("check-set", "Checking that the new password works", single.check),
    ("restart", "Restarting services", restart.forward),
    ("pick-up", "Waiting for services to pick it up", switch.pick_up),
    ("end", "Closing the connections that the leaked password opened", single.end),
    ("prove", "Proving the leaked password dead", revoke.prove),
    ("close", "Closing the rotation", revoke.close),
)
"""Where a user has one password at a time."""
SINGLE_BACK = tuple(step for step in BACK if step[0] in {"undo-check", "undo-roll-back", "undo-close"})
"""The provider was asked for nothing yet, or there is no way back."""


def forward(rotation: Rotation) -> tuple[Step, ...]:
    """The steps that its options ask for and its provider can do."""
    return _able(SINGLE if Trait.SINGLE in rotation.traits else FORWARD, rotation)


def back(rotation: Rotation) -> tuple[Step, ...]:
    """The way back, as far as its provider can do it."""
    return _able(SINGLE_BACK if Trait.SINGLE in rotation.traits else BACK, rotation)


def _able(steps: tuple[Step, ...], rotation: Rotation) -> tuple[Step, ...]:
    unwanted = {"contain"} if not rotation.options.contain_first else set()
    unwanted |= {"restart", "undo-restart"} if not rotation.options.restarts else set()
    unwanted |= {"record"} if Trait.BY_HAND in rotation.traits else set()
    instead = BY_HAND if Trait.BY_HAND in rotation.traits else {}
    return tuple(
        instead.get(step[0], step)
        for step in steps
        if step[0] not in unwanted and NEEDS.get(step[0]) in {None, *rotation.traits}
    )
