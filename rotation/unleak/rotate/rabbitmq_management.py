"""A RabbitMQ server through the HTTP API of its management plugin, as the user that acts and as one to be tried."""

import base64
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from unleak.core.errors import AccessDenied, Conflict, NotFound, OutcomeUnknown, RotationError
from unleak.core.model import Identity, Liveness
from unleak.core.secret import Secret
from unleak.rotate import database
from unleak.rotate.database import Server
from unleak.rotate.ports import Acting
from unleak.verify.answer import Answer
from unleak.verify.http import Server as Http
from unleak.verify.ports import Failure, Reply

RIGHTS = "the tag administrator"
ALGORITHMS = {f"rabbit_password_hashing_{name}": name for name in ("sha256", "sha512", "md5")}
"""By the names that the server has for them."""
OURS = "rabbit_password_hashing_sha256"
LOCAL = {"127.0.0.1", "::1", "localhost"}
SALT = 4
"""Bytes of random that stand before the hash, and before the password in what is hashed."""


@dataclass(frozen=True, slots=True)
class User:
    """A user of the server's own database."""

    name: str
    hash: str
    """Empty for one that logs in without a password, or not at all."""
    algorithm: str
    tags: tuple[str, ...]
    limits: dict[str, int]
    listed: bool = True
    """Whether the server has tags as a list; older ones have a text."""

    def owns(self, secret: Secret) -> bool:
        """Whether it is the user's password."""
        name = ALGORITHMS.get(self.algorithm or OURS, "")
        try:
            held = base64.b64decode(self.hash)
        except ValueError:
            return False
        if not name or len(held) <= SALT:
            return False
        made = hashlib.new(name, held[:SALT] + secret.reveal().encode(), usedforsecurity=False)
        return secrets.compare_digest(made.digest(), held[SALT:])


def hashed(secret: Secret) -> dict[str, str]:
    """What the server is to keep of a password."""
    salt = secrets.token_bytes(SALT)
    kept = salt + hashlib.sha256(salt + secret.reveal().encode()).digest()
    return {"password_hash": base64.b64encode(kept).decode(), "hashing_algorithm": OURS}


