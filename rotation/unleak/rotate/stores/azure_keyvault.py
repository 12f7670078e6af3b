"""Azure Key Vault. A secret is `VAULT/NAME`; the version that was made last is the current one.

The service has no compare-and-swap. The versions are looked at before and after a write: one of somebody else's that
came in between is written back. Texts wait in secrets of their own in the same vault.
"""

import hashlib
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlsplit

from unleak.core.errors import NotFound, RotationError, UsageError
from unleak.core.secret import Secret
from unleak.rotate.beside import PLACE, Beside, Current, moved
from unleak.rotate.replace import occurs
from unleak.verify.cloud_tokens import azure
from unleak.verify.http import Server
from unleak.verify.rest_client import Rest, Service

API = {"api-version": "7.4"}
SCOPE = "https://vault.azure.net/.default"
SIZE = 25_600
"""Bytes that a secret may hold."""
VAULT = re.compile(r"[A-Za-z0-9-]{3,24}")
NAME = re.compile(r"[A-Za-z0-9-]{1,127}")
VERSION = "unleak-version"
"""The tag that tells of which version a text is."""
KEEPS = ("contentType", "tags")
TIMES = ("enabled", "nbf", "exp")
SWAP = (
    "there is no compare-and-swap: a version that is made between unleak's last look and its own is written back at "
    "once, and the rotation stops. Texts that are removed at the end stay in the vault's deleted secrets for its "
    "retention time, unless the identity that acts may purge them"
)


