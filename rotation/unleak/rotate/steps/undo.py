"""The way back, open until the leaked key is deleted."""

from datetime import datetime

from unleak.core.errors import Conflict, RotationError
from unleak.core.fingerprint import fingerprint
from unleak.core.model import Liveness
from unleak.rotate.keys import PATIENCE, SPARED, discard
from unleak.rotate.ports import Trait
from unleak.rotate.replace import occurs
from unleak.rotate.run import ACTING_AS_BEFORE, Paused, Run, leaked
from unleak.rotate.steps import by_hand, single, spread, write_only
from unleak.rotate.steps.revoke import tidy

GONE_BACK = "gone back"
"""Written when no secret holds the new key any longer."""


def check(run: Run) -> None:
    """Only while the leaked key exists. RotationError after that."""
    if Trait.BY_HAND in run.rotation.traits:
        by_hand.way_back(run)
        return
    if run.history.last(SPARED):
        raise RotationError(
            "the leaked key is dead: there is no way back, only forward",
            f"unleak incidents resume {run.rotation.id}",
        )
    if Trait.SINGLE in run.rotation.traits:
        single.way_back(run)
        return
    recorded = run.history.last("recorded")
    if recorded and not run.provider.key(run.rotation.identity, run.rotation.key_id):
        raise RotationError(
            f"key {run.rotation.key_id} is deleted: there is no way back, only forward",
            f"unleak incidents resume {run.rotation.id}",
        )


def enable(run: Run) -> None:
    """Let the old key work again, before anything is sent back to it."""
    key = run.provider.key(run.rotation.identity, run.rotation.key_id)
    before = run.history.last("recorded")
    if key and not key.active and before and before.data["active"]:
        run.once("enabling", {"key": run.rotation.key_id})
        run.provider.set_active(run.rotation.identity, run.rotation.key_id, True)
    if run.history.last("enabling") and not run.history.last("enabled"):
        _works_again(run)
        run.log("enabled", {"key": run.rotation.key_id})
    if run.acts_with_new_key:  # it is about to be deleted
        run.switch(leaked(run))
        run.memory.switched = False
    run.once(ACTING_AS_BEFORE)


def roll_back(run: Run) -> None:
    """Make the old version current again wherever the new one is."""
    for target in run.rotation.targets:
        store, name = run.store(target), target.ref.name
        if store.current(name) == target.new:
            run.once("rolling back", {"target": str(target.ref), "version": target.old})
            store.promote(name, target.old, target.new)
            run.once("rolled back", {"target": str(target.ref), "version": target.old})
        store.drop_pending(name, target.new)
    write_only.empty(run)
    spread.wait(run)
    _new_key_is_nowhere(run)
    if not run.history.last(GONE_BACK):
        run.log(GONE_BACK, {"at": run.at_provider().isoformat()})


def settle(run: Run) -> None:
    """Wait until the services have left the new key, if they ever saw it."""
    seen = run.history.last("promoted") or run.history.last("rolling back")
    if seen is None or run.options.now or run.history.last("left"):
        return
    if not (run.consumers or Trait.LAST_USE in run.rotation.traits):
        raise Paused(
            RotationError(
                "whether services still use the new key cannot be told: the provider does not say when a key is used",
                f"see that they use the old one, then: unleak incidents undo {run.rotation.id} --now",
            )
        )
    waited = 0.0
    while not _left(run):
        if waited >= run.options.wait:
            raise Paused(
                RotationError(
                    f"services may still use the new key after {run.options.wait:g} s of waiting",
                    f"wait on, or go on at once: unleak incidents undo {run.rotation.id} --now",
                )
            )
        if waited == 0.0:
            run.progress.note("waiting for services to leave the new key")
        run.sleep(run.options.poll)
        waited += run.options.poll
    run.log("left")


def delete(run: Run) -> None:
    """Delete the new key: only one that this rotation is proved to have issued, and that no secret holds."""
    _new_key_is_nowhere(run)
    if Trait.BY_HAND in run.rotation.traits:
        by_hand.discard(run)
    else:
        discard(run)


def close(run: Run) -> None:
    """Remove what the stores kept; nothing is left to do."""
    tidy(run)
    run.once("undone")


def _works_again(run: Run) -> None:
    """Services must not be sent back to a key that the provider does not accept everywhere yet."""
    waited = 0.0
    while run.provider.verify(leaked(run)).liveness is not Liveness.LIVE:
        if waited >= PATIENCE:
            raise RotationError(
                f"key {run.rotation.key_id} was enabled, but is not accepted yet", "resume in a minute"
            )
        run.sleep(1.0)
        waited += 1.0


def _left(run: Run) -> bool:
    if run.consumers:
        said = [one.version() for one in run.consumers]
        return all(version and version not in run.rotation.new_versions for version in said)
    entry, back = run.history.last("issued"), run.history.last(GONE_BACK)
    used = run.provider.last_used(run.rotation.identity, str(entry.data["key"])) if entry else None
    since = [datetime.fromisoformat(str(back.data["at"]))] if back else []
    since += [used.at] if used else []
    return (run.at_provider() - max(since)).total_seconds() >= run.options.quiet


def _new_key_is_nowhere(run: Run) -> None:
    """Deleting a key under a secret that holds it would break its services."""
    for target in run.rotation.targets:
        store = run.store(target)
        current = store.current(target.ref.name)
        if current != target.old and _holds_new(run, store.read(target.ref.name, current).reveal()):
            raise Conflict(
                f"{target.ref} was changed by somebody else and holds the new key",
                "put the old key there by hand, then resume the undo",
            )


def _holds_new(run: Run, text: str) -> bool:
    issued = run.history.all("issued")
    if Trait.PAIR in run.rotation.traits:
        return any(occurs(text, str(event.data["key"])) for event in issued)
    ours = {event.data["fingerprint"] for event in issued}
    return any(fingerprint(candidate) in ours for candidate in run.provider.candidates(text))
