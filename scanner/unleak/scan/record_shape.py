"""The JSON record of a finding, as types. A field that does not apply is null."""

from typing import NotRequired, TypedDict


class OriginRecord(TypedDict):
    """Where content came from."""

    root: str | None
    path: str | None
    path_bytes: str | None
    member: str | None
    blob: str | None
    commit: str | None
    author: str | None
    date: str | None
    origin: str
    """file, commit, message, staged, stdin, object, commit-object or tag-object."""


class LocationRecord(OriginRecord):
    """Where a secret stands: from 1, in code points, end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class SecretRecord(TypedDict):
    """What may be told of a secret; `value` only if the user asked for it."""

    last4: str
    length: int
    value: NotRequired[str]


class PartRecord(TypedDict):
    """The other half of a credential."""

    name: str
    value: str | None
    """None if it may be a secret, unless secrets are revealed."""
    last4: str
    path: str | None
    line: int


class IdentityRecord(TypedDict):
    """Whose key it is, in the words of its provider."""

    provider: str
    account: str | None
    principal: str | None
    credential_id: str | None
    scopes: list[str]
    created: str | None
    expires: str | None


class FindingRecord(TypedDict):
    """One secret with every place where it stands."""

    rule_id: str
    service: str
    title: str
    severity: str
    confidence: str
    fingerprint: str
    secret: SecretRecord
    parts: list[PartRecord]
    liveness: str
    """live, dead, unknown or not-asked."""
    liveness_reason: str | None
    """For unknown and not-asked, if something was to be asked."""
    identity: IdentityRecord | None
    locations: list[LocationRecord]
    suppression: str | None
