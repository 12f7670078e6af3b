"""Leaked passwords of database users, which are told by the connection string around them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from unleak.cli import reference
from unleak.core.errors import RotationError, UsageError
from unleak.core.fingerprint import fingerprint
from unleak.core.model import Identity
from unleak.core.secret import Secret
from unleak.rotate import database
from unleak.rotate.database import Server
from unleak.rotate.rotation import Options

RULES = ("uri.password", "uri.weak-password")
"""Whose findings may be passwords of databases."""
_STRINGS = re.compile(
    rf"(?i)\b(?:(?:{'|'.join(database.SCHEMES)})(?:\+\w+)?|https?(?=://[^\s/@]+@[^\s/@]+:1567[12]\b))"
    r"://[^\s\"'`<>\\]{3,500}"
)


def recognised(text: str) -> tuple[Server, Secret] | None:
    """Of a text that is a connection string and nothing else; None for other texts. UsageError for a bad one."""
    found = _STRINGS.fullmatch(text.strip())
    return database.parse(Secret(found[0])) if found else None


def within(texts: Iterable[str], wanted: str) -> tuple[Server, Secret] | None:
    """The connection string in `texts` whose password has this fingerprint."""
    found = (login for text in texts for login in logins(text))
    return next((login for login in found if fingerprint(login[1].reveal()) == wanted), None)


def logins(text: str) -> Iterator[tuple[Server, Secret]]:
    """What the connection strings in a text tell."""
    for string in _STRINGS.findall(text):
        with suppress(UsageError):
            yield database.parse(Secret(string))


def of(identity: Identity) -> Server | None:
    """The server of a rotation that was begun; None if its key is no database's."""
    return Server.of(identity.details) if identity.provider in database.PORTS else None


def asked(leaked: Server, options: Options, parts: Mapping[str, str]) -> Server:
    """Where the leaked password is tried: at the server that the acting connection string names.

    The address beside a leaked password may be anybody's. UsageError if it is another one, unless the
    user says by the part `host` that both are the same.
    """
    admin = options.admin
    if not admin:
        raise UsageError(
            "passwords of database users are replaced through a connection string that may do so: --admin env:NAME",
            "such as postgresql://admin:password@host:port/database, for RabbitMQ https://admin:password@host:15671; "
            "docs/databases.md tells what rights it needs",
        )
    try:
        acting, _ = database.acting(admin, reference.resolve(admin, options), leaked.kind)
    except RotationError as error:
        raise UsageError(error.message, error.hint) from None
    if not acting.like(leaked) and parts.get("host") != acting.host:
        raise UsageError(
            f"the leaked connection string leads to {leaked.address}, and that of {admin} to {acting.address}",
            f"if both are the same server: --part host={acting.host}",
        )
    return replace(leaked, host=acting.host, port=acting.port, tls=acting.tls, ca=acting.ca)
