"""Puts a new user name and password in the place of old ones, though the user's name alone may mean anything.

A user is often called as its database is, or its service. So its name is replaced only where it belongs to
the password: in the same connection string, or beside it in a JSON object or among the lines of an
environment file, under a name that speaks of a user.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unleak.core.errors import RotationError
from unleak.core.secret import Secret
from unleak.rotate.ports import Credential, Trait
from unleak.rotate.replace import replace

_USER = re.compile(r"(?i)[\w.-]*(?:user|usr|login|role)[\w.-]*")
_STEM = re.compile(r"(?i)user|usr|login|role|pass|pwd|pw|secret|credential")
_LINE = re.compile(r"""(?m)^(\s*(?:export\s+)?([\w.-]+)\s*[=:]\s*["']?)([^\s"']+)(["']?\s*)$""")


@dataclass(frozen=True, slots=True)
class _Change:
    """Of a text that holds the new password already."""

    old: str
    new: str
    password: str
    name: str
    """The secret's, for the error."""

    def unclear(self) -> RotationError:
        """Services would use the new password with the old name."""
        return RotationError(
            f"{self.name} holds the password where the user name {self.old} does not clearly belong to it, and both "
            "change together",
            "put both into one connection string, or beside each other as `user` and `password`",
        )


def swap(text: Secret, old: Credential, new: Credential, traits: frozenset[Trait], name: str) -> Secret:
    """The text of a secret with the new key for the old one. RotationError if that cannot be proved.

    `name` is the secret's, for the error.
    """
    values = {old.secret.reveal(): new.secret.reveal()}
    values |= {old.id: new.id} if Trait.PAIR in traits and old.id else {}
    changed = replace(text.reveal(), values, name)
    if Trait.LOGIN in traits:
        changed = _relogin(changed, _Change(old.id, new.id, new.secret.reveal(), name))
    return Secret(changed)


def _relogin(text: str, change: _Change) -> str:
    """Every place of the password must have its user's name, or nothing is changed."""
    changed, inline = _in_strings(text, change)
    try:
        parsed = json.loads(changed)
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, dict | list):
        changed, beside = _in_json(changed, parsed, change)
    else:
        changed, beside = _in_lines(changed, change)
    if inline + beside != text.count(change.password):
        raise change.unclear()
    return changed


def _in_strings(text: str, change: _Change) -> tuple[str, int]:
    """`//user:password@`, and `user=… password=…` in either order, within a line and a pair of quotes."""
    old, password, count = re.escape(change.old), re.escape(change.password), 0
    for form in (
        rf"(//){old}(?=:{password}@)",
        rf"(\buser\s*=\s*'?){old}(?=['\s&;][^\n\"]*?\bpassword\s*=\s*'?{password})",
        rf"(\bpassword\s*=\s*'?{password}['\s&;][^\n\"]*?\buser\s*=\s*'?){old}(?=['\s&;\"]|$)",
    ):
        text, made = re.subn(form, lambda found: found[1] + change.new, text)
        count += made
    return text, count


def _in_json(text: str, parsed: Any, change: _Change) -> tuple[str, int]:
    """The name beside the password, textually, and proved by parsing."""
    keys: set[str] = set()
    expected, count = _expected(parsed, change, keys)
    for key in keys:
        form = rf"({re.escape(json.dumps(key))}\s*:\s*){re.escape(json.dumps(change.old))}"
        text = re.sub(form, lambda found: found[1] + json.dumps(change.new), text)
    if json.loads(text) != expected:
        raise change.unclear()
    return text, count


def _expected(value: Any, change: _Change, keys: set[str]) -> tuple[Any, int]:
    """What it shall be, and how many passwords stand there by themselves; gathers the names of users."""
    if isinstance(value, list):
        made = [_expected(one, change, keys) for one in value]
        return [one for one, _ in made], sum(count for _, count in made)
    if not isinstance(value, dict):
        return value, 0
    chosen, direct = _beside({key: one for key, one in value.items() if isinstance(one, str)}, change)
    keys |= chosen
    inner = {key: _expected(one, change, keys) for key, one in value.items()}
    return (
        {key: change.new if key in chosen else one for key, (one, _) in inner.items()},
        direct + sum(count for _, count in inner.values()),
    )


def _in_lines(text: str, change: _Change) -> tuple[str, int]:
    """The lines of an environment file."""
    chosen, count = _beside({found[2]: found[3] for found in _LINE.finditer(text)}, change)
    return _LINE.sub(
        lambda found: found[1] + change.new + found[4] if found[2] in chosen else found[0], text
    ), count


def _beside(pairs: Mapping[str, str], change: _Change) -> tuple[set[str], int]:
    """The names whose value is the user of a password among `pairs`, and how many such passwords there are."""
    users = [key for key, value in pairs.items() if value == change.old and _USER.fullmatch(key)]
    chosen, count = set[str](), 0
    for key in [key for key, value in pairs.items() if value == change.password]:
        alike = [user for user in users if _stem(user) == _stem(key)] or users
        if len(alike) != 1:
            raise change.unclear()
        chosen.update(alike)
        count += 1
    return chosen, count


def _stem(key: str) -> str:
    """What stands before the word for user or password: `DB_` of DB_USER."""
    return _STEM.split(key, maxsplit=1)[0].casefold()
