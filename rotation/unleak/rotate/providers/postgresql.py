"""Login roles of PostgreSQL. A role has one password, so a second login role takes over for the first.

The new role is a member of the old one and acts as it from its first statement on (ALTER ROLE … SET role):
rights, row policies and ownership stay with the old role, which in the end is left without a login. The
server is sent SCRAM verifiers, never a password.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from unleak.core.errors import (
    AccessDenied,
    Conflict,
    LimitReached,
    NotFound,
    OutcomeUnknown,
    RotationError,
)
from unleak.core.install import need
from unleak.core.model import Identity, Liveness
from unleak.core.secret import Secret
from unleak.rotate import database
from unleak.rotate.database import SECONDS, Server
from unleak.rotate.ports import Acting, Credential, Key, KeyList, LastUse, Outline, Trait
from unleak.rotate.postgresql_roles import NEVER, Roles
from unleak.verify.answer import Answer

RIGHTS = (
    "CREATEROLE (from PostgreSQL 16 on also ADMIN OPTION on the role) and membership in pg_signal_backend"
)
_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_LONGEST = 63


class PostgreSQL:
    """The login roles that act as one role of one server."""

    traits = frozenset({Trait.LOGIN, Trait.NAME, Trait.DISABLE})

    def __init__(self, server: Server, reference: str, admin: Secret) -> None:
        """`reference` says where the connection string `admin` of the acting role comes from."""
        self.server, self.reference, self._admin = server, reference, admin
        self._psycopg: Any = need("psycopg", database.EXTRA)

    # --- what a login is -------------------------------------------------------------------------

    def verify(self, credential: Credential) -> Answer:
        """Log in. DEAD only for the words of a wrong password, of a role whose validity is not just over."""
        name = credential.id or self.server.user
        try:
            acts_as, since = self._login(name, credential.secret)
            with self._acting("look at the server") as admin:
                same = since == admin.one("SELECT pg_postmaster_start_time()::text AS x")["x"]
        except _Refused:
            return self._judged(name)
        except (RotationError, _Unclear) as unclear:
            return Answer(Liveness.UNKNOWN, why=str(unclear).partition("\n")[0])
        if not same:
            return Answer(Liveness.UNKNOWN, why=f"{self.reference} leads to another server")
        return Answer(Liveness.LIVE, Identity("postgresql", self.server.address, acts_as, name,
                                              details=self.server.details))  # fmt: skip

    def candidates(self, text: str) -> list[str]:
        """Anything may be a password."""
        return database.candidates(text)

    def acting(self) -> Acting:
        """The role of the connection string in `reference`."""
        with self._acting("find out who acts") as admin:
            return Acting("", f"{admin.one('SELECT current_user AS x')['x']} ({self.reference})")

    def differs(self, old: Identity, new: Identity) -> str:
        """A new login acts as the same role of the same server."""
        same = (new.account, new.principal) == (old.account, old.principal)
        return "" if same else f"it acts as role {new.principal} of {new.account}"

    # --- the plan --------------------------------------------------------------------------------

    def refusal(self, identity: Identity) -> str:
        """What membership cannot carry over, and servers whose answers could not be understood."""
        if database.acting(self.reference, self._admin, "postgresql")[0].user == self.server.user:
            return f"{self.reference} logs in as the very role; act as another one with {RIGHTS}"
        with self._acting("look at the server") as admin:
            role = admin.get(identity.credential_id)
            said = admin.one("SELECT pg_is_in_recovery() AS standby, current_setting('lc_messages') AS lc")
        if said["standby"]:
            return "the server is a standby, which cannot be changed: name the primary"
        if not said["lc"].startswith(("en", "C", "POSIX")) and said["lc"]:
            return (
                "the server does not answer in English, and PostgreSQL tells by text alone that a password is "
                "wrong, so that no proof could be had: ALTER SYSTEM SET lc_messages = 'C', then pg_reload_conf()"
            )
        if role and role.special:
            return (
                "it is a superuser or replicates, which a second role does not inherit: give the service a role "
                "of its own with no more than it needs, or change the password by hand: \\password in psql"
            )
        if not _SIMPLE.fullmatch(identity.credential_id):
            return "its name has other characters than letters, digits, `_`, `.` and `-`: rename it first"
        return ""

    def no_room(self, identity: Identity, keys: KeyList) -> LimitReached | None:
        """There may be any number of roles."""
        return None

    def outline(self, identity: Identity) -> Outline:
        """What is requested, and what is to be known."""
        old, new = identity.credential_id, self._name(identity, "ID")
        return Outline(
            "PostgreSQL", f"role {old}", f"a second login role (CREATE ROLE {new} LOGIN IN ROLE {old})",
            f"PostgreSQL at {self.server.address}",
            (f"services log in as {new} afterwards: lines of pg_hba.conf and of connection poolers that name {old} "
             "must let it in as well",
             f"role {old} keeps what it owns and all rights, but its login: it ends without password"),
        )  # fmt: skip

    # --- the logins ------------------------------------------------------------------------------

    def keys(self, identity: Identity) -> KeyList:
        """The leaked role, and those that rotations made for the role that it acts as."""
        with self._acting("list the roles") as admin:
            at = admin.one("SELECT extract(epoch FROM now())::float8 AS x")["x"]
            known = admin.where("rolname IN (%s, %s)", identity.credential_id, identity.principal)
            roles = {one.name: one for one in (*known, *admin.issued()) if one.until != NEVER}
        mine = [one for one in roles.values() if one.ours[1] in {"", identity.principal}]
        return KeyList(datetime.fromtimestamp(at, UTC), tuple(Key(one.name, one.login) for one in mine))

    def key(self, identity: Identity, key_id: str) -> Key | None:
        """One of them; None once it is revoked."""
        with self._acting("look at a role") as admin:
            role = admin.get(key_id)
        return Key(role.name, role.login) if role and role.until != NEVER else None

    def find(self, identity: Identity, rotation: str) -> tuple[str, ...]:
        """The role whose comment names the rotation."""
        with self._acting("list the roles") as admin:
            made = admin.issued()
        return tuple(one.name for one in made if one.ours[0] == rotation and one.until != NEVER)

    def last_used(self, identity: Identity, key_id: str) -> LastUse | None:
        """PostgreSQL does not tell."""
        return None

    def issue(self, identity: Identity, rotation: str) -> Credential:
        """One transaction makes the role whole or not at all. OutcomeUnknown if its end is not heard of."""
        new = Credential(self._name(identity, rotation), database.new_password())
        with self._acting("create a login role", changes=True) as admin, admin.session.transaction():
            old = admin.get(identity.credential_id)
            if old is None or old.until == NEVER:
                raise NotFound(f"there is no login role {identity.credential_id} any longer",
                               "undo this rotation to close it")  # fmt: skip
            if admin.get(new.id):
                raise Conflict(f"there is a role {new.id} already, and not of this rotation",
                               "drop or rename it, then resume")  # fmt: skip
            base = old.ours[1] if admin.replaceable(old) else old.name
            admin.create(new.id, new.secret, old, base)
            note = f'unleak rotation {rotation}, a login of "{identity.principal}"'
            admin.say("COMMENT ON ROLE {} IS {}", new.id, text=note)
            admin.settings(new.id, old, base)
        return new

    def set_active(self, identity: Identity, key_id: str, active: bool) -> None:
        """LOGIN or NOLOGIN. Open sessions stay."""
        with self._acting("change a role", changes=True) as admin:
            admin.say("ALTER ROLE {} LOGIN" if active else "ALTER ROLE {} NOLOGIN", key_id)

    def revoke(self, identity: Identity, key_id: str) -> None:
        """No login, no session, no password, in this order; a role that a rotation made is dropped if it can be."""
        with self._acting("take a role's login away", changes=True) as admin:
            role = admin.get(key_id)
            if role is None or role.until == NEVER:
                return
            admin.say("ALTER ROLE {} NOLOGIN", key_id)
            if admin.end_sessions(role):
                raise RotationError(f"sessions of role {key_id} do not end", "resume in a minute")
            if admin.droppable(role):
                admin.say("DROP ROLE {}", key_id)
            else:
                admin.say(f"ALTER ROLE {{}} PASSWORD NULL VALID UNTIL '{NEVER}'", key_id)

    # --- nobody can be marked --------------------------------------------------------------------

    def claimed_by(self, identity: Identity) -> str:
        """Nobody: a role carries its rotation's name, so that two rotations cannot mistake them."""
        return ""

    def claim(self, identity: Identity, rotation: str) -> None:
        """Nothing to do."""

    def release(self, identity: Identity) -> None:
        """Nothing to do."""

    # --- inside ----------------------------------------------------------------------------------

    @staticmethod
    def _name(identity: Identity, rotation: str) -> str:
        return f"{identity.principal[: _LONGEST - 1 - len(rotation)]}_{rotation}"

    def _judged(self, name: str) -> Answer:
        """Of a login that was refused as one with a wrong password."""
        try:
            with self._acting("look at a role") as admin:
                role = admin.get(name)
        except RotationError as error:
            return Answer(Liveness.UNKNOWN, why=error.message)
        if role and role.over and role.until != NEVER:
            return Answer(Liveness.UNKNOWN, why=f"the password of role {name} was valid until {role.until}")
        return Answer(Liveness.DEAD)

    def _open(self, server: Server, user: str, password: Secret) -> Any:
        more = {"sslmode": server.tls, "sslrootcert": server.ca}
        return self._psycopg.connect(
            host=server.host, port=server.port, user=user, password=password.reveal(), autocommit=True,
            dbname=server.database or user, connect_timeout=int(SECONDS), application_name="unleak",
            row_factory=self._psycopg.rows.dict_row, **{name: value for name, value in more.items() if value},
        )  # fmt: skip

    def _login(self, name: str, secret: Secret) -> tuple[str, str]:
        """The role that a login acts as, and when its server was started."""
        try:
            with self._open(self.server, name, secret) as session:
                if not session.pgconn.used_password:
                    raise _Unclear(
                        "the server asks for no password, so that any is accepted (see pg_hba.conf)"
                    )
                said = Roles(session, self._psycopg.sql).one(
                    "SELECT current_user AS x, pg_postmaster_start_time()::text AS y"
                )
                return said["x"], said["y"]
        except self._psycopg.Error as error:
            text = f"{error}"
        if f'password authentication failed for user "{name}"' in text:
            raise _Refused
        if "is not permitted to log in" in text:
            raise _Unclear(f"role {name} may not log in (ALTER ROLE {name} LOGIN)")
        raise _Unclear(f"PostgreSQL at {self.server.address} cannot be reached, or refuses for another reason than "
                       "the password")  # fmt: skip

    @contextmanager
    def _acting(self, what: str, *, changes: bool = False) -> Iterator[Roles]:
        """A session of the acting role. Turns the library's errors into ours, without any of their text."""
        server, password = database.acting(self.reference, self._admin, "postgresql")
        where, sent = f"PostgreSQL at {server.address}", False
        try:
            with self._open(server, server.user, password) as session:
                sent = changes
                yield Roles(session, self._psycopg.sql)
        except self._psycopg.errors.InsufficientPrivilege:
            raise AccessDenied(f"the role of {self.reference} may not {what}", f"it needs {RIGHTS}") from None
        except self._psycopg.Error as error:
            if error.sqlstate and not error.sqlstate.startswith(("08", "57P")):
                raise RotationError(f"{where} refused to {what} (SQLSTATE {error.sqlstate})",
                                    "look into the server's log, then resume") from None  # fmt: skip
            if sent:
                raise OutcomeUnknown(f"could not tell whether {where} did {what}",
                                     "resume: unleak looks first") from None  # fmt: skip
            if "password authentication failed" in f"{error}":
                raise RotationError(f"{where} does not accept the password in {self.reference}",
                                    "correct it, then run this again") from None  # fmt: skip
            raise RotationError(f"{where} cannot be reached through {self.reference}",
                                "check the address and the network, then run this again") from None  # fmt: skip


class _Refused(Exception):
    """The password is wrong."""


class _Unclear(Exception):
    """Neither accepted nor refused; the text says why, in our own words."""
