"""One rotation, as its ledger tells it."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from unleak.core.model import Event, Identity, SecretRef
from unleak.rotate.ports import Acting, Trait

OPENED = "opened"
WAITING = "waiting"
IAM = frozenset({Trait.PAIR, Trait.MARK, Trait.DISABLE, Trait.LAST_USE})
"""Of AWS; what ledgers mean that name none."""
_NAMESPACE = uuid.UUID("6f1f7c1e-1c0b-5f0e-9a53-0d4f5e0c9b7a")


@dataclass(frozen=True, slots=True)
class Options:
    """What the user decided. Times are in seconds."""

    profile: str = ""
    region: str = ""
    vault: str = ""
    """The address of the server of Vault or OpenBao, if it holds secrets of the rotation."""
    vault_namespace: str = ""
    doppler: str = ""
    """The address of Doppler, if it holds secrets of the rotation."""
    gitlab: str = ""
    """The same, of the server of GitLab."""
    github: str = ""
    """The same, of GitHub."""
    vercel: str = ""
    """The same, of Vercel."""
    vercel_team: str = ""
    """With the address of Vercel: the team there, or empty for the account of the token."""
    kubernetes: str = ""
    """The same, of the server of a cluster."""
    google: str = ""
    """The same, of Google Secret Manager."""
    azure: str = ""
    """The same, of the vaults of Azure, with `{}` for their names."""
    consumers: tuple[str, ...] = ()
    restarts: tuple[str, ...] = ()
    """The services that are restarted once the new key is current."""
    contain_first: bool = False
    quiet: float = 3600
    """How long the old key must not be used: one refresh interval of the caching client."""
    grace: float = 60
    """Between disabling the old key and deleting it."""
    wait: float = 900
    """How long one run waits for the services before it stops."""
    revoke_anyway: bool = False
    """Go on although the services were not seen to use the new key."""
    now: bool = False
    """Undo without waiting for the services to leave the new key."""
    rule: str = ""
    """The id of the rule whose [rotate] says how such keys are replaced; empty for AWS access keys."""
    admin: str = ""
    """Where the credential is that makes the changes, such as `env:NAME`; empty for AWS access keys."""
    same_user: bool = False
    """Keep the user's name and change its one password, although a second user could take over."""
    value_from: str = ""
    """Where the new key is if a person issued it, such as `env:NAME`; empty to ask for it."""
    every: float = 10
    """How often it is asked whether a person has deleted the leaked key."""

    @property
    def poll(self) -> float:
        """Seconds between two looks."""
        return max(0.1, min(5.0, self.quiet / 4))


@dataclass(frozen=True, slots=True)
class Target:
    """A secret whose text is to hold the new key."""

    ref: SecretRef
    old: str
    """The version that was current when the plan was made."""
    new: str
    """The version that this rotation adds; its id follows from the rotation's, so it can be repeated."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """The unchanging part: whose key is replaced where, and under which options."""

    id: str
    identity: Identity
    last4: str
    """Of the leaked secret."""
    fingerprint: str
    """Of the leaked secret."""
    acting: Acting
    """Who makes the changes in this process."""
    targets: tuple[Target, ...]
    options: Options
    traits: frozenset[Trait] = IAM
    """Of the provider; recorded, so that the steps of a rotation never change under way."""
    write_only: tuple[Target, ...] = ()
    """What is to hold the new key and cannot be read. `old` are the stamps of the variables when the plan was made."""

    @property
    def key_id(self) -> str:
        """The leaked key's public id."""
        return self.identity.credential_id

    @property
    def name(self) -> str:
        """By what people know the leaked key."""
        return f"…{self.last4}" if Trait.BY_HAND in self.traits else self.key_id

    @property
    def new_versions(self) -> frozenset[str]:
        """The versions that this rotation adds."""
        return frozenset(target.new for target in self.targets)


def target(rotation: str, ref: SecretRef, version: str) -> Target:
    """A target whose new version's id follows from the rotation's id and the secret's name."""
    return Target(ref, version, str(uuid.uuid5(_NAMESPACE, f"{rotation} {ref.store}://{ref.name}")))


