"""From disabling the leaked key to the proof that it is dead."""

from unleak.core.errors import Conflict, RotationError
from unleak.core.model import Liveness
from unleak.rotate.keys import PATIENCE, spared, sweep, switch_off
from unleak.rotate.ports import Trait
from unleak.rotate.replace import occurs
from unleak.rotate.run import Run, leaked
from unleak.rotate.steps import write_only
from unleak.verify.answer import Answer


def disable(run: Run) -> None:
    """Disable the leaked key: the last thing that can be undone."""
    if run.history.last("deleting"):
        return
    nobody_went_back(run)
    switch_off(run)
    if not spared(run):
        run.once("disabled", {"key": run.rotation.key_id})


def grace(run: Run) -> None:
    """Leave some time in which a forgotten user of the old key is noticed and undo still helps."""
    disabled = run.history.last("disabled")
    if disabled is None or run.history.last("deleting"):
        return
    left = run.options.grace - max(0.0, (run.clock.now() - disabled.at).total_seconds())
    if left > 0:
        run.progress.note(f"{left:.0f} s of grace: Ctrl-C, then unleak incidents undo {run.rotation.id}")
        run.sleep(left)


def delete(run: Run) -> None:
    """Delete the leaked key. From here on there is no way back."""
    if spared(run):
        return
    if run.provider.key(run.rotation.identity, run.rotation.key_id):
        leaked(run)
        nobody_went_back(run)
        run.once("deleting", {"key": run.rotation.key_id})
        run.provider.revoke(run.rotation.identity, run.rotation.key_id)
    run.once("revoked", {"key": run.rotation.key_id})


def prove(run: Run) -> None:
    """Ask with the leaked key itself until the provider says that it does not exist."""
    if run.history.last("dead"):
        return
    waited = 0.0
    while (answer := run.provider.verify(leaked(run))).liveness is not Liveness.DEAD:
        if waited == 0.0 and answer.liveness is Liveness.LIVE:
            _delete_again(run)
        if waited >= PATIENCE:
            raise _alive(run, answer)
        run.progress.note("that is not known everywhere yet")
        run.sleep(min(2.0, run.options.poll))
        waited += min(2.0, run.options.poll)
    run.log("dead", {"key": run.rotation.key_id})
    sweep(run)


def _delete_again(run: Run) -> None:
    """What confirmed the deletion may not have been the provider, such as a page that asks to sign in."""
    if run.rotation.traits & {Trait.SINGLE, Trait.BY_HAND} or not run.history.last("revoked"):
        return
    if run.provider.key(run.rotation.identity, run.rotation.key_id):
        run.provider.revoke(run.rotation.identity, run.rotation.key_id)


def _alive(run: Run, answer: Answer) -> RotationError:
    """The leaked key is not dead although a key was deleted."""
    if Trait.NAMED in run.rotation.traits and answer.liveness is Liveness.LIVE:
        return RotationError(
            f"key {run.rotation.key_id} is deleted, but the leaked key lives on: that was another one, or the "
            "deletion is not known everywhere yet",
            "resume in a minute; if it still lives, delete the right one at the provider by hand, then resume, and "
            f"give a new key to whatever used {run.rotation.key_id}",
        )
    return RotationError(
        f"key {run.rotation.name} is revoked, but not proved dead: " + (answer.why or "it is still accepted"),
        "resume in a minute to ask again",
    )


def release(run: Run) -> None:
    """Take our mark off the user."""
    if run.provider.claimed_by(run.rotation.identity) == run.rotation.id:
        run.provider.release(run.rotation.identity)


def close(run: Run) -> None:
    """Remove what the stores kept for the way back: there is none any longer."""
    tidy(run)
    run.once("closed")


def tidy(run: Run) -> None:
    """No store keeps anything for this rotation after it."""
    for target in run.rotation.targets:
        run.store(target).tidy(target.ref.name, (target.old, target.new))


def nobody_went_back(run: Run) -> None:
    """Taking the key away under a secret that still holds it would break its services."""
    for target in run.rotation.targets:
        store = run.store(target)
        current = store.current(target.ref.name)
        if current != target.new and occurs(
            store.read(target.ref.name, current).reveal(), leaked(run).secret.reveal()
        ):
            raise Conflict(
                f"{target.ref} was set back to the leaked key by somebody else",
                f"put it right, then resume; or undo: unleak incidents undo {run.rotation.id}",
            )
    write_only.untouched(run)
