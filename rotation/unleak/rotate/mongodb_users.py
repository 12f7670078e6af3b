"""Users of MongoDB, as usersInfo shows them, and a server through the driver."""

import base64
import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from unleak.core.errors import AccessDenied, OutcomeUnknown, RotationError
from unleak.core.install import need
from unleak.core.secret import Secret
from unleak.rotate import database
from unleak.rotate.database import SECONDS, Server

RIGHTS = "userAdmin on the user's database, and killAnySession on the cluster (hostManager has it)"
ROTATION, BASE = "unleak_rotation", "unleak_for"
"""In the custom data of a user that a rotation made: which one, and the user that it stands for."""
_DENIED, _WRONG = {13}, {18}
_LOST = {6, 7, 64, 89, 91, 189, 9001, 10107, 11600, 11602, 13435, 13436}
"""Numbers of errors after which a change may have been made: of the network, and of a primary that steps down."""


@dataclass(frozen=True, slots=True)
class User:
    """A user of one database."""

    name: str
    said: Mapping[str, Any]
    """What usersInfo tells of it."""

    @property
    def data(self) -> dict[str, Any]:
        """Its custom data."""
        return dict(self.said.get("customData") or {})

    @property
    def base(self) -> str:
        """The user that it stands for, if a rotation made it; else itself."""
        return str(self.data.get(BASE) or self.name)

    @property
    def rights(self) -> dict[str, Any]:
        """What createUser needs to make one like it, beside name and password."""
        kept = {name: value for name, value in self.data.items() if name not in {ROTATION, BASE}}
        made: dict[str, Any] = {
            "roles": [{"role": one["role"], "db": one["db"]} for one in self.said["roles"]]
        }
        restricted = [dict(one) for one in self.said.get("authenticationRestrictions") or []]
        mechanisms = list(self.said.get("mechanisms") or [])
        made |= {"authenticationRestrictions": restricted} if restricted else {}
        made |= {"mechanisms": mechanisms} if mechanisms else {}
        return made | {"customData": kept}

    def owns(self, secret: Secret) -> bool:
        """Whether it is the user's password."""
        held = self.said.get("credentials") or {}
        return any(_matches(name, held[name], self.name, secret) for name in _HASHES if name in held)


_HASHES = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-1": "sha1"}


def _matches(mechanism: str, kept: Mapping[str, Any], name: str, secret: Secret) -> bool:
    """As RFC 5802 and 7677 have it; of SHA-1, MongoDB hashes a digest of name and password."""
    kind, password = _HASHES[mechanism], unicodedata.normalize("NFKC", secret.reveal())
    if kind == "sha1":
        digest = hashlib.md5(f"{name}:mongo:{secret.reveal()}".encode(), usedforsecurity=False)
        password = digest.hexdigest()
    salt, rounds = base64.b64decode(kept["salt"]), int(kept["iterationCount"])
    client = hmac.digest(hashlib.pbkdf2_hmac(kind, password.encode(), salt, rounds), b"Client Key", kind)
    stored = hashlib.new(kind, client, usedforsecurity=False).digest()
    return secrets.compare_digest(stored, base64.b64decode(kept["storedKey"]))


class Refused(Exception):
    """The login is refused in the words for a wrong password."""


class Access:
    """A server or replica set, and the acting user's way to it."""

    def __init__(self, server: Server, reference: str, admin: Secret) -> None:
        """`reference` says where the connection string `admin` of the acting user comes from."""
        self.server, self.reference, self._admin = server, reference, admin
        self._pymongo: Any = need("pymongo", database.EXTRA)

    @property
    def where(self) -> str:
        """The server, for people."""
        return f"MongoDB at {self.server.address}"

    @property
    def itself(self) -> bool:
        """Whether the very user acts whose password is to be replaced."""
        acting = database.acting(self.reference, self._admin, "mongodb")[0]
        return (acting.user, acting.database) == (self.server.user, self.server.database)

    def log_in(self, name: str, secret: Secret) -> None:
        """Try a password where the acting one leads. Refused, or RotationError if it cannot be told."""
        errors = self._pymongo.errors
        login = {"username": name, "password": secret.reveal(), "authSource": self.server.database}
        try:
            with self._client(login) as client:
                client["admin"].command("ping")
        except errors.OperationFailure as error:
            if error.code in _WRONG:
                raise Refused from None
            raise RotationError(f"{self.where} refuses for another reason than the password") from None
        except (errors.PyMongoError, OSError):
            raise RotationError(f"{self.where} cannot be reached") from None

    def run(self, what: str, within: str, command: Mapping[str, Any]) -> Any:
        """The answer to a command of the acting user that changes nothing."""
        with self._acting(what, changes=False) as client:
            return client[within].command(command)

    def change(self, what: str, command: Mapping[str, Any]) -> None:
        """A command about a user of the database, once most of its servers know it. OutcomeUnknown if unclear."""
        with self._acting(what, changes=True) as client:
            client[self.server.database].command({**command, "writeConcern": {"w": "majority"}})

    def user(self, name: str) -> User | None:
        """The user of this name in the same database as the leaked one."""
        asked = {"usersInfo": {"user": name, "db": self.server.database}, "showCredentials": True,
                 "showAuthenticationRestrictions": True}  # fmt: skip
        found = self.run("look at a user", self.server.database, asked)["users"]
        return User(name, found[0]) if found else None

    def users(self) -> list[User]:
        """All of that database."""
        rows = self.run("list the users", self.server.database, {"usersInfo": 1})["users"]
        return [User(str(row["user"]), row) for row in rows]

    def end_sessions(self, name: str) -> None:
        """What the user's sessions do and hold."""
        of = [{"user": name, "db": self.server.database}]
        self.run("end sessions", "admin", {"killAllSessions": of})

    def _client(self, login: Mapping[str, str]) -> Any:
        patience = int(SECONDS * 1000)
        return self._pymongo.MongoClient(
            self._admin.reveal().strip(), appname="unleak", retryWrites=False, retryReads=False,
            serverSelectionTimeoutMS=patience, connectTimeoutMS=patience, socketTimeoutMS=patience, **login,
        )  # fmt: skip

    @contextmanager
    def _acting(self, what: str, *, changes: bool) -> Iterator[Any]:
        """Turns the library's errors into ours, without any of their text."""
        database.acting(self.reference, self._admin, "mongodb")
        errors = self._pymongo.errors
        try:
            with self._client({}) as client:
                yield client
        except errors.ServerSelectionTimeoutError:
            raise self._unreachable() from None
        except errors.WriteConcernError:
            raise self._unclear(what) from None
        except errors.OperationFailure as error:
            if error.code in _WRONG:
                raise RotationError(f"{self.where} does not accept the password in {self.reference}",
                                    "correct it, then run this again") from None  # fmt: skip
            if error.code in _DENIED:
                raise AccessDenied(
                    f"the user of {self.reference} may not {what}", f"it needs {RIGHTS}"
                ) from None
            if changes and error.code in _LOST:
                raise self._unclear(what) from None
            raise RotationError(f"{self.where} refused to {what} (error {error.code})",
                                "look it up in MongoDB's documentation, then resume") from None  # fmt: skip
        except (errors.PyMongoError, OSError):
            raise (self._unclear(what) if changes else self._unreachable()) from None

    def _unclear(self, what: str) -> OutcomeUnknown:
        return OutcomeUnknown(f"could not tell whether {self.where} did {what}", "resume: unleak looks first")

    def _unreachable(self) -> RotationError:
        return RotationError(f"{self.where} cannot be reached through {self.reference}",
                             "check the address and the network, then run this again")  # fmt: skip
