"""From the claim on the owner to a checked new key that waits in every store."""

from unleak.core.errors import Conflict, LimitReached, OutcomeUnknown, RotationError
from unleak.core.fingerprint import fingerprint
from unleak.core.model import Liveness
from unleak.rotate.keys import PATIENCE, discard, spared, switch_off
from unleak.rotate.logins import swap
from unleak.rotate.ports import Credential, KeyList, Trait
from unleak.rotate.rotation import Target
from unleak.rotate.run import Run, issued, leaked


def claim(run: Run) -> None:
    """Mark the user, so that two rotations of one user exclude each other."""
    holder = run.provider.claimed_by(run.rotation.identity)
    if not holder:
        run.provider.claim(run.rotation.identity, run.rotation.id)
        _still_ours(run)
    elif holder != run.rotation.id:
        raise _held(holder)
    run.once("claimed")


def record(run: Run) -> None:
    """Write down which keys there are before one is issued: without names, what comes after is told from them."""
    if run.history.last("recorded"):
        return
    keys = run.provider.keys(run.rotation.identity)
    leaked_key = run.provider.key(run.rotation.identity, run.rotation.key_id)
    if leaked_key is None:
        raise RotationError(
            f"key {run.rotation.key_id} is not among its owner's keys any longer",
            "somebody deleted it; undo this rotation to close it",
        )
    if full := run.provider.no_room(run.rotation.identity, keys):
        raise full
    known = [] if Trait.NAME in run.rotation.traits else list(keys.ids)
    run.log("recorded", {"keys": known, "active": leaked_key.active, "at": keys.at.isoformat()})


def contain(run: Run) -> None:
    """With --contain-first: disable the leaked key before there is a new one."""
    switch_off(run)
    if not spared(run):
        run.once("contained", {"key": run.rotation.key_id})


def issue(run: Run) -> None:
    """Issue one key and put it as pending into the first secret."""
    if any(run.store(target).holds(target.ref.name, target.new) for target in run.rotation.targets):
        return
    if run.rotation.targets:
        leaked(run)  # must be at hand before there is a new key, which goes into its place
    keys = discard(run)
    if full := run.provider.no_room(run.rotation.identity, keys):
        raise full
    _still_ours(run)
    new = run.memory.issued = _new_key(run, keys)
    run.log(
        "issued", {"key": new.id, "last4": new.secret.last4, "fingerprint": fingerprint(new.secret.reveal())}
    )
    for target in run.rotation.targets[:1]:  # none if all that is to hold the key is write-only
        put_into(run, target, leaked(run), new)


def _new_key(run: Run, keys: KeyList) -> Credential:
    """A refusal is recorded too: after it, no key that appears can be taken for ours."""
    run.log("issuing", {"at": keys.at.isoformat()})
    try:
        return run.provider.issue(run.rotation.identity, run.rotation.id)
    except OutcomeUnknown:
        raise
    except RotationError as refused:
        run.log("not issued")
        if not isinstance(refused, LimitReached):
            raise
        keys = run.provider.keys(run.rotation.identity)
        raise (run.provider.no_room(run.rotation.identity, keys) or refused) from None


def put(run: Run) -> None:
    """Put the new key as pending into every other secret that holds the old one."""
    for target in run.rotation.targets:
        if not run.store(target).holds(target.ref.name, target.new):
            put_into(run, target, leaked(run), issued(run))
        run.once("put", {"target": str(target.ref), "version": target.new})


def check(run: Run) -> None:
    """The new key must work and be like the old one; the provider may need a moment to know it."""
    checked, made = run.history.last("checked"), run.history.last("issued")
    if checked and made and checked.data["key"] == made.data["key"]:
        return
    new, waited = issued(run), 0.0
    answer = run.provider.verify(new)
    while answer.liveness is not Liveness.LIVE and waited < PATIENCE:
        run.progress.note("the provider does not know the new key everywhere yet")
        run.sleep(min(2.0, run.options.poll))
        waited += min(2.0, run.options.poll)
        answer = run.provider.verify(new)
    if answer.identity is None:
        raise RotationError(
            f"the new key {run.shown(new)} does not work: {answer.why or 'it is not accepted'}",
            "nothing was switched; resume to try again, or undo",
        )
    if difference := run.provider.differs(run.rotation.identity, answer.identity):
        raise RotationError(
            f"the new key {run.shown(new)} cannot take the old one's place: {difference}",
            "undo, which deletes it",
        )
    run.log("checked", {"key": new.id, "at": run.at_provider().isoformat()})


def put_into(run: Run, target: Target, old: Credential, new: Credential) -> None:
    """Put the secret's text with the new key in place of the old one as its pending version."""
    store = run.store(target)
    text = store.read(target.ref.name, target.old)
    changed = swap(text, old, new, run.rotation.traits, str(target.ref))
    store.put_pending(target.ref.name, target.new, changed)


def _still_ours(run: Run) -> None:
    """The mark names this rotation; one that was just set may take a moment to be listed."""
    if Trait.MARK not in run.rotation.traits:
        return
    waited = 0.0
    while not (holder := run.provider.claimed_by(run.rotation.identity)) and waited < PATIENCE:
        run.sleep(1.0)
        waited += 1.0
    if holder != run.rotation.id:
        raise _held(holder)


def _held(holder: str) -> Conflict:
    if not holder:
        return Conflict("the user's mark unleak:rotation was taken away", "resume or undo this rotation")
    return Conflict(
        f"the user is being worked on by rotation {holder} (its tag unleak:rotation says so)",
        f"finish that one: unleak incidents show {holder}",
    )
