"""What is done to an owner's keys, and only to those that are proved to be the leaked one or our own."""

from datetime import datetime, timedelta

from unleak.core.errors import Conflict, RotationError
from unleak.core.model import Liveness
from unleak.rotate.ports import Key, KeyList, Trait
from unleak.rotate.run import Run, leaked

PATIENCE = 60.0
"""Seconds that a change at the provider may take to be seen everywhere."""
SETTLES = timedelta(seconds=10)
"""After which a key that was made is listed."""
IN_FLIGHT = timedelta(minutes=15)
"""How long after its begin a call may still take effect: AWS refuses signatures that are older."""

DISABLING = "disabling"
"""Written before the key is disabled that a person named."""
NOT_IT = "not the leaked key"
"""Written when the leaked key lived on although the named one was disabled."""
SPARED = "spared"
"""Written when the leaked key was dead before the named one was touched."""


def discard(run: Run) -> KeyList:
    """Delete the keys that this rotation issued, recorded or not; returns what the owner has then."""
    if Trait.NAME in run.rotation.traits:
        ours, keys = _named(run), run.provider.keys(run.rotation.identity)
    else:
        keys = _settled(run)
        ours = [*_recorded(run, keys), *_stray(run, keys)]
    for key_id in ours:
        run.progress.note(f"deleting {key_id}, which this rotation issued")
        run.provider.revoke(run.rotation.identity, key_id)
        run.once("discarded", {"key": key_id})
        keys = KeyList(keys.at, tuple(key for key in keys.keys if key.id != key_id))
    return keys


def sweep(run: Run) -> None:
    """Delete what an attempt to issue left although its answer never came, and that showed up late.

    Only where keys carry the rotation's name: without one, a key that shows up late may be anybody's.
    """
    issued = run.history.last("issued")
    if Trait.NAME not in run.rotation.traits or len(run.history.all("issuing")) < 2 or issued is None:
        return
    for key_id in run.provider.find(run.rotation.identity, run.rotation.id):
        if key_id != issued.data["key"]:
            run.provider.revoke(run.rotation.identity, key_id)
            run.once("discarded", {"key": key_id})


def switch_off(run: Run) -> None:
    """Disable the leaked key and see it listed as such; of a named one also that the leaked key is dead."""
    if spared(run):
        return
    waited = 0.0
    while (key := run.provider.key(run.rotation.identity, run.rotation.key_id)) and key.active:
        if waited == 0.0:
            if Trait.NAMED in run.rotation.traits:
                run.once(DISABLING, {"key": run.rotation.key_id})
            run.provider.set_active(run.rotation.identity, run.rotation.key_id, False)
        elif waited > PATIENCE:
            raise RotationError(f"key {run.rotation.key_id} is still listed as active", "resume in a minute")
        else:
            run.sleep(1.0)
        waited += 1.0
    if Trait.NAMED in run.rotation.traits:
        _see_it_off(run)


def spared(run: Run) -> bool:
    """Whether the leaked key was dead before the one that a person named was touched, which is then left alone.

    Without a person's word this is no question. Conflict if the named key is not the leaked one.
    """
    if Trait.NAMED not in run.rotation.traits or run.history.last("deleting"):
        return False
    if run.rotation.key_id in {event.data["key"] for event in run.history.all("issued")}:
        raise Conflict(
            f"{run.rotation.key_id} is the new key of this rotation", "undo, then name the leaked one"
        )
    if run.history.last(NOT_IT):
        raise _not_it(run)
    if run.history.last(DISABLING):
        return False
    if run.history.last(SPARED):
        return True
    answer = run.provider.verify(leaked(run))
    match answer.liveness:
        case Liveness.LIVE:
            return False
        case Liveness.DEAD:
            run.progress.note(f"the leaked key is dead already, so {run.rotation.key_id} is left as it is")
            run.log(SPARED, {"key": run.rotation.key_id})
            return True
    raise RotationError(
        f"it cannot be told whether the leaked key still lives: {answer.why}",
        "resume in a minute: only then something is done to the key that was named",
    )


