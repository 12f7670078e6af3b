"""Passwords of MySQL users. An account may have two, so the new one works while the old one is retained.

The server is sent hashes alone. Attributes of the account tell the rotation that works on it, the password that it
issued and the one that it is revoking; they change in the same statement as the password.
"""

import json
import re
from datetime import UTC, datetime
from typing import Any

from unleak.core.errors import Conflict, LimitReached, RotationError
from unleak.core.model import Identity, Liveness
from unleak.core.secret import Secret
from unleak.rotate import database
from unleak.rotate.database import Server
from unleak.rotate.mysql_access import LOCKED, WRONG, Access, one
from unleak.rotate.mysql_accounts import (
    ENDING,
    ISSUED,
    ROTATION,
    Account,
    account_of,
    accounts,
    made,
)
from unleak.rotate.ports import Acting, Credential, Key, KeyList, LastUse, Outline, Trait
from unleak.verify.answer import Answer

RIGHTS = "CREATE USER, CONNECTION_ADMIN, PROCESS and SELECT on mysql.user"
OLDEST = (8, 0, 22)
TRIES = 5
"""How often sessions are ended and looked for."""


class MySQL:
    """The passwords of the accounts of one user name of one server."""

    traits = frozenset({Trait.MARK, Trait.NAME})

    def __init__(self, server: Server, reference: str, admin: Secret) -> None:
        """`reference` says where the connection string `admin` of the acting user comes from."""
        self.server, self.reference = server, reference
        self._access = Access(server, reference, admin, title="MySQL", rights=RIGHTS)
        self._acting, self._where = self._access.acting, self._access.where

    # --- what a password is ----------------------------------------------------------------------

    def verify(self, credential: Credential) -> Answer:
        """Log in with it, and ask the acting user whether an account of that name has it."""
        name = self.server.user
        account, code = self._access.login(credential.secret)
        try:
            with self._acting("look at an account") as admin:
                found = [(each.name, each.owns(credential.secret)) for each in accounts(admin, name)]
        except RotationError as error:
            return Answer(Liveness.UNKNOWN, why=error.message)
        holders = {each: digest for each, digest in found if digest}
        if account in holders:
            return Answer(Liveness.LIVE, self._identity(account, holders[account]))
        if code in WRONG and not holders:
            return Answer(Liveness.DEAD)
        if code in LOCKED:
            why = f"the account of {name} is locked (ALTER USER … ACCOUNT UNLOCK)"
        elif code in WRONG:
            why = f"the server refuses it from here, though {min(holders)} has it: wrong host, or TLS is required"
        elif account:
            why = (
                f"{self._where} accepts it for {account}, and that of {self.reference} does not list it there"
            )
        else:
            why = f"{self._where} cannot be reached, or refuses for another reason than the password"
        return Answer(Liveness.UNKNOWN, why=why)

    def candidates(self, text: str) -> list[str]:
        """Anything may be a password."""
        return database.candidates(text)

    def acting(self) -> Acting:
        """The account of the connection string in `reference`."""
        return self._access.who()

    def differs(self, old: Identity, new: Identity) -> str:
        """A new password belongs to the same account of the same server."""
        same = (new.account, new.principal) == (old.account, old.principal)
        return "" if same else f"it belongs to {new.principal} at {new.account}"

    # --- the plan --------------------------------------------------------------------------------

    def refusal(self, identity: Identity) -> str:
        """Older servers, and accounts with another way in than one password."""
        if self._access.itself:
            return f"{self.reference} logs in as the very user; act as another one with {RIGHTS}"
        with self._acting("look at the server") as admin:
            version, locked = one(admin, "SELECT VERSION(), @@global.read_only")
            account = account_of(admin, identity)
        number = tuple(map(int, re.findall(r"\d+", version)[:3]))
        if number < OLDEST:
            return f"MySQL is known to unleak from {'.'.join(map(str, OLDEST))} on, and this is an older one"
        if locked:
            return "the server is read-only, such as a replica: name the one that it follows"
        if account is None or not account.plain or account.second:
            return (
                f"{identity.principal} has another way to log in than its one password (SHOW CREATE USER), which a new "
                "password might not keep: let it have one of caching_sha2_password or mysql_native_password, and "
                "discard an old one (ALTER USER … DISCARD OLD PASSWORD)"
            )
        return ""

    def no_room(self, identity: Identity, keys: KeyList) -> LimitReached | None:
        """The plan refuses an account with two."""
        return None

    def outline(self, identity: Identity) -> Outline:
        """What is requested, and what is to be known."""
        who = identity.principal
        return Outline(
            "MySQL", f"account {who}", f"a second password for {who} (ALTER USER … RETAIN CURRENT PASSWORD)",
            self._where,
            (f"every open connection of user {self.server.user} is closed when the old password is removed, those that "
             "use the new one too: clients must connect again by themselves",),
        )  # fmt: skip

    # --- the passwords ---------------------------------------------------------------------------

    def keys(self, identity: Identity) -> KeyList:
        """Both passwords of the account, and one whose revocation has not ended, with the server's time."""
        with self._acting("look at an account") as admin:
            at = one(admin, "SELECT UNIX_TIMESTAMP()")[0]
            account = account_of(admin, identity)
        ids = [*self._ids(account), account.note(ENDING)] if account else []
        return KeyList(
            datetime.fromtimestamp(at, UTC), tuple(Key(each, True) for each in dict.fromkeys(ids) if each)
        )

    def key(self, identity: Identity, key_id: str) -> Key | None:
        """One of them."""
        return self.keys(identity).get(key_id)

    def find(self, identity: Identity, rotation: str) -> tuple[str, ...]:
        """What the account's attributes name as issued, if the account has it."""
        with self._acting("look at an account") as admin:
            account = account_of(admin, identity)
        if account is None or account.note(ROTATION) != rotation:
            return ()
        issued, listed = account.note(ISSUED), {*self._ids(account), account.note(ENDING)}
        return (issued,) if issued and issued in listed else ()

    def last_used(self, identity: Identity, key_id: str) -> LastUse | None:
        """MySQL does not tell."""
        return None

    def issue(self, identity: Identity, rotation: str) -> Credential:
        """One statement sets the new password and names it. OutcomeUnknown if unclear."""
        secret = database.new_password()
        with self._acting("add a password", changes=True) as admin:
            account = account_of(admin, identity)
            if account is None or account.note(ROTATION) != rotation:
                raise Conflict("the mark of this rotation was taken away", "resume or undo this rotation")
            if not account.plain or self._ids(account) != [identity.credential_id]:
                raise Conflict(
                    f"{identity.principal} has no longer the leaked password alone: somebody changed it",
                    "undo this rotation to close it; then see that services have a password that works",
                )
            digest = made(account.plugin, secret)
            new = Credential(self._id(digest), secret)
            self._alter(admin, account, f"IDENTIFIED WITH {account.plugin} AS %s RETAIN CURRENT PASSWORD ATTRIBUTE %s",
                        digest, _notes(ISSUED, new.id))  # fmt: skip
        return new

    def set_active(self, identity: Identity, key_id: str, active: bool) -> None:
        """Only a whole account can be locked."""
        raise RotationError("one of a MySQL account's passwords cannot be disabled", "see docs/rotation.md")

    def revoke(self, identity: Identity, key_id: str) -> None:
        """Remove the password, then close the user's connections; an attribute tells between that it is under way."""
        with self._acting("remove a password", changes=True) as admin:
            account = account_of(admin, identity)
            if account is None or key_id not in {*self._ids(account), account.note(ENDING)}:
                return
            if key_id in self._ids(account):
                self._remove(admin, account, key_id)
            elif account.second == account.first:
                self._alter(admin, account, "DISCARD OLD PASSWORD")
            self._close_sessions(admin)
            self._alter(admin, account, "ATTRIBUTE %s", _notes(ENDING, None))

    # --- the mark --------------------------------------------------------------------------------

    def claimed_by(self, identity: Identity) -> str:
        """The rotation that an attribute of the account names."""
        with self._acting("look at an account") as admin:
            account = account_of(admin, identity)
        return account.note(ROTATION) if account else ""

    def claim(self, identity: Identity, rotation: str) -> None:
        """Set the attribute."""
        self._mark(identity, {ROTATION: rotation, ISSUED: None, ENDING: None})

    def release(self, identity: Identity) -> None:
        """Take all of ours away."""
        self._mark(identity, {ROTATION: None, ISSUED: None, ENDING: None})

    # --- inside ----------------------------------------------------------------------------------

    def _id(self, digest: str) -> str:
        return database.public_id(self.server.user, digest)

    def _ids(self, account: Account) -> list[str]:
        return [self._id(each) for each in account.hashes]

    def _identity(self, account: str, digest: str) -> Identity:
        return Identity("mysql", self.server.address, account, self._id(digest), details=self.server.details)

    def _mark(self, identity: Identity, notes: dict[str, str | None]) -> None:
        with self._acting("change an account's attributes", changes=True) as admin:
            if account := account_of(admin, identity):
                self._alter(admin, account, "ATTRIBUTE %s", json.dumps(notes))

    def _remove(self, admin: Any, account: Account, key_id: str) -> None:
        """The one that is retained, or the first one, whose place the retained one takes again."""
        if not (account.plain and account.second):
            raise Conflict(f"{account.name} does not log in as it was planned: somebody changed it",
                           "see that it has the new password and the old one alone, then resume")  # fmt: skip
        if key_id == self._id(account.second):
            self._alter(admin, account, "DISCARD OLD PASSWORD ATTRIBUTE %s", _notes(ENDING, key_id))
            return
        back = f"IDENTIFIED WITH {account.plugin} AS %s ATTRIBUTE %s"
        self._alter(admin, account, back, account.second, _notes(ENDING, key_id))
        self._alter(admin, account, "DISCARD OLD PASSWORD")

    def _alter(self, admin: Any, account: Account, what: str, *values: str) -> None:
        admin.execute(f"ALTER USER %s@%s {what}", (account.user, account.host, *values))

    def _close_sessions(self, admin: Any) -> None:
        """All of the user name, as far as they are not ending already."""
        for _ in range(TRIES):
            admin.execute("SELECT ID FROM performance_schema.processlist WHERE USER = %s AND COMMAND <> 'Killed'",
                          (self.server.user,))  # fmt: skip
            found = [row[0] for row in admin.fetchall()]
            if not found:
                return
            for number in found:
                self._access.kill(admin, number)
        raise RotationError(f"sessions of user {self.server.user} do not end", "resume in a minute")


def _notes(name: str, value: str | None) -> str:
    return json.dumps({name: value})
