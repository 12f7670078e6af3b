"""What is done to a user's keys, and only to those that are proved to be the leaked one or our own."""

from datetime import datetime, timedelta

from unleak.core.clock import iso
from unleak.core.errors import Conflict, LimitReached, RotationError
from unleak.core.model import Identity
from unleak.rotate.ports import Key, KeyList, Provider
from unleak.rotate.run import Run

PATIENCE = 60.0
"""Seconds that a change at the provider may take to be seen everywhere."""
SETTLES = timedelta(seconds=10)
"""After which a key that was made is listed."""
IN_FLIGHT = timedelta(minutes=15)
"""How long after its begin a call may still take effect: AWS refuses signatures that are older."""


def discard(run: Run) -> KeyList:
    """Delete the keys that this rotation issued, recorded or not; returns what the user has then."""
    keys = _settled(run)
    for key_id in [*_recorded(run, keys), *_stray(run, keys)]:
        run.progress.note(f"deleting {key_id}, which this rotation issued")
        run.provider.revoke(run.rotation.identity, key_id)
        run.once("discarded", {"key": key_id})
        keys = KeyList(keys.at, tuple(key for key in keys.keys if key.id != key_id))
    return keys


def switch_off(run: Run) -> None:
    """Disable the leaked key and see it listed as such."""
    waited = 0.0
    while (key := run.provider.keys(run.rotation.identity).get(run.rotation.key_id)) and key.active:
        if waited == 0.0:
            run.provider.set_active(run.rotation.identity, run.rotation.key_id, False)
        elif waited > PATIENCE:
            raise RotationError(f"key {run.rotation.key_id} is still listed as active", "resume in a minute")
        else:
            run.sleep(1.0)
        waited += 1.0


def two_keys(provider: Provider, identity: Identity, keys: KeyList) -> LimitReached:
    """The error that names every key, its status and last use, and what a person may run."""
    user = identity.principal.rpartition("/")[2]
    lines = [f"    {key.id}  {_status(provider, key)}" for key in keys.keys]
    other = next((key.id for key in keys.keys if key.id != identity.credential_id), "KEY_ID")
    return LimitReached(
        f"user {user} already has {len(keys.keys)} access keys, the most that IAM allows:\n"
        + "\n".join(lines),
        "unleak deletes no key that is not proved to be the leaked one.\n  If nobody needs the other one:\n"
        f"    aws iam update-access-key --user-name {user} --access-key-id {other} --status Inactive\n"
        f"    aws iam delete-access-key --user-name {user} --access-key-id {other}\n"
        "  then run this again.",
    )


def _status(provider: Provider, key: Key) -> str:
    used = provider.last_used(key.id)
    state = "active" if key.active else "inactive"
    made = f"{state}, created {iso(key.created)}"
    return (
        f"{made}, last used {iso(used.at)} ({used.service}, {used.region})" if used else f"{made}, never used"
    )


def _recorded(run: Run, keys: KeyList) -> list[str]:
    return [str(event.data["key"]) for event in run.history.all("issued") if keys.get(str(event.data["key"]))]


def _settled(run: Run) -> KeyList:
    """The user's keys. After an unclear attempt to issue, IAM gets a moment to list what it made."""
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
        and any(begun <= strange[0].created <= begun + IN_FLIGHT for begun in attempts)
        and run.provider.last_used(strange[0].id) is None
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
