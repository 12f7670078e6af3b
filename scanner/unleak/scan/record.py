"""A finding as the JSON record that all reports share, and back. docs/reports.md describes it to users.

A field that does not apply is null. A path that is valid UTF-8 is written as it is and has no
`path_bytes`; in any other, each byte that is not UTF-8 reads `\\xNN`, and `path_bytes` holds the path
itself in base64.
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, assert_never, cast

from unleak.core.clock import iso
from unleak.core.errors import UsageError
from unleak.core.model import (
    Commit,
    File,
    Finding,
    GitObject,
    Identity,
    Location,
    Origin,
    Part,
    Staged,
    Stdin,
    confidential,
)
from unleak.core.secret import tail
from unleak.scan.record_shape import (
    FindingRecord,
    IdentityRecord,
    LocationRecord,
    OriginRecord,
    PartRecord,
    SecretRecord,
)

KINDS = {"blob": "object", "commit": "commit-object", "tag": "tag-object"}
"""What the record calls a `GitObject` of each kind."""

_OID = re.compile("[0-9a-f]{40}(?:[0-9a-f]{24})?")
_AGAIN = "write one with `unleak scan --format json --output FILE`"
_SHORTEST = 8
"""Digits of a fingerprint that must be given, at least."""


def record(finding: Finding, *, reveal: bool = False) -> FindingRecord:
    """`finding` as JSON-ready data; with the secret itself only if `reveal`."""
    secret = SecretRecord(last4=plain(finding.secret.last4), length=finding.secret.length)
    if reveal:
        secret["value"] = plain(finding.secret.reveal())
    return FindingRecord(
        rule_id=finding.rule.id,
        service=finding.rule.service,
        title=finding.rule.title,
        severity=str(finding.severity),
        confidence=str(finding.confidence),
        fingerprint=finding.fingerprint,
        secret=secret,
        parts=[_part(part, reveal=reveal) for part in finding.parts],
        liveness=str(finding.liveness),
        liveness_reason=finding.why or None,
        identity=identity_record(finding.identity) if finding.identity else None,
        locations=[location_record(location) for location in finding.locations],
        suppression=finding.suppression or None,
    )


def plain(text: str) -> str:
    r"""`text` as valid Unicode: bytes that travelled as surrogate escapes read `\xNN`."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def path_text(path: bytes) -> str:
    r"""`path` as text: bytes that are not UTF-8 read `\xNN`."""
    return path.decode("utf-8", "backslashreplace")


def location_record(location: Location) -> LocationRecord:
    """Where a secret stands."""
    return LocationRecord(
        **origin_record(location.origin),
        line=location.start.line,
        column=location.start.column,
        end_line=location.end.line,
        end_column=location.end.column,
    )


def origin_record(origin: Origin) -> OriginRecord:
    """Where content came from; `origin_of` is the reverse."""
    match origin:
        case File(root, path, member):
            return _origin("file", root, path, member)
        case Staged(root, path, blob, member):
            return _origin("staged", root, path, member, blob=blob)
        case GitObject(root, oid, kind, member):
            return _origin(KINDS[kind], root, b"", member, blob=oid or None)
        case Commit(root, path, blob, commit, author, date, member):
            git = {"blob": blob, "commit": commit, "author": plain(author), "date": iso(date)}
            return _origin("commit" if path else "message", root, path, member, **git)
        case Stdin(member):
            return _origin("stdin", None, b"", member)
        case _:
            assert_never(origin)


def _origin(name: str, root: str | None, path: bytes, member: bytes, **git: str | None) -> OriginRecord:
    return OriginRecord(
        root=None if root is None else plain(root),
        path=path_text(path) if path else None,
        path_bytes=None if _is_utf8(path) else b64encode(path).decode("ascii"),
        member=path_text(member) if member else None,
        blob=git.get("blob"),
        commit=git.get("commit"),
        author=git.get("author"),
        date=git.get("date"),
        origin=name,
    )


def _is_utf8(path: bytes) -> bool:
    try:
        path.decode()
    except UnicodeDecodeError:
        return False
    return True