def _see_it_off(run: Run) -> None:
    """The leaked key has to be dead now; if it lives on, another key was named, which works again at once."""
    waited = 0.0
    while (answer := run.provider.verify(leaked(run))).liveness is not Liveness.DEAD:
        if waited >= PATIENCE and answer.liveness is Liveness.LIVE:
            run.once(NOT_IT, {"key": run.rotation.key_id})
            raise _not_it(run)
        if waited >= PATIENCE:
            raise RotationError(
                f"key {run.rotation.key_id} is disabled, but whether the leaked key is dead cannot be told: "
                f"{answer.why}",
                "resume in a minute to ask again, or undo",
            )
        run.sleep(min(2.0, run.options.poll))
        waited += min(2.0, run.options.poll)


def _not_it(run: Run) -> Conflict:
    """What to do about a wrong name, once that key works again."""
    key = run.provider.key(run.rotation.identity, run.rotation.key_id)
    if key and not key.active:
        run.provider.set_active(run.rotation.identity, run.rotation.key_id, True)
    return Conflict(
        f"{run.rotation.key_id} is not the leaked key, which lived on while that one was disabled; it is enabled again",
        f"undo this rotation (unleak incidents undo {run.rotation.id}), then start anew with the right --key-id",
    )


def _named(run: Run) -> list[str]:
    """The recorded keys and, after an unclear attempt to issue, what carries this rotation's name."""
    recorded = [str(event.data["key"]) for event in run.history.all("issued")]
    gone = [str(event.data["key"]) for event in run.history.all("discarded")]
    found, unclear = _found(run), _unclear(run)
    while unclear and not found and run.at_provider() < unclear[-1] + SETTLES:
        run.sleep(1.0)
        found = _found(run)
    return list(dict.fromkeys([*(key for key in recorded if key not in gone), *found]))


def _found(run: Run) -> tuple[str, ...]:
    begun = run.history.last("issuing") is not None
    return run.provider.find(run.rotation.identity, run.rotation.id) if begun else ()


def _recorded(run: Run, keys: KeyList) -> list[str]:
    return [str(event.data["key"]) for event in run.history.all("issued") if keys.get(str(event.data["key"]))]


def _settled(run: Run) -> KeyList:
    """The owner's keys. After an unclear attempt to issue, the provider gets a moment to list what it made."""
    keys, unclear = run.provider.keys(run.rotation.identity), _unclear(run)
    while unclear and not _strange(run, keys) and keys.at < unclear[-1] + SETTLES:
        run.sleep(1.0)
        keys = run.provider.keys(run.rotation.identity)
    return keys


def _stray(run: Run, keys: KeyList) -> list[str]:
    """The one key that an unclear attempt to issue left; Conflict if that is not sure.

    Without such an attempt, keys that appeared in the meantime are somebody else's and no business of ours.
    """
    attempts, strange = _unclear(run), _strange(run, keys)
    if not attempts or not strange:
        return []
    ours = (
        len(strange) == 1
        and (made := strange[0].created) is not None
        and any(begun <= made <= begun + IN_FLIGHT for begun in attempts)
        and run.provider.last_used(run.rotation.identity, strange[0].id) is None
        and run.provider.claimed_by(run.rotation.identity) == run.rotation.id
    )
    if not ours:
        names = ", ".join(key.id for key in strange)
        raise Conflict(
            f"the user has keys that cannot be proved to be this rotation's: {names}",
            "find out who made them; delete the needless ones by hand, then resume or undo",
        )
    return [strange[0].id]


def _strange(run: Run, keys: KeyList) -> list[Key]:
    """Keys that were neither there before nor recorded as issued."""
    before = run.history.last("recorded")
    recorded = before.data["keys"] if before else []
    known: list[object] = recorded if isinstance(recorded, list) else []
    known = known + [event.data["key"] for event in run.history.all("issued")]
    return [key for key in keys.keys if key.id not in known]


def _unclear(run: Run) -> list[datetime]:
    """When the attempts to issue began whose outcome is not recorded, by the provider's clock."""
    begun: list[datetime] = []
    for event in run.history.events:
        match event.kind:
            case "issuing":
                begun.append(datetime.fromisoformat(str(event.data["at"])))
            case "issued" | "not issued":
                del begun[-1:]
            case "discarded" if event.data["key"] not in {e.data["key"] for e in run.history.all("issued")}:
                begun.clear()
    return begun