class KeyVault(Beside):
    """The vaults that one identity may use. `address` has `{}` for the vault's name."""

    scheme = "azure-kv"

    def __init__(self, address: str) -> None:
        self.address = address
        self._opened: dict[str, Rest] = {}

    # --- reading ---------------------------------------------------------------------------------

    def everything(self) -> Iterator[tuple[str, Current | None]]:
        """All secrets of the vault that the environment names."""
        vault = os.environ.get("KEY_VAULT_NAME", "")
        if not vault:
            raise UsageError("which vault is to be searched is not said", "name it in KEY_VAULT_NAME")
        for row in self._rows(vault, "/secrets"):
            name = f"{vault}/{_last(row['id'])}"
            if row.get("managed") or _last(row["id"]).startswith(f"{PLACE}-"):
                continue
            try:
                yield name, self.now(name)
            except RotationError:  # also one that is disabled
                yield name, None

    def now(self, name: str) -> Current:
        """The version that was made last."""
        return _current(self._get(name))

    def kept(self, name: str) -> Mapping[str, Secret]:
        """The secrets of our own that are of this one."""
        vault, _ = _where(name)
        return {
            row["tags"][VERSION]: self.now(f"{vault}/{_last(row['id'])}").text for row in self._beside(name)
        }

    def problem(self, name: str) -> str:
        """What is not written here."""
        return "it belongs to a certificate: renew that" if self._get(name).get("managed") else ""

    def note(self, name: str) -> str:
        """What the service cannot do."""
        return SWAP

    def older(self, name: str, current: str, value: str) -> int:
        """The versions that are enabled."""
        with suppress(RotationError):
            ids = [_last(row["id"]) for row in self._versions(name) if row["attributes"].get("enabled", True)]
            texts = [_current(self._get(name, one)).text for one in ids if one != current]
            return sum(occurs(text.reveal(), value) for text in texts)
        return 0

    # --- writing ---------------------------------------------------------------------------------

    def write(self, name: str, text: Secret, expected: Current) -> None:
        """A new version with the kind, tags and times of the one before."""
        before = {_last(row["id"]) for row in self._versions(name)}
        like = self._get(name)
        if _current(like).version != expected.version:
            raise moved(f"{self.scheme}://{name}")
        ours = self._put(name, text, _settings(like))
        theirs = [
            one
            for one in map(_last, (row["id"] for row in self._versions(name)))
            if one not in {*before, ours}
        ]
        if theirs:
            if self.now(name).version == ours:
                lost = self._get(name, theirs[0])
                self._put(name, _current(lost).text, _settings(lost))
            raise moved(f"{self.scheme}://{name}")

    def keep(self, name: str, version: str, text: Secret) -> None:
        """In a secret of its own."""
        vault, _ = _where(name)
        known = [_last(row["id"]) for row in self._beside(name) if row["tags"][VERSION] == version]
        own = (
            known[0] if known else _own(name) + uuid.uuid4().hex[:12]
        )  # a deleted name stays taken for a while
        if known and self.now(f"{vault}/{own}").text == text:
            return
        self._put(f"{vault}/{own}", text, {"tags": {VERSION: version}})

    def drop(self, name: str, version: str) -> None:
        """Delete the secret that holds it, for good if that is allowed."""
        vault, _ = _where(name)
        for row in self._beside(name):
            if row["tags"][VERSION] == version:
                own, what = _last(row["id"]), f"remove what is kept of {name}"
                with suppress(NotFound):
                    self._rest(vault).call(what, "DELETE", f"/secrets/{own}", API)
                with suppress(RotationError):
                    self._rest(vault).call(what, "DELETE", f"/deletedsecrets/{own}", API)

    def normal(self, name: str, text: Secret) -> Secret:
        """RotationError if it is too large."""
        if len(text.reveal().encode()) > SIZE:
            raise RotationError(
                f"the new text of {name} would be larger than the {SIZE} bytes that Key Vault allows",
                "make it smaller, or undo",
            )
        return text

    # --- inside ----------------------------------------------------------------------------------

    def _rest(self, vault: str) -> Rest:
        if vault not in self._opened:
            at = self.address.replace("{}", vault)
            service = Service("Key Vault", at, "Authorization", "Bearer ", "Azure's credentials")
            self._opened[vault] = Rest(service, lambda: _server(at))
        return self._opened[vault]

    def _get(self, name: str, version: str = "") -> Any:
        vault, secret = _where(name)
        path = f"/secrets/{quote(secret)}" + (f"/{quote(version)}" if version else "")
        return self._rest(vault).call(f"read {name}", "GET", path, API)

    def _put(self, name: str, text: Secret, more: Mapping[str, Any]) -> str:
        vault, secret = _where(name)
        body = {"value": text.reveal(), **more}
        return _current(
            self._rest(vault).call(f"write {name}", "PUT", f"/secrets/{quote(secret)}", API, body)
        ).version

    def _versions(self, name: str) -> list[Any]:
        vault, secret = _where(name)
        return list(self._rows(vault, f"/secrets/{quote(secret)}/versions"))

    def _beside(self, name: str) -> list[Any]:
        vault, _ = _where(name)
        rows = [row for row in self._rows(vault, "/secrets") if _last(row["id"]).startswith(_own(name))]
        return [row for row in rows if VERSION in (row.get("tags") or {})]

    def _rows(self, vault: str, path: str) -> Iterator[Any]:
        """Pages name the address of the next one, which has to be of the same vault."""
        rest, query = self._rest(vault), {**API, "maxresults": "25"}
        found = rest.call(f"list what is in {vault}", "GET", path, query)
        while True:
            yield from found.get("value") or []
            if not found.get("nextLink"):
                return
            path = _beyond(str(found["nextLink"]), rest.service.address)
            found = rest.call(f"list what is in {vault}", "GET", path)


def _beyond(link: str, address: str) -> str:
    """Path and query of the next page, which names its port also where nobody else does."""
    there, here = urlsplit(link), urlsplit(address)
    if (there.scheme, there.hostname) != (here.scheme, here.hostname):
        raise RotationError("the list goes on in another vault than it began in", "check AZURE_KEY_VAULT_URL")
    return f"{there.path}?{there.query}"


def _server(address: str) -> Server:
    token = ("Authorization", f"Bearer {azure(SCOPE).reveal()}")
    return Server(address, (token, ("Content-Type", "application/json")))


def _where(name: str) -> tuple[str, str]:
    vault, _, secret = name.partition("/")
    if not VAULT.fullmatch(vault) or not NAME.fullmatch(secret):
        raise NotFound("a target of azure-kv names no secret", "such as azure-kv://VAULT/NAME")
    return vault, secret


def _current(row: Any) -> Current:
    return Current(_last(row["id"]), Secret(row["value"]))


def _settings(row: Any) -> dict[str, Any]:
    times = {key: row["attributes"][key] for key in TIMES if key in row.get("attributes", {})}
    return {key: row[key] for key in KEEPS if row.get(key)} | ({"attributes": times} if times else {})


def _own(name: str) -> str:
    return f"{PLACE}-{hashlib.sha256(_where(name)[1].casefold().encode()).hexdigest()[:16]}-"


def _last(address: str) -> str:
    return str(address).rpartition("/")[2]
