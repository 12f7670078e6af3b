"""The configuration of `unleak rotate`: which keys go where, and how they are replaced.

A file is used only if --config or UNLEAK_CONFIG names it, or if it is the user's own: what stands in a
repository may be anybody's, and it says which commands run and where keys go.
"""

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from unleak.core.errors import UsageError

_NAME = re.compile(r"[a-z_]{1,20}")
VARIABLE = "UNLEAK_CONFIG"
HERE = "unleak.toml"


@dataclass(frozen=True, slots=True)
class Field:
    """What a setting may be, and what it means."""

    shape: str
    """One of SHAPES."""
    text: str
    choices: tuple[str, ...] = ()


HOW = {
    "order": Field("text", "what comes first: the new key, or disabling the old one (with downtime)",
                   ("replace-first", "contain-first")),
    "quiet": Field("seconds", "how long the old key must stay unused"),
    "grace": Field("seconds", "between disabling the old key and deleting it"),
    "wait": Field("seconds", "how long to wait for services, or for a person, before stopping"),
    "poll": Field("seconds", "how often to ask whether a person has deleted the old key"),
    "aws_profile": Field("text", "the AWS profile that acts"),
    "region": Field("text", "the AWS Region of the secrets"),
    "approval": Field("text", "who approves a plan: a person at a terminal, or also --yes",
                      ("person", "anyone")),
    "approvers": Field("texts", "system users or acting identities that may approve; * and ? stand for others"),
}  # fmt: skip
"""May stand in `[rotate]`, for all keys, and in `[[keys]]`."""
WHERE = {
    "name": Field("text", "by which --entry and messages name it; required"),
    "rule": Field("text", "the rule of the keys, such as aws.access-key; * and ? stand for others; required"),
    "account": Field("text", "the account that the key must belong to; * and ? stand for others"),
    "principal": Field("text", "the user or machine account that the key must belong to; the same"),
    "targets": Field("texts", "the secrets that hold the key, in the order in which they are switched"),
    "stores": Field("texts", "the stores that are searched for the key"),
    "same_user": Field("flag", "change the one password of a database user (with downtime)"),
    "admin": Field("text", "where the credential is that acts, such as env:NAME"),
    "value_from": Field("text", "where a new key is that only a person can make"),
    "parts": Field("table", "public parts, such as the host, and choices that a plan names"),
    "consumers": Field("texts", "addresses of services that report the version they use"),
    "restarts": Field("texts", "services to restart with the new key"),
    "max_age_days": Field("count", "with --expiring: when a key that does not expire has to be replaced"),
}
"""May stand in `[[keys]]`."""
SHAPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "text": ("a text that is not empty", lambda value: _texts([value])),
    "texts": ("a list of texts", lambda value: isinstance(value, list) and _texts(value)),
    "table": ("a table of texts", lambda value: isinstance(value, dict) and _texts(value.values())),
    "flag": ("true or false", lambda value: isinstance(value, bool)),
    "seconds": ("a number of seconds", lambda value: type(value) in {int, float} and value >= 0),
    "count": ("a whole number above 0", lambda value: type(value) is int and value > 0),
}  # fmt: skip


def _texts(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) and value for value in values)


@dataclass(frozen=True, slots=True)
class Entry:
    """One of `[[keys]]`, with what `[rotate]` says for all."""

    settings: Mapping[str, Any]

    @property
    def name(self) -> str:
        """By which the user names it."""
        return str(self.settings["name"])

    @property
    def rule(self) -> str:
        """The pattern of rule ids."""
        return str(self.settings["rule"])

    def stranger(self, account: str, principal: str) -> str:
        """Why a key of this identity is not meant; empty if it is."""
        for field, told in (("account", account), ("principal", principal)):
            wanted = self.settings.get(field)
            if wanted and not fnmatchcase(told, wanted):
                return f"{self.name} is for the {field} {wanted}, and the key belongs to {told or 'none that is told'}"
        return ""


NOTHING = Entry({"name": "", "rule": "*"})
"""What is said of keys that no configuration names."""


@dataclass(frozen=True, slots=True)
class Config:
    """A file."""

    place: str = ""
    common: Mapping[str, Any] | None = None
    entries: tuple[Entry, ...] = ()

    def entry(self, rule: str, name: str = "") -> Entry:
        """What it says of keys of a rule, or under a name. UsageError if it names none so, or several match."""
        if name:
            named = next((one for one in self.entries if one.name == name), None)
            if named is None:
                raise self._unknown()
            if not fnmatchcase(rule, named.rule):
                raise UsageError(f"{name} is for keys of {named.rule}, and this is a {rule}", self._names())
            return named
        found = [one for one in self.entries if fnmatchcase(rule, one.rule)]
        if len(found) > 1:
            names = ", ".join(one.name for one in found)
            raise UsageError(f"{self.place} has several keys of {rule}: {names}", "name one with --entry")
        return found[0] if found else Entry({"name": "", "rule": "*", **(self.common or {})})

    def named(self, name: str = "") -> tuple[Entry, ...]:
        """The entries of that name, or all. UsageError if there is none."""
        found = tuple(one for one in self.entries if name in {"", one.name})
        if not found:
            raise (
                self._unknown()
                if name
                else UsageError(
                    f"{self.place or 'no configuration is used, and so it'} names no keys",
                    "name one with --config; docs/configuration.md tells how it names keys",
                )
            )
        return found

    def _unknown(self) -> UsageError:
        if not self.place:
            return UsageError("--entry goes with a configuration, and none is used", "name one with --config")
        return UsageError(f"{self.place} has no keys of that name", self._names())

    def _names(self) -> str:
        return f"it names {', '.join(one.name for one in self.entries) or 'none'}"


