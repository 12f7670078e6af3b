"""Reads keys out of what a provider lists, by the expressions of a rule file."""

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from unleak.core.errors import RotationError
from unleak.core.model import Rule
from unleak.core.rotating import EXPIRY, KEY, Exchange
from unleak.core.secret import Secret
from unleak.rotate.ports import Key
from unleak.verify import judge
from unleak.verify.exchange import Came

LONGEST = 2_000
"""Characters of one value that is taken, as JSON."""


@dataclass(frozen=True, slots=True)
class Row:
    """One key as the provider lists it."""

    key: Key
    name: str
    secret: Secret | None
    """Set if the provider lists keys in clear."""
    last_used: datetime | None
    hint: str
    """How the key begins and ends, with a gap between; empty if the provider does not tell."""
    facts: dict[str, Any]
    """What else was taken of it, for requests."""
    ends_unread: bool = False
    """Whether the provider tells when it expires in a form that is not known."""


def rows(said: Exchange, came: Came, hashed: str) -> Iterator[Row]:
    """The keys in an answer. `hashed` says how an id is made of the key, if the row has none.

    RotationError if the answer holds no list, since a key must not be taken for gone by mistake.
    """
    found = came.take(said.rows)
    if isinstance(found, dict):
        found = [found]
    if not isinstance(found, list):
        raise RotationError("the list of keys came in a form that is not known", "see docs/rotation.md")
    for item in found:
        yield _row(said, item, hashed)


def _row(said: Exchange, item: Any, hashed: str) -> Row:
    taken = {name: judge.search(path, item) for name, path in said.take}
    value = taken.get("secret")
    secret = Secret(value) if isinstance(value, str) and value else None
    key_id = _scalar(taken.get("id")) or (digest(secret, hashed) if secret else "")
    active = taken.get("active", True)
    created, expires = judge.moment(taken.get("created")), judge.moment(taken.get("expires"))
    facts = {name: found for name, found in taken.items() if name not in KEY}
    key = Key(key_id, active is not False and active is not None, created, expires)
    unread = expires is None and isinstance(taken.get("expires"), str) and bool(taken["expires"])
    return Row(key, _scalar(taken.get("name")), secret, judge.moment(taken.get("last_used")),
               _scalar(taken.get("hint")), facts, unread)  # fmt: skip


def derived(secret: Secret, kind: str, rule: Rule) -> str:
    """The id that follows from the key itself: a part that stands in it, or its hash. Empty for other ids."""
    for half in rule.halves:
        if kind == f"part:{half.name}" and half.within == 0:
            found = re.search(half.pattern, secret.reveal())
            return found[found.lastindex or 0] if found else ""
    return digest(secret, kind)


def digest(secret: Secret, kind: str) -> str:
    """The id that is a hash of the key; empty for other kinds of ids."""
    data = hashlib.sha256(secret.reveal().encode()).digest()
    match kind:
        case "sha256":
            return data.hex()
        case "sha256-base64url":
            return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
        case _:
            return ""


def public(name: str, value: Any, secret: Secret) -> Any:
    """`value` if it can be shown and recorded. RotationError for one that may hold a piece of the key."""
    texts = list(_texts(value))
    if sum(map(len, texts)) > LONGEST or any(text and not judge.shown(text, secret) for text in texts):
        raise RotationError(
            f"what the provider says of the key's {name} cannot be shown", "see docs/rotation.md"
        )
    return value


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, inner in value.items():
                yield key
                yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)


def expiry(old: datetime | None, now: datetime, days: float) -> dict[str, Any]:
    """The placeholders for when the new key expires: with the old one, else after `days`, else never."""
    until = old if old and old > now else None
    if until is None and days:
        until = datetime.fromtimestamp(int(now.timestamp() + days * 86_400), UTC)
    if until is None:
        return dict.fromkeys(EXPIRY)
    hours = max(1, int((until - now).total_seconds() // 3600))
    return {
        "expires": f"{until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "expires_ms": int(until.timestamp() * 1000),
        "days": int((until - now).total_seconds() // 86_400),
        "expires_on": f"{until.astimezone(UTC):%Y-%m-%d}",
        "hours": hours,
        "lifetime": max(1, int((until - now).total_seconds())),
    }


def _scalar(value: Any) -> str:
    return f"{value}" if isinstance(value, str | int) and not isinstance(value, bool) else ""
