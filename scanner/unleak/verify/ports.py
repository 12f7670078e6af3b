"""What the engine of verification and the network say to each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from unleak.core.secret import Secret
from unleak.core.verification import Verification


@dataclass(frozen=True, slots=True)
class Question:
    """A key that a provider is to be asked about."""

    rule_id: str
    service: str
    """The slug of the provider."""
    fingerprint: str
    secret: Secret
    verification: Verification | None
    """None if no rule file says how to ask."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """Public parts by name."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it is sent. Holds the key in clear: none of it is shown."""

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    content: bytes = field(repr=False)
    host: str
    """In lower case, without the port."""
    chosen: bool = False
    """The scanned text alone chose the host: it is no known provider's."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. Every text of it is the provider's."""

    status: int
    headers: Mapping[str, str]
    """By names in lower case."""
    body: bytes = b""
    """Decompressed."""
    whole: bool = True
    """False if the body was too long, or encoded in a way that is not known: `body` is its beginning."""


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer came, or none was asked for."""

    why: str
    """In our own words."""
    unreachable: bool = False
    """There was no way to the host: no network, perhaps."""


class Transport(Protocol):
    """Sends one request."""

    def send(self, call: Call) -> Reply | Failure:
        """The answer to `call`. Never raises for what the network does, and follows no redirect."""
