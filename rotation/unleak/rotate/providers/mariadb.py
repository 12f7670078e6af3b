"""Passwords of MariaDB users. An account may have two, so the new one works beside the old one.

The server is sent hashes alone. A locked user, `unleak:NAME@HOST`, is the mark: its host names the rotation,
its first password is the one that was issued, and its second one, if any, is being revoked.
"""

import re
from datetime import UTC, datetime
from typing import Any

from unleak.core.errors import Conflict, LimitReached, RotationError
from unleak.core.model import Identity, Liveness
from unleak.core.secret import Secret
from unleak.rotate import database
from unleak.rotate.database import Server
from unleak.rotate.mariadb_accounts import (
    HOST,
    Account,
    account_of,
    accounts,
    digest_of,
    mark_name,
    mark_of,
    via,
)
from unleak.rotate.mysql_access import LOCKED, WRONG, Access, one
from unleak.rotate.ports import Acting, Credential, Key, KeyList, LastUse, Outline, Trait
from unleak.verify.answer import Answer

RIGHTS = "CREATE USER, CONNECTION ADMIN and SELECT on mysql.global_priv"


class MariaDB:
    """The passwords of the accounts of one user name of one server."""

    traits = frozenset({Trait.MARK, Trait.NAME})

    def __init__(self, server: Server, reference: str, admin: Secret) -> None:
        """`reference` says where the connection string `admin` of the acting user comes from."""
        self.server, self.reference = server, reference
        self._access = Access(server, reference, admin, title="MariaDB", rights=RIGHTS)
        self._acting, self._where = self._access.acting, self._access.where

    # --- what a password is ----------------------------------------------------------------------

    def verify(self, credential: Credential) -> Answer:
        """Log in with it, and ask the acting user whether an account of that name has it."""
        digest, name = digest_of(credential.secret), self.server.user
        account, code = self._access.login(credential.secret)
        try:
            with self._acting("look at an account") as admin:
                holders = [f"{one.user}@{one.host}" for one in accounts(admin, name) if digest in one.hashes]
        except RotationError as error:
            return Answer(Liveness.UNKNOWN, why=error.message)
        if account in holders:
            return Answer(Liveness.LIVE, self._identity(account, digest))
        if code in WRONG and not holders:
            return Answer(Liveness.DEAD)
        if code in LOCKED:
            why = f"the account of {name} is locked (ALTER USER … ACCOUNT UNLOCK)"
        elif code in WRONG:
            why = (
                f"the server refuses it from here, though {holders[0]} has it: wrong host, or TLS is required"
            )
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
        """Other servers, and accounts with another way in than one password."""
        if self._access.itself:
            return f"{self.reference} logs in as the very user; act as another one with {RIGHTS}"
        with self._acting("look at the server") as admin:
            version, locked = one(admin, "SELECT VERSION(), @@global.read_only")
            account = account_of(admin, identity)
        number = tuple(map(int, re.findall(r"\d+", version)[:2]))
        if "MariaDB" not in version or number < (10, 4):
            return (
                "MariaDB is known to unleak from 10.4 on: older ones have one password an account, which is changed by "
                "hand (SET PASSWORD)"
            )
        if locked:
            return "the server is read-only, such as a replica: name the one that it follows"
        if account is None or not account.plain or len(account.methods) > 1:
            return (
                f"{identity.principal} has another way to log in than its one password (SHOW CREATE USER), which a new "
                "password might not keep: reduce it to IDENTIFIED VIA mysql_native_password with one password"
            )
        return ""

    def no_room(self, identity: Identity, keys: KeyList) -> LimitReached | None:
        """Not known before it is tried."""
        return None

    def outline(self, identity: Identity) -> Outline:
        """What is requested, and what is to be known."""
        who = identity.principal
        return Outline(
            "MariaDB", f"account {who}", f"a second password for {who} (ALTER USER … VIA … OR …)", self._where,
            (f"every open connection of user {self.server.user} is closed when the old password is removed, those that "
             "use the new one too: clients must connect again by themselves",),
        )  # fmt: skip

    # --- the passwords ---------------------------------------------------------------------------

    def keys(self, identity: Identity) -> KeyList:
        """All passwords of the account, and one whose revocation has not ended, with the server's time."""
        with self._acting("look at an account") as admin:
            at = one(admin, "SELECT UNIX_TIMESTAMP()")[0]
            account, mark = account_of(admin, identity), mark_of(admin, identity)
        hashes = dict.fromkeys((*(account.hashes if account else ()), *(mark.hashes[1:] if mark else ())))
        return KeyList(datetime.fromtimestamp(at, UTC), tuple(Key(self._id(one), True) for one in hashes))

    def key(self, identity: Identity, key_id: str) -> Key | None:
        """One of them."""
        return self.keys(identity).get(key_id)

    def find(self, identity: Identity, rotation: str) -> tuple[str, ...]:
        """What the mark of the rotation names and the account has."""
        with self._acting("look at an account") as admin:
            mark = mark_of(admin, identity)
        if mark is None or mark.rotation != rotation:
            return ()
        issued = self._id(mark.hashes[0])
        return (issued,) if self.key(identity, issued) else ()

    def last_used(self, identity: Identity, key_id: str) -> LastUse | None:
        """MariaDB does not tell."""
        return None

    def issue(self, identity: Identity, rotation: str) -> Credential:
        """Name the new password in the mark, then add it to the account. OutcomeUnknown if unclear."""
        secret = database.new_password()
        with self._acting("add a password", changes=True) as admin:
            account, mark = account_of(admin, identity), mark_of(admin, identity)
            if mark is None or mark.rotation != rotation:
                raise Conflict("the mark of this rotation was taken away", "resume or undo this rotation")
            if account is None or not account.plain or self._ids(account) != [identity.credential_id]:
                raise Conflict(
                    f"{identity.principal} has no longer the leaked password alone: somebody changed it",
                    "undo this rotation to close it; then see that services have a password that works",
                )
            self._set_mark(admin, identity, rotation, digest_of(secret))
            self._set(admin, account, (digest_of(secret), *account.hashes))
        return Credential(self._id(digest_of(secret)), secret)

    def set_active(self, identity: Identity, key_id: str, active: bool) -> None:
        """Only a whole account can be locked."""
        raise RotationError("one of a MariaDB account's passwords cannot be disabled", "see docs/rotation.md")

    def revoke(self, identity: Identity, key_id: str) -> None:
        """Remove the password, then close the user's connections; the mark tells between that it is under way."""
        with self._acting("remove a password", changes=True) as admin:
            account, mark = account_of(admin, identity), mark_of(admin, identity)
            known = (*(account.hashes if account else ()), *(mark.hashes if mark else ()))
            digest = next((one for one in known if self._id(one) == key_id), "")
            left = tuple(one for one in account.hashes if one != digest) if account else ()
            listed = account is not None and digest in account.hashes
            if account and listed and not (account.plain and left):
                raise Conflict(f"{identity.principal} does not log in as it was planned: somebody changed it",
                               "see that it has the new password and the old one alone, then resume")  # fmt: skip
            if mark and digest:
                self._set_mark(admin, identity, mark.rotation, mark.hashes[0], digest)
            if account and listed:
                self._set(admin, account, left)
            if digest:
                self._close_sessions(admin)
            if mark and digest:
                self._set_mark(admin, identity, mark.rotation, mark.hashes[0])

    # --- the mark --------------------------------------------------------------------------------

    def claimed_by(self, identity: Identity) -> str:
        """The rotation that the mark names."""
        with self._acting("look at an account") as admin:
            mark = mark_of(admin, identity)
        return mark.rotation if mark else ""

    def claim(self, identity: Identity, rotation: str) -> None:
        """Set the mark, with a password that nobody knows."""
        with self._acting("set the mark", changes=True) as admin:
            self._set_mark(admin, identity, rotation, digest_of(database.new_password()))

    def release(self, identity: Identity) -> None:
        """Take the mark away."""
        with self._acting("take the mark away", changes=True) as admin:
            for mark in accounts(admin, mark_name(identity)):
                self._drop(admin, mark)

    # --- inside ----------------------------------------------------------------------------------

    def _id(self, digest: str) -> str:
        return database.public_id(self.server.user, digest)

    def _ids(self, account: Account) -> list[str]:
        return [self._id(one) for one in account.hashes]

    def _identity(self, account: str, digest: str) -> Identity:
        return Identity(
            "mariadb", self.server.address, account, self._id(digest), details=self.server.details
        )

    def _set_mark(self, admin: Any, identity: Identity, rotation: str, *hashes: str) -> None:
        admin.execute(f"CREATE OR REPLACE USER %s@%s IDENTIFIED {via(hashes)} ACCOUNT LOCK",
                      (mark_name(identity), rotation + HOST, *hashes))  # fmt: skip

    def _set(self, admin: Any, account: Account, hashes: tuple[str, ...]) -> None:
        admin.execute(f"ALTER USER %s@%s IDENTIFIED {via(hashes)}", (account.user, account.host, *hashes))

    def _close_sessions(self, admin: Any) -> None:
        admin.execute("KILL USER %s", (self.server.user,))

    def _drop(self, admin: Any, mark: Account) -> None:
        admin.execute("DROP USER IF EXISTS %s@%s", (mark.user, mark.host))
