"""What is done to a user's keys, and only to those that are proved to be the leaked one or our own."""

from datetime import datetime

from unleak.core.clock import iso
from unleak.core.errors import Conflict, LimitReached, RotationError
from unleak.core.model import Identity
from unleak.rotate.ports import Key, KeyList, Provider
from unleak.rotate.run import Run

PATIENCE = 60.0
"""Seconds that a change at the provider may take to be seen everywhere."""


def discard(run: Run) -> KeyList:
    """Delete keys that this rotation issued and could not store; returns what the user has then."""
    keys = run.provider.keys(run.rotation.identity)
    for key_id in [*_recorded(run, keys), *_stray(run, keys)]:
        run.progress.note(f"deleting {key_id}, which was issued but never stored")
        run.provider.revoke(run.rotation.identity, key_id)
        run.once("discarded", {"key": key_id})
        keys = run.provider.keys(run.rotation.identity)
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


def _stray(run: Run, keys: KeyList) -> list[str]:
    """The one key that a crash between issuing and recording left; Conflict if that is not sure."""
    before = run.history.last("recorded")
    if before is None:
        return []
    issued_ids = [event.data["key"] for event in run.history.all("issued")]
    known = [*(before.data["keys"] if isinstance(before.data["keys"], list) else []), *issued_ids]
    strange = [key for key in keys.keys if key.id not in known]
    if not strange:
        return []
    recorded = datetime.fromisoformat(str(before.data["at"]))
    ours = (
        len(strange) == 1
        and run.history.last("issuing") is not None
        and strange[0].created >= recorded
        and run.provider.last_used(strange[0].id) is None
    )
    if not ours:
        names = ", ".join(key.id for key in strange)
        raise Conflict(
            f"the user has keys that cannot be proved to be this rotation's: {names}",
            "find out who made them; delete the needless ones by hand, then resume or undo",
        )
    return [strange[0].id]
