"""`unleak rotate --expiring 30d`: which keys of the configuration near their end."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import click

from unleak.cli import (
    database_key,
    declared_key,
    deploy_key,
    leaked_key,
    rotation_config,
    rotation_wiring,
    verify,
)
from unleak.cli.config import Entry
from unleak.cli.rotation_stores import Stores, reference
from unleak.core.clock import iso
from unleak.core.errors import NotFound, RotationError, UsageError
from unleak.core.model import Identity, Liveness, SecretRef
from unleak.core.rotating import KEY_ID
from unleak.core.secret import Secret
from unleak.rotate.ports import Credential, Provider
from unleak.rotate.replace import leaves_of
from unleak.rotate.rotation import Options
from unleak.rotate.write_only import WRITE_ONLY
from unleak.scan import rulefile, ruleset

if TYPE_CHECKING:
    from unleak.cli.declared_key import Kind

MOST = 20
"""Pieces of a secret that are tried as keys."""
_PERIOD = re.compile(r"(\d{1,5})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def period(context: click.Context, parameter: click.Parameter, value: str | None) -> timedelta | None:
    """`30d`, `12h` or `2w` as a span of time."""
    if value is None:
        return None
    found = _PERIOD.fullmatch(value)
    if found is None:
        raise click.BadParameter("a period is a number of hours, days or weeks, such as 12h, 30d or 4w")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


@dataclass(frozen=True, slots=True)
class Held:
    """A key of the configuration, as its store holds it."""

    leak: leaked_key.Leak
    kind: "Kind | leaked_key.Place | None"
    identity: Identity
    ends: datetime | None
    """When it has to be replaced; None if nothing says so."""
    why: str
    """What says so."""


def look(entry: Entry, key_id: str = "") -> Held:
    """The key of an entry, and when it ends. UsageError if that cannot be told. Changes nothing.

    `key_id` is that of the key, where only the user can tell it.
    """
    said = rotation_config.options(entry, Options(), frozenset())
    try:
        return _look(entry, said, key_id)
    except RotationError as error:
        raise UsageError(error.message, error.hint) from None


def _look(entry: Entry, said: Options, key_id: str) -> Held:
    from unleak.verify.aws_client import Access

    stores = Stores(Access(said.profile, said.region), said)
    ref = _readable(entry)
    text = stores[ref.store].read(ref.name, stores[ref.store].current(ref.name))
    for kind, keys in _kinds(entry, said, text, key_id):
        rule = "" if kind is None or isinstance(kind, leaked_key.Place) else kind.rule.id
        provider: Provider = rotation_wiring.provider(replace(said, rule=rule), kind)
        for key in keys or _keys(text, ref, provider, aws=kind is None):
            answer = provider.verify(key)
            if answer.liveness is Liveness.LIVE and answer.identity:
                found = Credential(answer.identity.credential_id or key.id, key.secret)
                ends, why = _ends(entry, provider, answer.identity, found.id)
                leak = leaked_key.Leak(found, datetime.now(UTC), place=str(ref))
                return Held(leak, kind, answer.identity, ends, why)
    raise UsageError(
        f"{ref} holds no key of {entry.rule} that its provider accepts",
        "see that `targets` and `rule` are right, that such keys can be rotated (docs/providers.md), and that it lives",
    )


def _readable(entry: Entry) -> SecretRef:
    """The first target whose value can be read. UsageError if there is none."""
    targets = [reference(one) for one in entry.settings.get("targets", ())]
    if not targets:
        raise UsageError("no target is named, so it is not known where the key is", "add `targets`")
    found = next((ref for ref in targets if ref.store not in WRITE_ONLY), None)
    if found is None:
        raise UsageError(
            f"{targets[0]} can be written and not read, so the key in it cannot be looked at",
            f"name a target that can be read as well, or give the key: unleak rotate --entry {entry.name} --stdin",
        )
    return found


def _kinds(
    entry: Entry, said: Options, text: Secret, key_id: str
) -> "Iterator[tuple[Kind | leaked_key.Place | None, list[Credential]]]":
    """The kinds of keys that it may be, None being AWS's; and the keys, where they are told by what is around them."""
    if fnmatchcase(leaked_key.AWS, entry.rule):
        yield None, []
    parts = verify.given_parts([f"{name}={value}" for name, value in entry.settings.get("parts", {}).items()])
    parts |= {KEY_ID: key_id} if key_id else {}
    if any(fnmatchcase(rule, entry.rule) for rule in database_key.RULES):
        for server, password in database_key.logins(text.reveal()):
            yield database_key.asked(server, said, parts), [Credential("", password)]
    if any(fnmatchcase(rule, entry.rule) for rule in deploy_key.RULES) and deploy_key.candidates(
        text.reveal()
    ):
        yield deploy_key.asked(parts), []
    seen = set()
    for path in ruleset.files():
        if not fnmatchcase(path.stem, entry.rule.partition(".")[0]):
            continue
        for found in rulefile.read(path):
            able = found.rotation or found.by_hand
            alike = (path, tuple(found.rotation.rules) if found.rotation else found.rule.id)
            if able and fnmatchcase(found.rule.id, entry.rule) and alike not in seen:
                seen.add(alike)
                yield declared_key.kind(found, {}, parts, acting="admin" in entry.settings), []


def _keys(text: Secret, ref: SecretRef, provider: Provider, *, aws: bool) -> list[Credential]:
    """What of a secret's text may be the key; values that stand alone come first."""
    whole = text.reveal()
    values = list(provider.candidates(whole))
    alone = set(leaves_of(whole))
    values.sort(key=lambda value: value not in alone)
    ids = leaked_key.ids(whole) if aws else [""]
    return [Credential(key_id, Secret(value)) for key_id in ids for value in values[:MOST]]


def _ends(entry: Entry, provider: Provider, identity: Identity, key_id: str) -> tuple[datetime | None, str]:
    """When the key expires, or is too old by the configuration."""
    try:
        listed = provider.key(identity, key_id)
    except (NotFound, RotationError):  # of keys that a person issues there is no list
        listed = None
    expires = identity.expires or (listed.expires if listed else None)
    made = identity.created or (listed.created if listed else None)
    days = entry.settings.get("max_age_days")
    if expires:
        return expires, f"expires {iso(expires)}"
    if days and made:
        return made + timedelta(days=days), f"is {days} days old on {iso(made + timedelta(days=days))}"
    return None, "does not expire" if not days else "does not expire, and nothing tells how old it is"
