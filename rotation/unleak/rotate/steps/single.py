"""The steps where a user has one password at a time.

The new value waits in the stores before the provider hears of it, so that it is nowhere lost. Then it is set and
made current in one step, which Ctrl-C does not part: in between, what services read does not work.
"""

from datetime import datetime

from unleak.core.errors import Conflict, RotationError
from unleak.core.fingerprint import fingerprint
from unleak.core.model import Liveness
from unleak.rotate.keys import PATIENCE, SETTLES
from unleak.rotate.ports import Credential, Replaces
from unleak.rotate.replace import occurs
from unleak.rotate.rotation import Target
from unleak.rotate.run import Run, issued, leaked
from unleak.rotate.steps import spread, write_only
from unleak.rotate.steps.issue import put_into
from unleak.rotate.steps.revoke import nobody_went_back
from unleak.rotate.steps.switch import promote_one, replaced

CHANGING, CHANGED = "changing", "changed"
"""Written before the request that sets the new password, and when it is known to have done so."""


def choose(run: Run) -> None:
    """Choose a new password and put it as pending into the first secret. The provider does not know it yet."""
    if any(run.store(target).holds(target.ref.name, target.new) for target in run.rotation.targets):
        _chosen(run, issued(run))  # of two, the one that arrived
        return
    old = leaked(run)
    new = run.memory.issued = run.provider.issue(run.rotation.identity, run.rotation.id)
    _chosen(run, new)
    put_into(run, run.rotation.targets[0], old, new)


def switch(run: Run) -> None:
    """Set the new password, then make it current wherever the old one is."""
    if not run.history.last(CHANGED):
        _change(run)
        run.log(CHANGED, {"key": run.rotation.key_id})
    behind = [str(target.ref) for target in run.rotation.targets if not _promoted(run, target)]
    write_only.fill(run)
    if behind:
        raise Conflict(
            f"the password was changed, but somebody else changed {', '.join(behind)} meanwhile; nothing was "
            "overwritten, and services that read it fail",
            "put the new password there by hand: it stands in the pending version",
        )
    spread.wait(run)
    replaced(run)


def check(run: Run) -> None:
    """The new password must work, and be the same user's."""
    if run.history.last("checked"):
        return
    new, waited = issued(run), 0.0
    while (answer := run.provider.verify(new)).identity is None:
        if waited >= PATIENCE:
            raise RotationError(
                f"the new password of {run.rotation.identity.principal} was set, but does not work: "
                + (answer.why or "it is not accepted"),
                "see what the server's log says, then resume",
            )
        run.progress.note("the new password does not work everywhere yet")
        run.sleep(min(2.0, run.options.poll))
        waited += min(2.0, run.options.poll)
    if difference := run.provider.differs(run.rotation.identity, answer.identity):
        raise RotationError(f"the new password is not the old one's successor: {difference}", "look into it")
    run.log("checked", {"key": new.id, "at": run.at_provider().isoformat()})


def end(run: Run) -> None:
    """Close the connections that the old password opened: they outlive it."""
    nobody_went_back(run)
    run.provider.revoke(run.rotation.identity, run.rotation.key_id)
    run.once("revoked", {"key": run.rotation.key_id})


def way_back(run: Run) -> None:
    """RotationError once the new password was set: back would mean to set the leaked one."""
    begun = run.history.last(CHANGING)
    if begun is None:
        return
    if not run.history.last(CHANGED):
        while run.at_provider() < datetime.fromisoformat(str(begun.data["at"])) + SETTLES:
            run.sleep(1.0)
        match run.provider.verify(leaked(run)).liveness:
            case Liveness.LIVE:
                return
            case Liveness.DEAD if run.provider.verify(issued(run)).liveness is Liveness.DEAD:
                return  # somebody else set another one
    raise RotationError(
        "the new password was set, or may have been: there is no way back, for that would make the leaked one work "
        "again",
        f"unleak incidents resume {run.rotation.id}",
    )


# --- inside ------------------------------------------------------------------------------------------


def _chosen(run: Run, new: Credential) -> None:
    data = {"key": new.id, "last4": new.secret.last4, "fingerprint": fingerprint(new.secret.reveal())}
    last = run.history.last("issued")
    if last is None or last.data != data:
        run.log("issued", data)


def _change(run: Run) -> None:
    new = issued(run)
    if run.history.last(CHANGING) and run.provider.verify(new).liveness is Liveness.LIVE:
        return  # it was set, and nobody heard of it
    _is_as_planned(run)
    run.log(CHANGING, {"at": run.at_provider().isoformat()})
    _replacing(run).replace(run.rotation.identity, new)


def _is_as_planned(run: Run) -> None:
    """The leaked password is the one to replace, and the new one can be made current in every secret."""
    answer = run.provider.verify(leaked(run))
    if answer.liveness is Liveness.DEAD:
        raise Conflict(
            "the leaked password does not work any longer, and the new one was not set: somebody changed it",
            "see that services have a password that works; undo this rotation to close it",
        )
    if answer.liveness is not Liveness.LIVE:
        raise RotationError(
            f"it cannot be told whether the leaked password still works: {answer.why}", "resume later"
        )
    for target in run.rotation.targets:
        if run.store(target).current(target.ref.name) != target.old:
            raise Conflict(
                f"{target.ref} was changed by somebody else since it was read; nothing was changed yet",
                "undo this rotation, then start a new one",
            )
    write_only.unwritten(run)


def _replacing(run: Run) -> Replaces:
    if not isinstance(run.provider, Replaces):
        raise RotationError("the provider cannot set a password", "start a new rotation with this version")
    return run.provider


def _promoted(run: Run, target: Target) -> bool:
    """Whether the secret holds the new password now, by us or by a person who put it there."""
    try:
        promote_one(run, target)
    except Conflict:
        store, new = run.store(target), issued(run)
        text = store.read(target.ref.name, store.current(target.ref.name)).reveal()
        if not _holds(text, new) or _holds(text, leaked(run)):
            return False
        run.once("promoted", {"target": str(target.ref), "version": store.current(target.ref.name)})
        store.drop_pending(target.ref.name, target.new)
    return True


def _holds(text: str, key: Credential) -> bool:
    return occurs(text, key.secret.reveal())
