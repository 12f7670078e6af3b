"""The way back, open until the leaked key is deleted."""

from unleak.core.errors import Conflict, RotationError
from unleak.rotate.keys import discard
from unleak.rotate.replace import occurs
from unleak.rotate.run import ACTING_AS_BEFORE, Paused, Run, leaked


def check(run: Run) -> None:
    """Only while the leaked key exists. RotationError after that."""
    if run.history.last("recorded") and not run.provider.keys(run.rotation.identity).get(run.rotation.key_id):
        raise RotationError(
            f"key {run.rotation.key_id} is deleted: there is no way back, only forward",
            f"unleak incidents resume {run.rotation.id}",
        )


def enable(run: Run) -> None:
    """Let the old key work again, before anything is sent back to it."""
    key = run.provider.keys(run.rotation.identity).get(run.rotation.key_id)
    before = run.history.last("recorded")
    if key and not key.active and before and before.data["active"]:
        run.provider.set_active(run.rotation.identity, run.rotation.key_id, True)
        run.once("enabled", {"key": run.rotation.key_id})
    if run.acts_with_new_key:  # it is about to be deleted
        run.switch(leaked(run))
        run.memory.switched = False
    run.once(ACTING_AS_BEFORE)


def roll_back(run: Run) -> None:
    """Make the old version current again wherever the new one is."""
    for target in run.rotation.targets:
        store, name = run.store(target), target.ref.name
        current = store.current(name)
        if current == target.new:
            store.promote(name, target.old, target.new)
            run.once("rolled back", {"target": str(target.ref), "version": target.old})
        elif current != target.old and _holds_new(run, store.read(name, current).reveal()):
            raise Conflict(
                f"{target.ref} was changed by somebody else and holds the new key",
                "put the old key there by hand, then resume the undo",
            )
        store.drop_pending(name, target.new)


def settle(run: Run) -> None:
    """Wait until the services have left the new key, if they ever saw it."""
    back = run.history.first_at("rolled back")
    if back is None or run.options.now or run.history.last("left"):
        return
    waited = 0.0
    while not _left(run, waited):
        if waited >= run.options.wait:
            raise Paused(
                RotationError(
                    f"services still use the new key after {run.options.wait:g} s",
                    f"wait on, or go on at once: unleak incidents undo {run.rotation.id} --now",
                )
            )
        if waited == 0.0:
            run.progress.note("waiting for services to leave the new key")
        run.sleep(run.options.poll)
        waited += run.options.poll
    run.log("left")


def delete(run: Run) -> None:
    """Delete the new key: only one that this rotation is proved to have issued."""
    discard(run)


def close(run: Run) -> None:
    """Nothing is left to do."""
    run.once("undone")


def _left(run: Run, waited: float) -> bool:
    if run.consumers:
        said = [one.version() for one in run.consumers]
        return all(version and version not in run.rotation.new_versions for version in said)
    entry = run.history.last("issued")
    used = run.provider.last_used(str(entry.data["key"])) if entry else None
    if used is None:
        return waited >= run.options.quiet
    return waited >= run.options.quiet and (run.at_provider() - used.at).total_seconds() >= run.options.quiet


def _holds_new(run: Run, text: str) -> bool:
    return any(occurs(text, str(event.data["key"])) for event in run.history.all("issued"))
