"""Users of MongoDB. A user has one password, so a second user with the same roles takes over for the first.

Its custom data names the rotation that made it and the user that it stands for.
"""

import re
from datetime import UTC

from unleak.core.errors import Conflict, LimitReached, NotFound, RotationError
from unleak.core.model import Identity, Liveness
from unleak.core.secret import Secret
from unleak.rotate import database
from unleak.rotate.database import Server
from unleak.rotate.mongodb_users import BASE, RIGHTS, ROTATION, Access, Refused
from unleak.rotate.ports import Acting, Credential, Key, KeyList, LastUse, Outline, Trait
from unleak.verify.answer import Answer

_SIMPLE = re.compile(r"[A-Za-z0-9_.-]+")
ATLAS = ".mongodb.net"


class MongoDB:
    """The users that stand for one user of one database of a server or replica set."""

    traits = frozenset({Trait.LOGIN, Trait.NAME})

    def __init__(self, server: Server, reference: str, admin: Secret) -> None:
        """`reference` says where the connection string `admin` of the acting user comes from."""
        self.server, self._access = server, Access(server, reference, admin)

    # --- what a user is --------------------------------------------------------------------------

    def verify(self, credential: Credential) -> Answer:
        """Log in, and hold the password against what the server keeps of it: both must say the same."""
        name, refused = credential.id or self.server.user, False
        try:
            try:
                self._access.log_in(name, credential.secret)
            except Refused:
                refused = True
            user = self._access.user(name)
        except RotationError as error:
            return Answer(Liveness.UNKNOWN, why=error.message)
        owns = user is not None and user.owns(credential.secret)
        if user and owns and not refused:
            return Answer(Liveness.LIVE, Identity("mongodb", self.server.address, user.base, name,
                                                  details=self.server.details))  # fmt: skip
        if refused and not owns:
            return Answer(Liveness.DEAD)
        if refused:
            why = f"{self._access.where} refuses user {name} for another reason than the password (its address?)"
        else:
            why = f"{self._access.where} accepts it, and keeps no such password: it has no access control, perhaps"
        return Answer(Liveness.UNKNOWN, why=why)

    def candidates(self, text: str) -> list[str]:
        """Anything may be a password."""
        return database.candidates(text)

    def acting(self) -> Acting:
        """The user of the connection string in the reference."""
        said = self._access.run("find out who acts", "admin", {"connectionStatus": 1})
        names = [str(one["user"]) for one in said["authInfo"]["authenticatedUsers"]]
        return Acting("", f"{', '.join(names)} ({self._access.reference})")

    def differs(self, old: Identity, new: Identity) -> str:
        """A new user stands for the same one of the same server."""
        same = (new.account, new.principal) == (old.account, old.principal)
        return "" if same else f"it stands for {new.principal} of {new.account}"

    # --- the plan --------------------------------------------------------------------------------

    def refusal(self, identity: Identity) -> str:
        """What cannot be done by commands of the server."""
        if self._access.itself:
            return f"{self._access.reference} logs in as the very user; act as another one with {RIGHTS}"
        if self.server.host.endswith(ATLAS):
            return "Atlas keeps users by itself: add a second database user there, and delete the old one in the end"
        if self.server.database == "$external":
            return "the user is kept by another system ($external): change its password there"
        if not _SIMPLE.fullmatch(identity.credential_id):
            return "its name has other characters than letters, digits, `_`, `.` and `-`: rename it first"
        return ""

    def no_room(self, identity: Identity, keys: KeyList) -> LimitReached | None:
        """There may be any number of users."""
        return None

    def outline(self, identity: Identity) -> Outline:
        """What is requested, and what is to be known."""
        old, new = identity.credential_id, self._name(identity, "ID")
        return Outline(
            "MongoDB", f"user {old}", f"a second user with the same roles (createUser {new})", self._access.where,
            (f"services log in as {new} afterwards; the new password is sent as it is, as MongoDB takes no hash, so "
             "see that the connection has TLS",
             f"user {old} is dropped in the end: open connections of it lose their rights, at a mongos within half a "
             "minute"),
        )  # fmt: skip

    # --- the users -------------------------------------------------------------------------------

    def keys(self, identity: Identity) -> KeyList:
        """The leaked user, and those that rotations made for the one that it stands for."""
        at = self._access.run("ask for the time", "admin", {"hello": 1})["localTime"]
        names = {identity.credential_id, identity.principal}
        mine = [one for one in self._access.users() if one.name in names or one.base == identity.principal]
        return KeyList(at.replace(tzinfo=UTC), tuple(Key(one.name, True) for one in mine))

    def key(self, identity: Identity, key_id: str) -> Key | None:
        """One of them."""
        return Key(key_id, True) if self._access.user(key_id) else None

    def find(self, identity: Identity, rotation: str) -> tuple[str, ...]:
        """The user whose custom data names the rotation."""
        user = self._access.user(self._name(identity, rotation))
        return (user.name,) if user and user.data.get(ROTATION) == rotation else ()

    def last_used(self, identity: Identity, key_id: str) -> LastUse | None:
        """MongoDB does not tell."""
        return None

    def issue(self, identity: Identity, rotation: str) -> Credential:
        """One command makes the user whole or not at all. OutcomeUnknown if unclear."""
        new = Credential(self._name(identity, rotation), database.new_password())
        old = self._access.user(identity.credential_id)
        if old is None:
            raise NotFound(f"there is no user {identity.credential_id} any longer",
                           "undo this rotation to close it")  # fmt: skip
        if self._access.user(new.id):
            raise Conflict(f"there is a user {new.id} already, and not of this rotation",
                           "drop it, then resume")  # fmt: skip
        rights = old.rights
        rights["customData"] |= {ROTATION: rotation, BASE: old.base}
        asked = {"createUser": new.id, "pwd": new.secret.reveal(), **rights}
        self._access.change("create a user", asked)
        return new

    def set_active(self, identity: Identity, key_id: str, active: bool) -> None:
        """A password that was taken away could not be given back."""
        raise RotationError("a user of MongoDB cannot be disabled", "see docs/rotation.md")

    def revoke(self, identity: Identity, key_id: str) -> None:
        """Another password that nobody knows, no session, no user, in this order."""
        if self._access.user(key_id) is None:
            return
        asked = {"updateUser": key_id, "pwd": database.new_password().reveal()}
        self._access.change("take a user's password away", asked)
        self._access.end_sessions(key_id)
        self._access.change("drop a user", {"dropUser": key_id})

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