def as_data(rotation: Rotation) -> dict[str, Any]:
    """What the ledger keeps of it."""
    identity, options = rotation.identity, rotation.options
    return {
        "provider": identity.provider,
        "account": identity.account,
        "principal": identity.principal,
        "key": identity.credential_id,
        "details": identity.details,
        "scopes": list(identity.scopes),
        "expires": identity.expires.isoformat() if identity.expires else "",
        "traits": sorted(rotation.traits),
        "last4": rotation.last4,
        "fingerprint": rotation.fingerprint,
        "acting": rotation.acting.principal,
        "acting_key": rotation.acting.key_id,
        "targets": _rows(rotation.targets),
        "write_only": _rows(rotation.write_only),
        "options": {
            name: getattr(options, name) for name in Options.__slots__ if name not in {"now", "revoke_anyway"}
        },
    }


def _rows(targets: Iterable[Target]) -> list[dict[str, str]]:
    return [
        {"store": t.ref.store, "name": t.ref.name, "field": t.ref.field, "version": t.old} for t in targets
    ]


def _targets(rotation: str, rows: Iterable[Any]) -> tuple[Target, ...]:
    refs = [(SecretRef(row["store"], row["name"], row["field"]), row["version"]) for row in rows]
    return tuple(target(rotation, ref, version) for ref, version in refs)


def _identity(data: Mapping[str, Any]) -> Identity:
    """Older entries tell neither scopes nor expiry."""
    return Identity(
        data["provider"],
        data["account"],
        data["principal"],
        data["key"],
        tuple(data.get("scopes", ())),
        expires=datetime.fromisoformat(data["expires"]) if data.get("expires") else None,
        details=data.get("details", {}),
    )


def from_event(event: Event) -> Rotation:
    """The rotation that an `opened` entry describes."""
    data: dict[str, Any] = event.data
    lists = {name: tuple(data["options"].get(name, ())) for name in ("consumers", "restarts")}
    options = Options(**data["options"] | lists)
    return Rotation(
        id=event.rotation,
        identity=_identity(data),
        last4=data["last4"],
        fingerprint=data["fingerprint"],
        acting=Acting(data["acting_key"], data["acting"]),
        targets=_targets(event.rotation, data["targets"]),
        options=options,
        traits=frozenset(map(Trait, data["traits"])) if "traits" in data else IAM,
        write_only=_targets(event.rotation, data.get("write_only", ())),
    )


def with_overrides(rotation: Rotation, overrides: dict[str, Any]) -> Rotation:
    """The rotation with some options changed for this run."""
    return replace(rotation, options=replace(rotation.options, **overrides)) if overrides else rotation


@dataclass(frozen=True, slots=True)
class History:
    """Questions to the entries of one rotation."""

    events: tuple[Event, ...]

    @classmethod
    def of(cls, events: Iterable[Event]) -> "History":
        """Over these entries, oldest first."""
        return cls(tuple(events))

    def all(self, kind: str) -> list[Event]:
        """The entries of a kind."""
        return [event for event in self.events if event.kind == kind]

    def last(self, kind: str) -> Event | None:
        """The newest entry of a kind."""
        found = self.all(kind)
        return found[-1] if found else None

    def first_at(self, *kinds: str) -> datetime | None:
        """When one of the kinds was first written."""
        return next((event.at for event in self.events if event.kind in kinds), None)

    @property
    def waiting(self) -> str:
        """What a person has to do before it goes on; empty if nothing is known to wait for one."""
        said = next((event for event in reversed(self.events) if event.kind != "stopped"), None)
        return str(said.data["for"]) if said and said.kind == WAITING else ""

    @property
    def status(self) -> str:
        """`closed`, `undone`, `undoing` or `open`."""
        kinds = {event.kind for event in self.events}
        for kind, status in (("closed", "closed"), ("undone", "undone"), ("undo started", "undoing")):
            if kind in kinds:
                return status
        return "open"
