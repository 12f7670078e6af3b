"""A table of a TOML file whose keys are asked for one by one, so that the rest is known to be unknown."""

from collections.abc import Collection
from typing import NoReturn

from unleak.core.errors import UsageError


class Table:
    """Wraps a parsed table. Every getter raises UsageError if the value is missing or of the wrong type.

    `where` names the place in messages. A default of None means that the key is required.
    """

    def __init__(self, values: dict[str, object], where: str) -> None:
        self.where = where
        self._values = values
        self._known: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def fail(self, reason: str) -> NoReturn:
        """Raise UsageError for `reason`."""
        raise UsageError(f"{self.where}: {reason}.", "docs/rules.md describes the format of rule files.")

    def close(self) -> None:
        """Refuse what nobody asked for."""
        unknown = sorted(set(self._values) - self._known)
        if unknown:
            self.fail(f"unknown key {', '.join(f'`{key}`' for key in unknown)}")

    def text(self, key: str, default: str | None = None) -> str:
        """A string that is not empty."""
        value = self._get(key, default)
        if not isinstance(value, str) or (not value.strip() and value != default):
            self.fail(f"`{key}` has to be a text")
        return value

    def line(self, key: str, default: str | None = None) -> str:
        """A text that can be shown: one line, and nothing that a terminal would obey."""
        value = self.text(key, default)
        if not value.isprintable():
            self.fail(f"`{key}` has to be one line of printable characters")
        return value

    def url(self, key: str, default: str | None = None) -> str:
        """An https address."""
        value = self.line(key, default)
        if value != default and not value.startswith("https://"):
            self.fail(f"`{key}` has to begin with https://")
        return value

    def choice(self, key: str, among: Collection[str], default: str | None = None) -> str:
        """One of the texts `among`."""
        value = self.text(key, default)
        if value not in among:
            self.fail(f"`{key}` has to be one of {', '.join(among)}")
        return value

    def number(self, key: str) -> int:
        """A positive integer."""
        value = self._get(key, None)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            self.fail(f"`{key}` has to be a positive whole number")
        return value

    def flag(self, key: str) -> bool:
        """True or false; false if it is not there."""
        value = self._get(key, False)
        if not isinstance(value, bool):
            self.fail(f"`{key}` has to be true or false")
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of texts; an empty one only if that is the default."""
        value = self._get(key, default)
        if value is default and default is not None:
            return default
        if (
            not isinstance(value, list)
            or not all(isinstance(item, str) and item for item in value)
            or not value
        ):
            self.fail(f"`{key}` has to be a list of texts, at least one")
        return tuple(value)

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of texts, which may be empty ones."""
        value = self._get(key, None)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fail(f"`{key}` has to be a list of texts")
        return tuple(value)

    def numbers(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers; empty if the key is missing."""
        value = self._get(key, [])
        if not isinstance(value, list) or not all(type(item) is int for item in value):
            self.fail(f"`{key}` has to be a list of whole numbers")
        return tuple(value)

    def mapping(self, key: str) -> tuple[tuple[str, str], ...]:
        """An inner table of texts, which may be empty ones; empty if the key is missing."""
        value = self._get(key, {})
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            self.fail(f"`{key}` has to be a table of texts")
        return tuple(value.items())

    def anything(self, key: str) -> object:
        """A value of any type."""
        return self._get(key, None)

    def off(self, key: str) -> bool:
        """Whether the value is false, which is said instead of a table."""
        return self._get(key, {}) is False

    def words(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Like `texts`, of lower-case ASCII."""
        words = self.texts(key, default)
        for word in words:
            if word != word.lower() or not word.isascii():
                self.fail(f"`{key}`: `{word}` has to be lower-case ASCII")
        return words

    def table(self, key: str) -> "Table | None":
        """An inner table, if there is one."""
        value = self._get(key, {})
        if not isinstance(value, dict):
            self.fail(f"`{key}` has to be a table")
        return Table(value, f"{self.where}: [{key}]") if value else None

    def tables(self, key: str) -> "list[Table]":
        """A list of inner tables, possibly none."""
        value = self._get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.fail(f"`{key}` has to be a list of tables, written [[{key}]]")
        return [Table(item, f"{self.where}: [[{key}]] number {n}") for n, item in enumerate(value, 1)]

    def one_or_more(self, key: str) -> "list[Table]":
        """An inner table or a list of them, possibly none."""
        value = self._get(key, [])
        items = [value] if isinstance(value, dict) else value
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            self.fail(f"`{key}` has to be a table or a list of tables")
        return [Table(item, f"{self.where}: {key}") for item in items]

    def _get(self, key: str, default: object) -> object:
        self._known.add(key)
        value = self._values.get(key, default)
        if value is None:
            self.fail(f"`{key}` is missing")
        return value
