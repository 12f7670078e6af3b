"""The four steps of a scheduled rotation by AWS Secrets Manager, each harmless if it is called again.

No ledger is kept, because Secrets Manager keeps the state: the version that it names is pending until it
is current. The key of the version before the current one lives on until the next rotation begins, so that
services have a whole interval to read the new one.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from unleak.core.clock import Clock
from unleak.core.errors import Conflict, NotFound, RotationError, UnleakError
from unleak.core.model import Identity, Liveness
from unleak.core.secret import Secret
from unleak.rotate.keys import IN_FLIGHT, PATIENCE
from unleak.rotate.logins import swap
from unleak.rotate.ports import Credential, Key, KeyList, Provider, Trait

PREVIOUS = "AWSPREVIOUS"
UNUSED = timedelta(days=1)
"""How long a key must not have been used before it is deleted, where the provider tells."""
SWITCHING = timedelta(hours=1)
"""How long after a new key services, and this function, may still use the one before."""


class Versions(Protocol):
    """The versions of a secret."""

    def read(self, name: str, version: str) -> Secret:
        """The text of one version. NotFound if it has none."""

    def staged(self, name: str, stage: str) -> str:
        """The id of the version with this stage; empty if there is none."""

    def put_pending(self, name: str, version: str, text: Secret) -> None:
        """Give the version its text."""

    def promote(self, name: str, new: str, old: str) -> None:
        """Make `new` the current version if `old` still is."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """One secret that is rotated on a schedule."""

    name: str
    """Of the secret, or its ARN."""
    versions: Versions
    provider: Provider
    candidates: Callable[[str], list[Credential]]
    """What of a text may be a key of the provider."""
    clock: Clock

    def create(self, token: str) -> None:
        """Issue a key and put it into the version `token`, unless that has one. Deletes the key before the current."""
        current = self.versions.staged(self.name, "AWSCURRENT")
        if current == token or self._text(token) is not None:
            return
        text = self.versions.read(self.name, current)
        old, identity = self._live(text)
        if reason := self.provider.refusal(identity):
            raise RotationError(f"the key in {self.name} cannot be replaced: {reason}")
        self._claim(identity, token)
        self._retire(old, identity)
        self._discard(identity, token)
        new = self.provider.issue(identity, token)
        try:
            changed = swap(text, old, new, self.provider.traits, self.name)
            self.versions.put_pending(self.name, token, changed)
        except UnleakError:
            with suppress(UnleakError):  # what is left is found by the next call
                self.provider.revoke(identity, new.id)
            raise

    def set(self, token: str) -> None:
        """Nothing is left to be set where the key is used: its issuer knows it."""
        self._pending(token)

    def test(self, token: str) -> None:
        """The new key works and is like the current one."""
        text = self._pending(token)
        current = self.versions.staged(self.name, "AWSCURRENT")
        if current == token:
            return
        _, identity = self._live(self.versions.read(self.name, current))
        new, told = self._live(text, patience=PATIENCE)
        if difference := self.provider.differs(identity, told):
            raise RotationError(f"the new key {new.id} cannot take the old one's place: {difference}")

    def finish(self, token: str) -> None:
        """Make the version current, and take the mark off the owner."""
        text = self._pending(token)
        self.versions.promote(self.name, token, self.versions.staged(self.name, "AWSCURRENT"))
        _, identity = self._live(text)
        if Trait.MARK in self.provider.traits and _holder(self.provider.claimed_by(identity)) == token:
            self.provider.release(identity)

    # --- inside ----------------------------------------------------------------------------------

    def _text(self, version: str) -> Secret | None:
        try:
            return self.versions.read(self.name, version)
        except NotFound:
            return None

    def _pending(self, token: str) -> Secret:
        text = self._text(token)
        if text is None:
            raise RotationError(f"the pending version of {self.name} has no value", "call createSecret first")
        return text

    def _live(self, text: Secret, patience: float = 0.0) -> tuple[Credential, Identity]:
        """The one key of a text that the provider accepts. RotationError if there is none within `patience` seconds."""
        waited = 0.0
        while True:
            found = dict(self._accepted(text))
            if len(found) > 1:
                raise Conflict(f"{self.name} holds {len(found)} keys of the same provider",
                               "keep each in a secret of its own")  # fmt: skip
            for key, identity in found.values():
                return key, identity
            if waited >= patience:
                raise RotationError(
                    f"{self.name} holds no key that its provider accepts",
                    "if it leaked or was deleted, replace it with unleak rotate",
                )
            self.clock.sleep(2.0)
            waited += 2.0

    def _accepted(self, text: Secret) -> Iterator[tuple[str, tuple[Credential, Identity]]]:
        """The keys of a text that the provider accepts, by their ids."""
        for key in self.candidates(text.reveal()):
            answer = self.provider.verify(key)
            if answer.liveness is Liveness.LIVE and answer.identity:
                key_id = answer.identity.credential_id or key.id
                yield key_id, (Credential(key_id, key.secret), answer.identity)

    def _retire(self, current: Credential, identity: Identity) -> None:
        """Delete the key of the version before the current one, if it is another one of the same owner."""
        before = self.versions.staged(self.name, PREVIOUS)
        if not before:
            return
        keys = self.provider.keys(identity)
        for key_id in self._before(identity, before):
            if key_id == current.id or keys.get(key_id) is None:
                continue
            if self._in_use(identity, key_id, keys, current.id):
                raise Conflict(
                    f"key {key_id}, which {self.name} held before, is still in use",
                    "find the service that does not read the secret anew, then rotate again",
                )
            self.provider.revoke(identity, key_id)

    def _before(self, identity: Identity, version: str) -> list[str]:
        """The ids of the keys in that version. To ask with a key is to use it, so that is done last."""
        text = self._text(version)
        if text is None:
            return []
        written = {key.id for key in self.candidates(text.reveal()) if key.id}
        found = written or set(self.provider.find(identity, version)) or dict(self._accepted(text))
        return sorted(found)

    def _in_use(self, identity: Identity, key_id: str, keys: KeyList, current: str) -> bool:
        """Whether services still use it, as far as the provider tells."""
        used, newer = self.provider.last_used(identity, key_id), keys.get(current)
        if used is None:
            return False
        switched = newer.created + SWITCHING if newer and newer.created else keys.at
        return used.at > max(keys.at - UNUSED, switched)

    def _claim(self, identity: Identity, token: str) -> None:
        """Mark the owner, and with it what keys there are and when, by the provider's clock."""
        if Trait.MARK not in self.provider.traits:
            return
        holder = self.provider.claimed_by(identity)
        if not holder:
            keys = self.provider.keys(identity)
            self.provider.claim(identity, "/".join((f"{token}@{keys.at.timestamp():.0f}", *keys.ids)))
        elif _holder(holder) != token:
            raise Conflict(
                f"the owner of the key is being worked on by rotation {_holder(holder)}",
                "finish or undo that one, or take the mark unleak:rotation off if it is over",
            )

    def _discard(self, identity: Identity, token: str) -> None:
        """Delete what an earlier call with this token issued and did not store."""
        if Trait.NAME in self.provider.traits:
            for key_id in self.provider.find(identity, token):
                self.provider.revoke(identity, key_id)
            return
        mark = self.provider.claimed_by(identity)
        strays = [key for key in self.provider.keys(identity).keys if key.id not in mark.split("/")[1:]]
        if len(strays) > 1 or not all(self._ours(identity, key, mark) for key in strays):
            raise Conflict(
                f"the owner has keys that cannot be proved to be this rotation's: {', '.join(k.id for k in strays)}",
                "find out who made them, and delete the needless ones",
            )
        for key in strays:
            self.provider.revoke(identity, key.id)
        if full := self.provider.no_room(identity, self.provider.keys(identity)):
            raise full

    def _ours(self, identity: Identity, key: Key, mark: str) -> bool:
        """Made after the mark, soon enough, and never used."""
        since = mark.partition("/")[0].partition("@")[2]
        begun = datetime.fromtimestamp(int(since), UTC) if since.isdigit() else None
        made = key.created
        if begun is None or made is None or self.provider.last_used(identity, key.id):
            return False
        return begun <= made <= begun + IN_FLIGHT


def _holder(mark: str) -> str:
    """The rotation that a mark names."""
    return mark.partition("/")[0].partition("@")[0]
