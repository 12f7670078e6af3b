"""The steps of keys that only a person can issue: getting the new one, and seeing an old one revoked."""

from contextlib import suppress

from unleak.core.errors import RotationError
from unleak.core.fingerprint import fingerprint
from unleak.core.model import Liveness
from unleak.core.secret import Secret
from unleak.rotate.keys import NOT_IT, PATIENCE
from unleak.rotate.ports import Credential, Hands
from unleak.rotate.run import Paused, Run, issued, leaked
from unleak.rotate.steps.issue import put_into
from unleak.rotate.steps.revoke import nobody_went_back
from unleak.verify.answer import Answer

TRIES = 3
"""How often a new key is asked for."""
SETTLES = 3
"""How often a provider is asked about a key that was just made, before its word counts."""
REMINDS = 120.0
"""Seconds after which somebody is reminded of what is waited for."""
REVOKING = "revoking"
"""Written before a request that revokes the leaked key."""
LEFT = "left"
"""Written of a key that a person gave and that nothing holds, so that nobody can see whether it lives."""


def issue(run: Run) -> None:
    """Get one new key from a person and put it as pending into the first secret."""
    if any(run.store(target).holds(target.ref.name, target.new) for target in run.rotation.targets):
        return
    hands = _hands(run)
    if run.rotation.targets:
        leaked(run)
    run.wait_for(f"a new key from {hands.console}")
    run.progress.note(f"make a new key at {hands.console}" + (f" — {hands.how}" if hands.how else ""))
    lost = _lost(run)
    for last4 in lost.values():
        run.progress.note(f"the one that ends in {last4} was given, but not stored: give it again if you can")
    new = run.memory.issued = _new_key(run)
    data = {"key": new.id, "last4": new.secret.last4, "fingerprint": fingerprint(new.secret.reveal())}
    run.log("issued", data)
    for key_id, last4 in lost.items():
        if key_id != new.id:
            _leave(run, key_id, last4)
    for target in run.rotation.targets[:1]:
        put_into(run, target, leaked(run), new)


def delete(run: Run) -> None:
    """Revoke the leaked key, or have a person delete it, and see it dead. From here on there is no way back."""
    old = leaked(run)
    if run.provider.verify(old).liveness is not Liveness.DEAD:
        nobody_went_back(run)
        run.once("deleting", {"key": run.rotation.key_id})
        _remove(run, old, REVOKING)
    run.once("revoked", {"key": run.rotation.key_id})


def way_back(run: Run) -> None:
    """RotationError unless the leaked key lives, and will."""
    revoked = run.history.last(REVOKING) and not run.history.last(NOT_IT)
    if revoked or run.provider.verify(leaked(run)).liveness is Liveness.DEAD:
        raise RotationError(
            f"key {run.rotation.name} is revoked: there is no way back, only forward",
            f"unleak incidents resume {run.rotation.id}",
        )


def discard(run: Run) -> None:
    """See every new key of this rotation revoked; of one that is not known any longer, a person is told."""
    for key_id, last4 in _lost(run).items():
        key = _known(run, key_id)
        if key is None:
            _leave(run, key_id, last4)
        else:
            _remove(run, key, "")
            run.once("discarded", {"key": key_id})


# --- the new key -----------------------------------------------------------------------------------


def _new_key(run: Run) -> Credential:
    for _ in range(TRIES):
        secret = run.given(run.stop)
        run.check_stop()
        found = _looked_at(run, secret)
        if isinstance(found, Credential):
            return found
        run.progress.note(f"that is not it: {found}")
    raise RotationError("no new key was given that can take the old one's place", "make one, then resume")


def _looked_at(run: Run, secret: Secret) -> Credential | str:
    """The new key, or why it is none."""
    value = secret.reveal()
    if run.provider.candidates(value) != [value]:
        return "it has not the form of such keys"
    if fingerprint(value) == run.rotation.fingerprint:
        return "it is the leaked key itself"
    answer = _settled(run, Credential("", secret))
    if answer.liveness is Liveness.DEAD:
        return "the provider does not accept it"
    if answer.identity is None:
        return f"whether it lives cannot be told: {answer.why}"
    return run.provider.differs(run.rotation.identity, answer.identity) or Credential(
        answer.identity.credential_id, secret
    )


