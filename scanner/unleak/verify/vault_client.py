"""A client of HashiCorp Vault or OpenBao, whose errors become ours, without any text of the server's."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from unleak.core.errors import AccessDenied, NotFound, OutcomeUnknown, RotationError, UsageError
from unleak.core.secret import Secret
from unleak.verify.http import Server
from unleak.verify.ports import Failure, Reply

TOKEN_FILE = ".vault-token"  # noqa: S105 (the name that both programs' `login` writes to)


@dataclass(frozen=True, slots=True)
class Place:
    """Which server, and what part of it. Holds no secret."""

    address: str
    """Such as `https://vault.example.org:8200`."""
    namespace: str = ""


def place() -> Place:
    """What `BAO_ADDR` or `VAULT_ADDR`, and `BAO_NAMESPACE` or `VAULT_NAMESPACE`, name. UsageError without."""
    address = _variable("ADDR").rstrip("/")
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise UsageError(
            "VAULT_ADDR does not name a server of Vault or OpenBao", "such as https://vault.example.org:8200"
        )
    if "@" in parts.netloc:
        raise UsageError(
            "VAULT_ADDR holds credentials", "give the address alone, and the token in VAULT_TOKEN"
        )
    return Place(address, _variable("NAMESPACE").strip("/"))


class Vault:
    """One server. The token is read from where the server's own program reads it, when it is first needed."""

    def __init__(self, where: Place) -> None:
        self.where = where
        self._server: Server | None = None

    def call(self, what: str, method: str, path: str, body: object = None, query: str = "") -> Any:
        """What the answer's `data` holds; None if there is none.

        `what` says what is being done, for people. `LIST` is a method of Vault's.
        """
        if method == "LIST":
            method, query = "GET", "list=true"
        content = json.dumps(body, ensure_ascii=False).encode() if body is not None else b""
        target = f"/v1/{quote(path, safe='/')}" + (f"?{query}" if query else "")
        reply = self._opened().send(method, target, content)
        if isinstance(reply, Failure):
            raise self._unanswered(what, reply, changes=method != "GET")
        if not 200 <= reply.status < 300:
            raise self._refused(what, reply, changes=method != "GET")
        return self._data(what, reply)

    def _opened(self) -> Server:
        if self._server is None:
            headers = [("X-Vault-Token", token().reveal()), ("X-Vault-Request", "true")]
            headers += [("X-Vault-Namespace", self.where.namespace)] if self.where.namespace else []
            self._server = Server(self.where.address, tuple(headers), _variable("CACERT"))
        return self._server

    def _data(self, what: str, reply: Reply) -> Any:
        if not reply.body:
            return None
        try:
            parsed = json.loads(reply.body) if reply.whole else None
        except (ValueError, RecursionError):
            parsed = None
        if not isinstance(parsed, dict):
            raise RotationError(
                f"could not {what}: {self.where.address} does not answer as Vault does", _LOOK
            )
        return parsed.get("data")

    def _unanswered(self, what: str, failure: Failure, *, changes: bool) -> RotationError:
        if changes and not failure.unreachable:
            return OutcomeUnknown(
                f"could not tell whether Vault did {what}: {failure.why}",
                "going on looks at what is there before doing anything",
            )
        return RotationError(f"could not {what}: Vault at {self.where.address}: {failure.why}", _LOOK)

    def _refused(self, what: str, reply: Reply, *, changes: bool) -> RotationError:
        text = f"could not {what}"
        match reply.status:
            case 403:
                return AccessDenied(
                    f"{text}: Vault denies it to this token",
                    "allow it in a policy of the token (docs/rotation.md has one), or log in again if it expired",
                )
            case 404:
                return NotFound(f"{text}: Vault has nothing there", "see that its name is right")
            case 301 | 302 | 307 | 308:
                return RotationError(
                    f"{text}: {self.where.address} refers to another server", "name that one"
                )
            case 503:
                return RotationError(
                    f"{text}: Vault is sealed or down for maintenance", "unseal it, then go on"
                )
            case status if status >= 500 and changes:
                return self._unanswered(what, Failure(f"it answered {status}"), changes=True)
        return RotationError(
            f"{text}: Vault answered {reply.status}", "see docs/rotation.md and Vault's own log"
        )


def token() -> Secret:
    """`BAO_TOKEN` or `VAULT_TOKEN`, else `~/.vault-token`. UsageError if there is none."""
    found = _variable("TOKEN")
    if not found:
        try:
            found = (Path.home() / TOKEN_FILE).read_text().strip()
        except (OSError, UnicodeDecodeError):
            found = ""
    if not (found.isascii() and found.isprintable() and found):
        raise UsageError("there is no token for Vault", "log in (vault login, bao login), or set VAULT_TOKEN")
    return Secret(found)


def _variable(name: str) -> str:
    """OpenBao's program takes either name, and its own first."""
    return os.environ.get(f"BAO_{name}") or os.environ.get(f"VAULT_{name}") or ""


_LOOK = "check VAULT_ADDR and the network, then go on"