class Management:
    """One server or cluster, which keeps its users in common."""

    def __init__(self, server: Server, reference: str, admin: Secret) -> None:
        """`reference` says where the address `admin` of the acting user comes from."""
        self.server, self.reference, self._admin = server, reference, admin

    # --- who -------------------------------------------------------------------------------------

    def verify(self, name: str, secret: Secret, key_id: str) -> Answer:
        """Log in, and hold the password against what the server keeps of it: both must say the same."""
        try:
            reply, user = self._tried(name, secret), self.user(name)
        except RotationError as error:
            return Answer(Liveness.UNKNOWN, why=error.message)
        owns, said = bool(user and user.owns(secret)), _reason(reply)
        accepted = reply.status == 200 or (reply.status == 401 and said == "Not management user")
        if accepted and owns:
            principal = base_of(user) if user else name
            return Answer(Liveness.LIVE, Identity("rabbitmq", self.server.address, principal, key_id,
                                                  details=self.server.details))  # fmt: skip
        if reply.status == 401 and not accepted and not owns:
            return Answer(Liveness.DEAD)
        if accepted:
            why = f"{self._where} accepts it, and keeps no such password: another system knows the user"
        elif reply.status == 401:
            why = f"{self._where} refuses user {name} for another reason than the password"
        else:
            why = f"{self._where} does not answer as RabbitMQ does"
        return Answer(Liveness.UNKNOWN, why=why)

    def who(self) -> Acting:
        """The user of the address in `reference`."""
        said = self.get("find out who acts", "whoami")
        if not isinstance(said, dict):
            raise self._strange("find out who acts")
        return Acting("", f"{said.get('name', '')} ({self.reference})")

    def refusal(self) -> str:
        """Acting as the very user, and servers that cannot close a user's connections."""
        if database.acting(self.reference, self._admin, "rabbitmq")[0].user == self.server.user:
            return f"{self.reference} logs in as the very user; act as another one with {RIGHTS}"
        user = quote(self.server.user, safe="")
        if self.get("look at a user's connections", f"connections/username/{user}") is None:
            return "the server cannot close all connections of a user: RabbitMQ 3.10 or newer can"
        return ""

    def warnings(self) -> tuple[str, ...]:
        """What to know of the way to it."""
        acting, _ = database.acting(self.reference, self._admin, "rabbitmq")
        if acting.tls or acting.host in LOCAL:
            return ()
        return (
            f"the address in {self.reference} is without TLS: whoever listens on the way learns the password in it",
        )

    # --- what is there ---------------------------------------------------------------------------

    def at(self) -> datetime:
        """The server's time."""
        reply = self._asked("ask for the time", "GET", "whoami")
        try:
            return parsedate_to_datetime(reply.headers.get("date", "")).astimezone(UTC)
        except ValueError:
            raise self._strange("ask for the time") from None

    def user(self, name: str) -> User | None:
        """The user of this name."""
        row = self.get("look at a user", f"users/{quote(name, safe='')}")
        return self._user(row) if row is not None else None

    def users(self) -> list[User]:
        """All of them."""
        return [self._user(row) for row in self.rows("list the users", "users")]

    def rows(self, what: str, path: str) -> Sequence[Any]:
        """A list."""
        found = self.get(what, path)
        if not isinstance(found, list):
            raise self._strange(what)
        return found

    def get(self, what: str, path: str) -> Any:
        """The answer's JSON; None if there is nothing."""
        reply = self._asked(what, "GET", path)
        if reply.status == 404:
            return None
        try:
            if reply.status == 200 and reply.whole:
                return json.loads(reply.body)
        except (ValueError, RecursionError):
            pass
        raise self._strange(what)

    # --- what is changed -------------------------------------------------------------------------

    def change(self, what: str, method: str, path: str, body: object = None) -> None:
        """OutcomeUnknown if unclear. What is gone already is no error for DELETE."""
        reply = self._asked(what, method, path, body)
        if 200 <= reply.status < 300 or (method == "DELETE" and reply.status == 404):
            return
        if reply.status >= 500:
            raise self._unclear(what)
        if reply.status == 404:
            raise NotFound(f"could not {what}: {self._where} has nothing there", "it was deleted meanwhile")
        if reply.status == 409:
            raise Conflict(f"could not {what}: {self._where} says that it is in use", "resume in a minute")
        raise RotationError(
            f"{self._where} refused to {what} (HTTP {reply.status})", "look into the server's log"
        )

    def set_user(self, what: str, user: User, password: dict[str, str], tags: Sequence[str]) -> None:
        """Make a user, or change password and tags of one: both are always sent together."""
        told = list(tags) if user.listed else ",".join(tags)
        self.change(what, "PUT", f"users/{quote(user.name, safe='')}", {**password, "tags": told})

    def close_connections(self, name: str) -> None:
        """All that the user opened, however it logged in.

        The answer comes when their channels are ended. A connection whose client does not say goodbye is listed for
        half a minute more, and can do nothing.
        """
        self.change("close connections", "DELETE", f"connections/username/{quote(name, safe='')}")

    # --- inside ----------------------------------------------------------------------------------

    @property
    def _where(self) -> str:
        return f"RabbitMQ at {self.server.address}"

    def _user(self, row: Any) -> User:
        try:
            tags = row["tags"]
            listed = isinstance(tags, list)
            named = [str(one) for one in tags] if listed else [one for one in str(tags).split(",") if one]
            limits = row.get("limits") or {}
            held, algorithm = (str(row.get(name) or "") for name in ("password_hash", "hashing_algorithm"))
            return User(
                str(row["name"]), held, algorithm, tuple(named), dict(limits) if limits else {}, listed
            )
        except (KeyError, TypeError, AttributeError):
            raise self._strange("look at a user") from None

    def _tried(self, name: str, secret: Secret) -> Reply:
        reply = self._http(name, secret).send("GET", "/whoami")
        if isinstance(reply, Failure):
            raise RotationError(f"{self._where}: {reply.why}")
        return reply

    def _http(self, name: str, secret: Secret) -> Http:
        """With this user's credentials, where the acting address leads."""
        acting, _ = database.acting(self.reference, self._admin, "rabbitmq")
        scheme, prefix = ("https" if acting.tls else "http"), f"/{acting.database}" if acting.database else ""
        host = f"[{acting.host}]" if ":" in acting.host else acting.host
        login = base64.b64encode(f"{name}:{secret.reveal()}".encode()).decode()
        headers = (("Authorization", f"Basic {login}"), ("Content-Type", "application/json"))
        return Http(f"{scheme}://{host}:{acting.port}{prefix}/api", headers, acting.ca)

    def _asked(self, what: str, method: str, path: str, body: object = None) -> Reply:
        """As the acting user."""
        acting, password = database.acting(self.reference, self._admin, "rabbitmq")
        content = json.dumps(body).encode() if body is not None else b""
        reply = self._http(acting.user, password).send(method, f"/{path}", content)
        if isinstance(reply, Failure):
            if method != "GET" and not reply.unreachable:
                raise self._unclear(what)
            raise RotationError(f"{self._where} cannot be reached through {self.reference}: {reply.why}",
                                "check the address and the network, then run this again")  # fmt: skip
        if reply.status in {401, 403}:
            raise self._denied(what, reply)
        return reply

    def _denied(self, what: str, reply: Reply) -> RotationError:
        said = _reason(reply)
        if reply.status == 403 or (said.startswith("Not ") and said.endswith(" user")):
            return AccessDenied(f"the user of {self.reference} may not {what}", f"it needs {RIGHTS}")
        return RotationError(f"{self._where} does not accept the password in {self.reference}",
                             "correct it, then run this again")  # fmt: skip

    def _unclear(self, what: str) -> OutcomeUnknown:
        return OutcomeUnknown(
            f"could not tell whether {self._where} did {what}", "resume: unleak looks first"
        )

    def _strange(self, what: str) -> RotationError:
        return RotationError(f"could not {what}: {self._where} does not answer as RabbitMQ does",
                             f"see that {self.reference} is the address of the management plugin")  # fmt: skip


def mark(rotation: str) -> str:
    """The tag of a user that a rotation made. It gives no rights."""
    return f"unleak-{rotation}"


def base_of(user: User) -> str:
    """The user that it stands for, if a rotation made it; else itself."""
    for tag in user.tags:
        ending = tag.removeprefix("unleak-")
        if ending != tag and user.name.endswith(f"_{ending}"):
            return user.name.removesuffix(f"_{ending}")
    return user.name


def plain(tags: Sequence[str]) -> list[str]:
    """Without the tags of rotations."""
    return [tag for tag in tags if not tag.startswith("unleak-")]


def _reason(reply: Reply) -> str:
    """The server's word for why it refuses; empty if there is none."""
    try:
        said = json.loads(reply.body)
    except (ValueError, RecursionError):
        return ""
    return str(said.get("reason", "")) if isinstance(said, dict) else ""