def _settled(run: Run, key: Credential) -> Answer:
    """The provider's word about a new key, after a moment to get to know it."""
    answer = run.provider.verify(key)
    for _ in range(SETTLES - 1):
        if answer.liveness is Liveness.LIVE:
            break
        run.sleep(min(2.0, run.options.poll))
        answer = run.provider.verify(key)
    return answer


def _lost(run: Run) -> dict[str, str]:
    """The ids of keys that were given and are neither discarded nor left to a person, with their ends."""
    done = {event.data["key"] for kind in ("discarded", LEFT) for event in run.history.all(kind)}
    given = {str(event.data["key"]): str(event.data["last4"]) for event in run.history.all("issued")}
    return {key_id: last4 for key_id, last4 in given.items() if key_id not in done}


def _leave(run: Run, key_id: str, last4: str) -> None:
    """Nobody can see whether this key lives, so that a person has to see to it alone."""
    run.progress.note(f"delete the key that ends in {last4} at {_hands(run).console}: it is stored nowhere, and "
                      "unleak cannot see whether it lives")  # fmt: skip
    run.once(LEFT, {"key": key_id, "last4": last4})


def _known(run: Run, key_id: str) -> Credential | None:
    """A key that was issued, if it can still be read."""
    try:
        key = issued(run)
    except RotationError:
        return None
    return key if key.id == key_id else None


# --- an old key ------------------------------------------------------------------------------------


def _remove(run: Run, key: Credential, kind: str) -> None:
    """See a key dead: by the request that revokes it, or by a person. `kind` is written before the request."""
    hands, name = _hands(run), f"the key that ends in {key.secret.last4}"
    if _requested(run, hands, key, kind):
        if _dies(run, key, PATIENCE, min(2.0, run.options.poll)):
            return
        run.progress.note(f"the request was accepted, but {name} lives on")
        _take_back(run, key)
    wanted = f"delete {name} at {hands.console}"
    run.wait_for(f"somebody to {wanted}")
    if not _dies(run, key, run.options.wait, run.options.every, wanted):
        raise Paused(
            RotationError(
                f"{name} is not dead yet: {run.provider.verify(key).why or 'it is still accepted'}",
                f"{wanted}; nothing else is left to do by hand",
            )
        )


def _take_back(run: Run, key: Credential) -> None:
    """If a key was named wrongly, it works again, as far as that can be done. It is not tried once more."""
    with suppress(RotationError):  # where no key was named, there is nothing to take back
        run.provider.set_active(run.rotation.identity, key.id, True)
        run.once(NOT_IT, {"key": key.id})
        run.progress.note("the key that was named is not the leaked one; it works again")


def _requested(run: Run, hands: Hands, key: Credential, kind: str) -> bool:
    """Whether the provider accepted a request to revoke a key. A person can do what it refuses."""
    if not hands.request or run.history.last(NOT_IT):
        return False
    if kind:
        run.once(kind, {"key": key.id})
    try:
        run.provider.revoke(run.rotation.identity, key.id)
    except RotationError as refused:
        run.progress.note(refused.message)
        return False
    return True


def _dies(run: Run, key: Credential, patience: float, every: float, reminder: str = "") -> bool:
    """Whether the provider says within that time that a key is dead."""
    waited = reminded = 0.0
    if reminder:
        run.progress.note(f"{reminder}; this goes on once it is dead")
    while run.provider.verify(key).liveness is not Liveness.DEAD:
        if waited >= patience:
            return False
        if reminder and waited - reminded >= REMINDS:
            run.progress.note(f"still waiting: {reminder}")
            reminded = waited
        run.sleep(every)
        waited += every
    return True


def _hands(run: Run) -> Hands:
    found = run.provider.outline(run.rotation.identity).by_hand
    if found is None:
        raise RotationError("where a person replaces such keys is not known", "see docs/rotation.md")
    return found
