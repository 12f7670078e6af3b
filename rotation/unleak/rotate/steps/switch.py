"""From the pending version to services that use the new key."""

from datetime import datetime

from unleak.core.clock import iso
from unleak.core.errors import NotFound, RotationError
from unleak.rotate.ports import LastUse, Trait
from unleak.rotate.rotation import Target
from unleak.rotate.run import Paused, Run, issued
from unleak.rotate.steps import spread, write_only


def promote(run: Run) -> None:
    """Make the new version current wherever the old one still is; nothing else is overwritten."""
    for target in run.rotation.targets:
        promote_one(run, target)
    write_only.fill(run)
    spread.wait(run)
    replaced(run)


def promote_one(run: Run, target: Target) -> None:
    """The same of one secret; Conflict if somebody changed it."""
    store = run.store(target)
    store.promote(target.ref.name, target.new, target.old)
    run.once("promoted", {"target": str(target.ref), "version": target.new})
    store.drop_pending(target.ref.name, target.new)


def replaced(run: Run) -> None:
    """Note when, by the provider's clock."""
    if not run.history.last("replaced"):
        run.log("replaced", {"at": run.at_provider().isoformat()})


def pick_up(run: Run) -> None:
    """Wait until the services are seen to use the new key."""
    if run.history.last("picked up"):
        return
    waited, shown = 0.0, ""
    while not (proof := _picked_up(run)):
        if not _observable(run):
            raise _unobservable(run)
        state = _state(run)
        if state != shown:
            run.progress.note(state)
            shown = state
        if waited >= run.options.wait:
            raise _expired(run, state)
        run.sleep(run.options.poll)
        waited += run.options.poll
    run.log("picked up", {"proof": proof})


def _picked_up(run: Run) -> str:
    """How it is known that the services use the new key; empty while it is not."""
    if run.options.revoke_anyway:
        return "none: somebody decided to go on"
    if run.consumers:
        versions = run.rotation.new_versions
        return "consumers" if all(one.version() in versions for one in run.consumers) else ""
    if not _observable(run) or not _new_key_used(run):
        return ""
    if run.options.contain_first:
        return "the new key is used; the old one is disabled"
    since = max(moment for moment in (_moment(run, "replaced"), _old_use_at(run)) if moment)
    if (run.at_provider() - since).total_seconds() < run.options.quiet:
        return ""
    return (
        "the old key fell silent"
        if run.acts_with_new_key
        else "the new key is used and the old one fell silent"
    )


def _observable(run: Run) -> bool:
    """Whether it can be seen at all that services use the new key."""
    return bool(run.consumers) or Trait.LAST_USE in run.rotation.traits


def _unobservable(run: Run) -> Paused:
    again = f"unleak incidents resume {run.rotation.id}"
    run.wait_for("the word that services use the new key")
    back = f"\n  to go back: unleak incidents undo {run.rotation.id}" if run.overlaps else ""
    return Paused(
        RotationError(
            "whether services use the new key cannot be told: the provider does not say when a key is used, "
            "and no --consumer does",
            f"see that they do, then: {again} --revoke-anyway{back}",
        ),
        undecided=True,
    )


def _new_key_used(run: Run) -> bool:
    """By somebody else than our own check; if we act with it ourselves, that cannot be told."""
    if run.acts_with_new_key:
        return True
    checked, used = _moment(run, "checked"), run.provider.last_used(run.rotation.identity, issued(run).id)
    return bool(used and checked and used.at > checked)


def _old_use(run: Run) -> LastUse | None:
    """None also for a key that somebody deleted meanwhile."""
    try:
        return run.provider.last_used(run.rotation.identity, run.rotation.key_id)
    except NotFound:
        return None


def _old_use_at(run: Run) -> datetime | None:
    used = _old_use(run)
    return used.at if used else None


def laggard(run: Run) -> LastUse | None:
    """The old key's last use, if it came after the new version was made current."""
    used, replaced = _old_use(run), _moment(run, "replaced")
    return used if used and replaced and used.at > replaced else None


def _state(run: Run) -> str:
    if run.consumers:
        waiting = sum(one.version() not in run.rotation.new_versions for one in run.consumers)
        return f"waiting for services: {waiting} of {len(run.consumers)} do not report the new version yet"
    late = laggard(run)
    if late and not run.options.contain_first:
        run.once("old key used", {"service": late.service, "region": late.region})
        where = f"{late.service} in {late.region}, " if late.service else ""
        return f"the old key is still used: {where}last at {iso(late.at)}"
    if not _new_key_used(run):
        return "waiting for services: the new key has not been used yet"
    return f"the new key is used; the old one must stay silent for {run.options.quiet:g} s"


def _expired(run: Run, state: str) -> Paused:
    again = f"unleak incidents resume {run.rotation.id}"
    if not run.consumers and not run.options.contain_first and laggard(run):
        hint = (
            f"a service that is late, or the attacker; once you know: {again} --revoke-anyway\n"
            f"  to wait on: {again} --wait SECONDS · to go back: unleak incidents undo {run.rotation.id}"
        )
        return Paused(RotationError(state, hint), undecided=True)
    return Paused(
        RotationError(
            f"not picked up within {run.options.wait:g} s: {state}",
            "both keys work, nothing is broken; see that the services reload the secret"
            if run.overlaps
            else "see that the services reload the secret; until they use the new key, they fail",
        )
    )


def _moment(run: Run, kind: str) -> datetime | None:
    entry = run.history.last(kind)
    return datetime.fromisoformat(str(entry.data["at"])) if entry else None
