"""The keys that a provider lists, by the exchanges of a rule file."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from unleak.core.errors import RotationError
from unleak.core.rotating import ID, NAMED, PAGE, Exchange
from unleak.core.secret import Secret
from unleak.rotate.rows import Row, rows
from unleak.verify.exchange import Came, Result

PAGES = 200
"""Of a list, at most."""
WAITS = (0.0, 0.2, 0.8, 2.0, 4.0, 8.0)
"""Seconds before each look for a key that was just made."""

Ask = Callable[[str, Exchange, Mapping[str, Any]], Came]
"""Carries out an exchange; the text says what is being done."""


class Said(Protocol):
    """What a rule file says of a list of keys."""

    @property
    def id(self) -> str:
        """How ids are known."""

    @property
    def listing(self) -> Exchange:
        """Lists all keys."""

    @property
    def get(self) -> Exchange | None:
        """Asks about one."""

    @property
    def value(self) -> Exchange | None:
        """Asks for the value of one."""


@dataclass(frozen=True, slots=True)
class Alone:
    """A list, and nothing else."""

    listing: Exchange
    id: str = NAMED
    get: Exchange | None = None
    value: Exchange | None = None


class Listing:
    """Asks what keys there are. `values` are what requests may hold."""

    def __init__(self, said: Said, ask: Ask) -> None:
        self._said, self._ask = said, ask

    def pages(self, values: Mapping[str, Any]) -> Iterator[Came]:
        """The list, as often as it goes on. RotationError if it does not end."""
        page: Any = None
        for number in range(self._said.listing.first + 1, PAGES + 2):
            came = self._ask("list the keys", self._said.listing, {**values, PAGE: page})
            yield came
            page = came.take(self._said.listing.next) if self._said.listing.next else None
            if not page:
                return
            page = number if page is True else page
        raise RotationError("the list of keys does not end", "see docs/rotation.md")

    def rows(self, values: Mapping[str, Any]) -> Iterator[Row]:
        """The keys of all pages."""
        for came in self.pages(values):
            if came.result is Result.GONE:
                return
            yield from rows(self._said.listing, came, self._said.id)

    def row(self, values: Mapping[str, Any], key_id: str) -> Row | None:
        """One key, as `get` or the list tells; None if there is none."""
        said = self._said.get
        if said is None:
            return next((row for row in self.rows(values) if row.key.id == key_id), None)
        came = self._ask(f"look at key {key_id}", said, {**values, ID: key_id})
        return next(rows(said, came, self._said.id), None) if came.result is Result.DONE else None

    def holding(self, values: Mapping[str, Any], secret: Secret) -> str:
        """The id of the listed key whose value is `secret`; empty if there is none."""
        for row in self.rows(values):
            value = self._value(values, row)
            if value and value.reveal() == secret.reveal():
                return row.key.id
        return ""

    def made(self, values: Mapping[str, Any], name: str) -> tuple[str, Secret] | None:
        """Id and value of the one key of this name, which may take a moment to be there; else None."""
        for seconds in WAITS:
            time.sleep(seconds)
            named = [row for row in self.rows(values) if row.name == name]
            if len(named) == 1 and (value := self._value(values, named[0])):
                return named[0].key.id, value
        return None

    def _value(self, values: Mapping[str, Any], row: Row) -> Secret | None:
        """The value of a listed key; None if it is not there (yet)."""
        said = self._said.value
        if said is None:
            return row.secret
        came = self._ask(f"read key {row.key.id}", said, {**row.facts, **values, ID: row.key.id})
        found = came.take(dict(said.take)["secret"]) if came.result is Result.DONE else None
        return Secret(found) if isinstance(found, str) and found else None


def date_of(came: Came) -> datetime | None:
    """The time of the provider's clock in an answer; None if it does not tell."""
    try:
        return parsedate_to_datetime(came.read.reply.headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return None
