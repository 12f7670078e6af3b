"""A client of services that keep variables, whose errors become ours, without any text of theirs."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from unleak.core.errors import AccessDenied, Conflict, NotFound, OutcomeUnknown, RotationError, UsageError
from unleak.core.secret import Secret
from unleak.verify.http import Server
from unleak.verify.ports import Failure, Reply

PAGE = 100
"""Rows of a list that are asked for at once."""
PAGES = 1000
"""Of one list, at most: an answer that repeats itself must end, too."""
FRESH = 600.0
"""Seconds after which a connection with a token that was given out for it is made anew."""
LOCAL = {"127.0.0.1", "::1", "localhost"}
"""Hosts that may be spoken to without TLS."""


@dataclass(frozen=True, slots=True)
class Service:
    """How one of them is spoken to. Holds no secret."""

    title: str
    address: str
    """Such as `https://gitlab.example.org/api/v4`."""
    header: str
    """Carries the token."""
    before: str
    """Stands before the token in it."""
    token: str
    """The environment variable that holds the token."""


class Rest:
    """One service. The token is read when it is first needed."""

    def __init__(self, service: Service, opening: Callable[[], Server] | None = None) -> None:
        """`opening` makes the connection where a token in a header is not all that it needs."""
        self.service = service
        self._opening = opening
        self._server: Server | None = None
        self._opened_at = 0.0

    def call(
        self, what: str, method: str, path: str, query: Mapping[str, str] | None = None, body: object = None
    ) -> Any:
        """The answer's JSON; None if it is empty. `what` says what is being done, for people."""
        content = json.dumps(body, ensure_ascii=False).encode() if body is not None else b""
        reply = self._opened().send(method, path + (f"?{urlencode(query)}" if query else ""), content)
        if isinstance(reply, Failure):
            raise self._unanswered(what, reply, changes=method != "GET")
        if not 200 <= reply.status < 300:
            raise self._refused(what, reply, changes=method != "GET")
        return self._parsed(what, reply)

    def rows(
        self, what: str, path: str, query: Mapping[str, str] | None = None, within: str = ""
    ) -> Iterator[Any]:
        """All rows of a list; `within` names the field that holds them, if they are not the answer itself."""
        for page in range(1, PAGES + 1):
            more = {**(query or {}), "page": str(page), "per_page": str(PAGE)}
            found = self.call(what, "GET", path, more)
            rows = found.get(within) if within and isinstance(found, dict) else found
            if not isinstance(rows, list):
                raise self._strange(what)
            yield from rows
            if len(rows) < PAGE:
                return

    def _opened(self) -> Server:
        stale = self._opening is not None and time.monotonic() - self._opened_at > FRESH
        if self._server is None or stale:
            self._server = self._opening() if self._opening else self._by_token()
            self._opened_at = time.monotonic()
        return self._server

    def _by_token(self) -> Server:
        service = self.service
        token = (service.header, service.before + _token(service).reveal())
        return Server(service.address, (token, ("Content-Type", "application/json")))

    def _parsed(self, what: str, reply: Reply) -> Any:
        if not reply.body:
            return None
        try:
            if reply.whole:
                return json.loads(reply.body)
        except (ValueError, RecursionError):
            pass
        raise self._strange(what)

    def _strange(self, what: str) -> RotationError:
        return RotationError(
            f"could not {what}: {self.service.address} does not answer as {self.service.title} does",
            "check the address, then go on",
        )

    def _unanswered(self, what: str, failure: Failure, *, changes: bool) -> RotationError:
        title = self.service.title
        if changes and not failure.unreachable:
            return OutcomeUnknown(
                f"could not tell whether {title} did {what}: {failure.why}",
                "going on looks at what is there before doing anything",
            )
        return RotationError(
            f"could not {what}: {title} at {self.service.address}: {failure.why}",
            "check the address and the network, then go on",
        )

    def _refused(self, what: str, reply: Reply, *, changes: bool) -> RotationError:
        title, text = self.service.title, f"could not {what}"
        match reply.status:
            case 401 | 403:
                return AccessDenied(
                    f"{text}: {title} denies it to this token",
                    f"see what rights the token in {self.service.token} needs (docs/rotation.md), or make a new one",
                )
            case 404:
                return NotFound(
                    f"{text}: {title} has nothing there", "it was deleted, or the token may not see it"
                )
            case 409 | 412:
                return Conflict(f"{text}: {title} says that it is in another state", "look at it, then go on")
            case 429:
                return RotationError(f"{text}: {title} asks to slow down", "go on in a minute")
            case status if 300 <= status < 400:
                return RotationError(
                    f"{text}: {self.service.address} refers to another one", "name that address"
                )
            case status if status >= 500 and changes:
                return self._unanswered(what, Failure(f"it answered {status}"), changes=True)
        return RotationError(f"{text}: {title} answered {reply.status}", "see docs/rotation.md")


def address(variable: str, default: str) -> str:
    """What the environment's `variable` names, else `default`: a host, or an address. UsageError for neither."""
    given = os.environ.get(variable) or default
    found = (given if "://" in given else f"https://{given}").rstrip("/")
    try:
        parts = urlsplit(found)
    except ValueError:
        parts = urlsplit("")
    if "@" in parts.netloc:
        raise UsageError(f"{variable} holds credentials", "give the address alone")
    if not parts.hostname or parts.query or parts.fragment or parts.scheme not in {"http", "https"}:
        raise UsageError(f"{variable} does not name a server", f"such as {default}")
    if parts.scheme == "http" and parts.hostname not in LOCAL:
        raise UsageError(
            f"{variable} names an address without TLS, where anybody may read along", "use https://"
        )
    return found


def _token(service: Service) -> Secret:
    found = os.environ.get(service.token) or ""
    if not (found.isascii() and found.isprintable() and found):
        raise UsageError(
            f"there is no token for {service.title}", f"put it into the variable {service.token}"
        )
    return Secret(found)