def load(given: Path | None) -> Config:
    """The file that the user names, or the user's own; an empty Config if there is none.

    UsageError names the file and the setting that is wrong, and none of its values.
    """
    own = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config", "unleak", HERE)
    variable = os.environ.get(VARIABLE)
    path = given or (Path(variable) if variable else own)
    if path == own and not path.exists():
        return Config()
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", "") or "it is no UTF-8 text"
        by = f"; {VARIABLE} names it" if variable and not given else ""
        raise UsageError(
            f"the configuration {path} cannot be read: {why}",
            f"see that the path and its rights are right{by}",
        ) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = str(error).rpartition("(at ")[2].rstrip(")")  # the rest of it may repeat what stands there
        raise UsageError(
            f"the configuration {path} is no TOML: see {line}", "see docs/configuration.md"
        ) from None
    if path.name == "pyproject.toml":
        data = data.get("tool", {}).get("unleak", {})
    return read(data, str(path))


def unused(given: Path | None) -> str:
    """The file of the current folder that is not used because nobody named it; empty if there is none."""
    if given or os.environ.get(VARIABLE):
        return ""
    return HERE if Path(HERE).is_file() else ""


def read(data: Any, place: str) -> Config:
    """What the parsed file says. UsageError."""
    wrong = _Wrong(place)
    wrong.unknown("", data, ("rotate", "keys"))
    common = data.get("rotate", {})
    wrong.table("rotate", common, HOW)
    rows = data.get("keys", [])
    if not isinstance(rows, list):
        raise wrong.error("keys", "are tables of their own: [[keys]]")
    for number, row in enumerate(rows, 1):
        where = f"keys[{number}]"
        wrong.table(where, row, HOW | WHERE)
        for name in ("name", "rule"):
            if name not in row:
                raise wrong.error(f"{where}.{name}", "is missing")
        if not ("targets" in row or "stores" in row):
            raise wrong.error(where, "says neither `targets` nor `stores`: where is the key?")
    names = [row["name"] for row in rows]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise wrong.error("keys", f"has {twice!r} twice")
    return Config(place, common, tuple(Entry({**common, **row}) for row in rows))


@dataclass(frozen=True, slots=True)
class _Wrong:
    """Says what is wrong where."""

    place: str

    def error(self, where: str, text: str) -> UsageError:
        return UsageError(f"{self.place}: {where} {text}", "docs/configuration.md lists all settings")

    def unknown(self, where: str, table: Any, known: Sequence[str]) -> None:
        if not isinstance(table, dict):
            raise self.error(where or "the file", "is no table")
        for name in table:
            if name not in known:
                shown = (
                    name if _NAME.fullmatch(name) else "what stands there"
                )  # it may be a key in a wrong place
                raise self.error(f"{where}.{shown}".lstrip("."), "is no setting")

    def table(self, where: str, table: Any, fields: Mapping[str, Field]) -> None:
        self.unknown(where, table, tuple(fields))
        for name, value in table.items():
            field = fields[name]
            words, holds = SHAPES[field.shape]
            if not holds(value):
                raise self.error(f"{where}.{name}", f"is not {words}")
            if field.choices and value not in field.choices:
                raise self.error(f"{where}.{name}", f"is none of {', '.join(field.choices)}")


def schema() -> dict[str, Any]:
    """The JSON Schema of the file."""
    shapes: dict[str, dict[str, Any]] = {
        "text": {"type": "string", "minLength": 1},
        "texts": {"type": "array", "items": {"type": "string", "minLength": 1}},
        "table": {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}},
        "flag": {"type": "boolean"},
        "seconds": {"type": "number", "minimum": 0},
        "count": {"type": "integer", "minimum": 1},
    }

    def table(fields: Mapping[str, Field]) -> dict[str, Any]:
        properties = {
            name: shapes[field.shape]
            | {"description": field.text}
            | ({"enum": list(field.choices)} if field.choices else {})
            for name, field in fields.items()
        }
        return {"type": "object", "properties": properties, "additionalProperties": False}

    row = table(WHERE | HOW) | {
        "required": ["name", "rule"],
        "anyOf": [{"required": ["targets"]}, {"required": ["stores"]}],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of unleak",
        "type": "object",
        "properties": {"rotate": table(HOW), "keys": {"type": "array", "items": row}},
        "additionalProperties": False,
    }