def identity_record(identity: Identity) -> IdentityRecord:
    """Whose key it is."""
    return IdentityRecord(
        provider=identity.provider,
        account=plain(identity.account) or None,
        principal=plain(identity.principal) or None,
        credential_id=plain(identity.credential_id) or None,
        scopes=[plain(scope) for scope in identity.scopes],
        created=iso(identity.created) if identity.created else None,
        expires=iso(identity.expires) if identity.expires else None,
    )


def _part(part: Part, *, reveal: bool) -> PartRecord:
    return PartRecord(
        name=part.name,
        value=plain(part.value) if reveal or not confidential(part.name) else None,
        last4=plain(tail(part.value)),
        path=origin_record(part.location.origin)["path"],
        line=part.location.start.line,
    )


# --- the way back ----------------------------------------------------------------------------------


def load(path: Path) -> list[FindingRecord]:
    """The records of a report written as json or jsonl.

    Raises UsageError if it cannot be read or is not such a report.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"the report {path} cannot be read: {reason}", _AGAIN) from None
    for number, item in enumerate(found := _items(path, text), 1):
        if not _is_record(item):
            raise UsageError(f"the report {path}: finding {number} is not a record of unleak", _AGAIN)
    return cast(list[FindingRecord], found)


def find(records: Sequence[FindingRecord], fingerprint: str) -> FindingRecord:
    """The one record with this fingerprint, of which the first 8 digits or more are enough."""
    start = fingerprint.lower()
    if len(start) < _SHORTEST:
        raise UsageError(f"{_SHORTEST} digits of the fingerprint are needed, at least")
    found = {record["fingerprint"]: record for record in records if record["fingerprint"].startswith(start)}
    if len(found) != 1:
        reason, hint = ("more than one finding has", "give all 32 digits") if found else (
            "no finding of the report has", "see that it is the report which the fingerprint stands in"
        )  # fmt: skip
        raise UsageError(f"{reason} a fingerprint that begins with the one given", hint)
    return found.popitem()[1]


def origin_of(place: LocationRecord) -> Origin:
    """The origin of a recorded location, so that it can be read again. Raises UsageError."""
    try:
        return replace(_origin_of(place), member=(place.get("member") or "").encode())
    except (AttributeError, KeyError, TypeError, ValueError):
        raise UsageError("the report holds a location that unleak did not write", _AGAIN) from None


def _origin_of(place: LocationRecord) -> Origin:
    if place["origin"] == "stdin":
        return Stdin()
    root, blob, commit = place["root"], place["blob"], place["commit"]
    if not all(_OID.fullmatch(oid) for oid in (blob, commit) if oid is not None):
        raise ValueError  # it becomes an argument of git
    path = _path_of(place)
    match place["origin"], root, blob, commit:
        case "file", str(), _, _:
            return File(root, path)
        case "staged", str(), str(), _:
            return Staged(root, path, blob)
        case ("object" | "commit-object" | "tag-object") as name, str(), str(), _:
            return GitObject(root, blob, {name: kind for kind, name in KINDS.items()}[name])
        case "commit" | "message", str(), str(), str():
            date = datetime.fromisoformat(place["date"] or "")
            return Commit(root, path, blob, commit, place["author"] or "", date)
        case _:
            raise ValueError


def _path_of(place: LocationRecord) -> bytes:
    if place["path_bytes"] is not None:
        return b64decode(place["path_bytes"], validate=True)
    return (place["path"] or "").encode()


def _items(path: Path, text: str) -> list[Any]:
    """The findings of a json report, or the lines of a jsonl one, unchecked."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return _lines(path, text)
    match whole:
        case {"findings": [*findings]}:
            return findings
        case {"runs": _}:
            raise UsageError(f"the report {path} is SARIF, which does not name all that is needed", _AGAIN)
        case _:
            return [whole]


def _lines(path: Path, text: str) -> list[Any]:
    items = []
    for number, line in enumerate(text.split("\n"), 1):
        try:
            items += [json.loads(line)] if line.strip() else []
        except (ValueError, RecursionError):
            raise UsageError(f"the report {path} is neither json nor jsonl (line {number})", _AGAIN) from None
    return items


def _is_record(item: Any) -> bool:
    match item:
        case {"fingerprint": str(), "rule_id": str(), "service": str(), "locations": [*locations]}:
            return all(isinstance(location, dict) for location in locations)
        case _:
            return False
