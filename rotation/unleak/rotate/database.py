"""What database servers have in common: where a connection string leads, ids of passwords, and new ones."""

import hashlib
import re
import secrets
import string
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from unleak.core.errors import RotationError, UsageError
from unleak.core.secret import Secret
from unleak.rotate.replace import leaves_of

EXTRA = "databases"
"""The optional extra that brings the servers' libraries."""
SECONDS = 10.0
"""How long a server may take to answer."""
LENGTH = 32
PORTS = {
    "redis": 6379,
    "postgresql": 5432,
    "mariadb": 3306,
    "mysql": 3306,
    "mongodb": 27017,
    "rabbitmq": 5672,
}
OTHERS = {"amqps": 5671, "http": 80, "https": 443}
"""Ports of schemes that differ from the usual one of their kind."""
MANAGEMENT = (15671, 15672)
"""Ports at which RabbitMQ is managed over HTTP."""
SCHEMES = {"amqp": "rabbitmq", "amqps": "rabbitmq", "redis": "redis", "rediss": "redis", "postgres": "postgresql",
           "postgresql": "postgresql", "mysql": "mariadb", "mariadb": "mariadb",
           "mongodb": "mongodb"}  # fmt: skip
SECURE = {"rediss", "amqps", "https"}
"""Schemes that mean TLS."""
TLS = ("sslmode", "ssl-mode", "ssl_mode")
CA = ("sslrootcert", "ssl-ca", "ssl_ca", "ssl_ca_certs", "cacertfile")
_ALPHABET = string.ascii_letters + string.digits
_OURS = re.compile(rf"(?<![A-Za-z0-9])[A-Za-z0-9]{{{LENGTH}}}(?![A-Za-z0-9])")
_URL_PASSWORD = re.compile(r"://[^\s/?#@:]*:([^\s@/?#]+)@")


@dataclass(frozen=True, slots=True)
class Server:
    """Where a user logs in. Holds no secret."""

    kind: str
    """One of PORTS."""
    host: str
    port: int
    user: str
    database: str = ""
    tls: str = ""
    """How the connection is secured, in the words of the server's own clients; empty for their default."""
    ca: str = ""
    """The file with the authority's certificates; empty for the system's."""

    @property
    def details(self) -> dict[str, object]:
        """For `Identity.details`, so that a resumed rotation finds the server again."""
        return asdict(self)

    @classmethod
    def of(cls, details: Mapping[str, Any]) -> "Server":
        """What `details` told."""
        return cls(**{name: details[name] for name in cls.__slots__ if name in details})

    def like(self, other: "Server") -> bool:
        """Whether both lead to the same server. RabbitMQ has several ports: for messages, and to manage it."""
        return self.host == other.host and (self.port == other.port or self.kind == "rabbitmq")

    @property
    def address(self) -> str:
        """`host:port`."""
        return f"{self.host}:{self.port}"


def parse(url: Secret, web: str = "") -> tuple[Server, Secret]:
    """Take a connection string apart. UsageError if it is none; its text is in no error.

    An address of HTTP is that of RabbitMQ's management at its ports, and at any with `web` for `rabbitmq`.
    """
    try:
        parts = _first_host(urlsplit(url.reveal().strip()))
        scheme, port = parts.scheme.partition("+")[0].lower(), parts.port
        user, password, host = (
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            parts.hostname or "",
        )
    except ValueError:
        raise _no_url() from None
    kind = SCHEMES.get(scheme, "")
    if scheme in {"http", "https"} and (port in MANAGEMENT or web == "rabbitmq"):
        kind = "rabbitmq"
    user = user or ("default" if kind == "redis" else "")
    if not (kind and user and password and host) or "," in host:
        raise _no_url()
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    tls = next((query[name] for name in TLS if name in query), "verify-full" if scheme in SECURE else "")
    ca = next((query[name] for name in CA if name in query), "")
    within = unquote(parts.path.strip("/"))
    if kind == "mongodb":  # where the user is kept
        within = query.get("authSource") or within or "admin"
    server = Server(kind, host, port or OTHERS.get(scheme, PORTS[kind]), user, within, tls, ca)
    return server, Secret(password)


def _first_host(parts: SplitResult) -> SplitResult:
    """Of MongoDB, whose strings name several servers of one replica set."""
    if not parts.scheme.startswith("mongodb"):
        return parts
    user, _, hosts = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}@{hosts.partition(',')[0]}")


def acting(reference: str, url: Secret, kind: str) -> tuple[Server, Secret]:
    """The same of the connection string that acts, which `reference` names. RotationError if it is none."""
    try:
        server, password = parse(url, kind)
    except UsageError as error:
        raise RotationError(f"{reference} holds no connection string", error.hint) from None
    if kind == "rabbitmq" and not url.reveal().strip().lower().startswith("http"):
        raise RotationError(f"{reference} does not hold the address of RabbitMQ's management",
                            "write it as https://user:password@host:15671")  # fmt: skip
    if server.kind != kind:
        raise RotationError(f"{reference} holds a connection string of another kind of server than {kind}",
                            "name one of the server that the leaked password belongs to")  # fmt: skip
    return server, password


def _no_url() -> UsageError:
    return UsageError(
        "this is no connection string of one database server with user and password",
        "write it as postgresql://user:password@host:port/database (or redis://, rediss://, mariadb://, mysql://, "
        "amqp://, amqps://, mongodb://), "
        "with special characters of the password as %XX",
    )


def new_password() -> Secret:
    """Letters and digits, which need no quoting anywhere; 190 bits."""
    return Secret("".join(secrets.choice(_ALPHABET) for _ in range(LENGTH)))


@cache
def public_id(user: str, digest: str) -> str:
    """A name for one of a user's passwords, from the server's hash of it.

    A password that a person thought up could be guessed from a fast hash; scrypt makes a guess cost
    as much as one of its fingerprint.
    """
    named = hashlib.scrypt(digest.encode(), salt=f"unleak {user}".encode(), n=2**14, r=8, p=1, maxmem=2**26,
                           dklen=6)  # fmt: skip
    return f"{user}:{named.hex()}"


def password_id(user: str, secret: Secret) -> str:
    """The same of a password whose hash the server does not show."""
    return public_id(user, hashlib.sha256(secret.reveal().encode()).hexdigest())


def candidates(text: str) -> list[str]:
    """The pieces of `text` that may be passwords: the likely ones first."""
    leaves = leaves_of(text)
    found = [one for leaf in leaves for one in _OURS.findall(leaf)]
    found += [one for leaf in leaves for one in _URL_PASSWORD.findall(leaf)]
    for leaf in leaves:
        lines = leaf.splitlines()
        found += [leaf, *(line.partition("=")[2].strip().strip("\"'") for line in lines)]
        found += [word for line in lines for word in re.split(r"[\s\"'`,;=]+", line)]
    return [one for one in dict.fromkeys(found) if len(one) > 2]
