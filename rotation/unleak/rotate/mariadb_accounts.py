"""Accounts of MariaDB, as mysql.global_priv shows them."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from unleak.core.model import Identity
from unleak.core.secret import Secret

PLUGIN = "mysql_native_password"
_HASH = re.compile(r"\*[0-9A-F]{40}")
HOST = ".unleak.invalid"
"""Ends the host of a mark, from which nobody logs in; before it stands the rotation's id."""


@dataclass(frozen=True, slots=True)
class Account:
    """A row of mysql.global_priv."""

    user: str
    host: str
    methods: tuple[tuple[str, str], ...]
    """Plugin and hash of each way to log in, any of which is enough."""

    @property
    def hashes(self) -> tuple[str, ...]:
        """Of its passwords."""
        return tuple(text for plugin, text in self.methods if plugin == PLUGIN and _HASH.fullmatch(text))

    @property
    def plain(self) -> bool:
        """Whether there is no other way in than passwords."""
        return bool(self.methods) and len(self.hashes) == len(self.methods)

    @property
    def rotation(self) -> str:
        """Of a mark: the rotation that set it."""
        return self.host.removesuffix(HOST)


def accounts(cursor: Any, user: str) -> list[Account]:
    """All of a user name."""
    cursor.execute("SELECT User, Host, Priv FROM mysql.global_priv WHERE User = %s ORDER BY Host", (user,))
    return [Account(user, host, _methods(json.loads(priv))) for user, host, priv in cursor.fetchall()]


def account_of(cursor: Any, identity: Identity) -> Account | None:
    """The one that the identity is of."""
    user, _, host = identity.principal.rpartition("@")
    return next((one for one in accounts(cursor, user) if one.host == host), None)


def mark_of(cursor: Any, identity: Identity) -> Account | None:
    """Of two rotations that set one at once, the first one's."""
    return next((one for one in accounts(cursor, mark_name(identity)) if one.hashes), None)


def digest_of(secret: Secret) -> str:
    """What mysql_native_password keeps of a password."""
    inner = hashlib.sha1(secret.reveal().encode(), usedforsecurity=False).digest()
    return "*" + hashlib.sha1(inner, usedforsecurity=False).hexdigest().upper()


def via(hashes: tuple[str, ...]) -> str:
    """How an account logs in that has these passwords, as a statement with a place for each."""
    return "VIA " + " OR ".join([f"{PLUGIN} USING %s"] * len(hashes))


def _methods(priv: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Every way in; `auth_or` leaves out what stands beside it."""
    return tuple((str(one.get("plugin", priv.get("plugin", ""))),
                  str(one.get("authentication_string", priv.get("authentication_string", ""))))
                 for one in priv.get("auth_or", [{}]))  # fmt: skip


def mark_name(identity: Identity) -> str:
    """The user name of the mark."""
    return f"unleak:{identity.principal}"
