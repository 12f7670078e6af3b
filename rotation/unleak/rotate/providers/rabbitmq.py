"""Users of RabbitMQ. A user has one password, so a second user with the same rights takes over for the first.

The server is sent salted hashes, never a password. A tag of the new user, `unleak-ID`, names the rotation.
"""

import re
from typing import Any
from urllib.parse import quote

from unleak.core.errors import Conflict, LimitReached, NotFound, RotationError
from unleak.core.model import Identity
from unleak.core.secret import Secret
from unleak.rotate import database
from unleak.rotate.database import Server
from unleak.rotate.ports import Acting, Credential, Key, KeyList, LastUse, Outline, Trait
from unleak.rotate.rabbitmq_management import Management, User, base_of, hashed, mark, plain
from unleak.verify.answer import Answer

_SIMPLE = re.compile(r"[A-Za-z0-9_.-]+")
_FIELDS = {"permissions": ("configure", "write", "read"), "topic-permissions": ("exchange", "write", "read")}
"""What a user may do in a virtual host."""


class RabbitMQ:
    """The users that stand for one user of one server."""

    traits = frozenset({Trait.LOGIN, Trait.NAME})

    def __init__(self, server: Server, reference: str, admin: Secret) -> None:
        """`reference` says where the address `admin` of the acting user comes from."""
        self.server, self._management = server, Management(server, reference, admin)

    # --- what a user is --------------------------------------------------------------------------

    def verify(self, credential: Credential) -> Answer:
        """Log in with it."""
        name = credential.id or self.server.user
        return self._management.verify(name, credential.secret, name)

    def candidates(self, text: str) -> list[str]:
        """Anything may be a password."""
        return database.candidates(text)

    def acting(self) -> Acting:
        """The user of the address in the reference."""
        return self._management.who()

    def differs(self, old: Identity, new: Identity) -> str:
        """A new user stands for the same one of the same server."""
        same = (new.account, new.principal) == (old.account, old.principal)
        return "" if same else f"it stands for {new.principal} of {new.account}"

    # --- the plan --------------------------------------------------------------------------------

    def refusal(self, identity: Identity) -> str:
        """What another user of the same rights could not do."""
        if reason := self._management.refusal():
            return reason
        name = identity.credential_id
        if not _SIMPLE.fullmatch(name):
            return ("its name has other characters than letters, digits, `_`, `.` and `-`: keep it and change the "
                    "password alone (--same-user)")  # fmt: skip
        if any("{username}" in f"{row}" for row in self._rights(name)["topic-permissions"]):
            return ("a topic permission of it holds {username}, so that another user would have other rights: keep the "
                    "user and change the password alone (--same-user)")  # fmt: skip
        return ""

    def no_room(self, identity: Identity, keys: KeyList) -> LimitReached | None:
        """There may be any number of users."""
        return None

    def outline(self, identity: Identity) -> Outline:
        """What is requested, and what is to be known."""
        old, new = identity.credential_id, self._name(identity, "ID")
        return Outline(
            "RabbitMQ", f"user {old}", f"a second user with the same permissions and tags (PUT /api/users/{new})",
            f"RabbitMQ at {self.server.address}",
            (f"services log in as {new} afterwards: messages that carry another user_id are refused, and shovels, "
             f"federation and definition files that name {old} have to name it instead",
             f"user {old} is deleted in the end, and its open connections are closed",
             *self._management.warnings()),
        )  # fmt: skip

    # --- the users -------------------------------------------------------------------------------

    def keys(self, identity: Identity) -> KeyList:
        """The leaked user, and those that rotations made for the one that it stands for."""
        at, names = self._management.at(), {identity.credential_id, identity.principal}
        mine = [
            one for one in self._management.users() if one.name in names or base_of(one) == identity.principal
        ]
        return KeyList(at, tuple(map(_key, mine)))

    def key(self, identity: Identity, key_id: str) -> Key | None:
        """One of them."""
        user = self._management.user(key_id)
        return _key(user) if user else None

    def find(self, identity: Identity, rotation: str) -> tuple[str, ...]:
        """The user whose tag names the rotation."""
        user = self._management.user(self._name(identity, rotation))
        return (user.name,) if user and mark(rotation) in user.tags else ()

    def last_used(self, identity: Identity, key_id: str) -> LastUse | None:
        """RabbitMQ does not tell."""
        return None

    def issue(self, identity: Identity, rotation: str) -> Credential:
        """A user, then its permissions; what is cut short is found by its tag. OutcomeUnknown if unclear."""
        name, secret, ask = self._name(identity, rotation), database.new_password(), self._management
        old = ask.user(identity.credential_id)
        if old is None:
            raise NotFound(f"there is no user {identity.credential_id} any longer",
                           "undo this rotation to close it")  # fmt: skip
        if ask.user(name):
            raise Conflict(f"there is a user {name} already, and not of this rotation",
                           "delete or rename it, then resume")  # fmt: skip
        new = User(name, "", "", (), {}, old.listed)
        ask.set_user("create a user", new, hashed(secret), [*plain(old.tags), mark(rotation)])
        wanted = self._rights(old.name)
        for kind, fields in _FIELDS.items():
            for row in wanted[kind]:
                path = f"{kind}/{quote(row['vhost'], safe='')}/{name}"
                ask.change("give a user its rights", "PUT", path, {field: row[field] for field in fields})
        for limit, value in old.limits.items():
            ask.change("limit a user", "PUT", f"user-limits/{name}/{limit}", {"value": value})
        if self._rights(name) != wanted:
            raise RotationError(f"user {name} did not get the rights of {old.name}", "resume to try again")
        return Credential(name, secret)

    def set_active(self, identity: Identity, key_id: str, active: bool) -> None:
        """A password that was taken away could not be given back."""
        raise RotationError("a user of RabbitMQ cannot be disabled", "see docs/rotation.md")

    def revoke(self, identity: Identity, key_id: str) -> None:
        """No password, no connection, no user, in this order."""
        user = self._management.user(key_id)
        if user is None:
            return
        self._management.set_user("take a user's password away", user, {"password_hash": ""}, user.tags)
        self._management.close_connections(key_id)
        self._management.change("delete a user", "DELETE", f"users/{quote(key_id, safe='')}")

    # --- nobody can be marked --------------------------------------------------------------------

    def claimed_by(self, identity: Identity) -> str:
        """Nobody: a user carries its rotation's name, so that two rotations cannot mistake them."""
        return ""

    def claim(self, identity: Identity, rotation: str) -> None:
        """Nothing to do."""

    def release(self, identity: Identity) -> None:
        """Nothing to do."""

    # --- inside ----------------------------------------------------------------------------------

    @staticmethod
    def _name(identity: Identity, rotation: str) -> str:
        return f"{identity.principal}_{rotation}"

    def _rights(self, name: str) -> dict[str, list[dict[str, Any]]]:
        """By kind, in an order of their own, without the user's name."""
        found = {}
        for kind in _FIELDS:
            rows = self._management.rows("look at a user's rights", f"users/{quote(name, safe='')}/{kind}")
            kept = [{key: value for key, value in row.items() if key != "user"} for row in rows]
            found[kind] = sorted(kept, key=lambda row: (row["vhost"], row.get("exchange", "")))
        return found


def _key(user: User) -> Key:
    return Key(user.name, bool(user.hash))
