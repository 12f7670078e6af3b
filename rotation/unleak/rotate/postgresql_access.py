"""Sessions with a PostgreSQL server: as the role that acts, and as one whose password is to be tried."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from unleak.core.errors import AccessDenied, OutcomeUnknown, RotationError
from unleak.core.install import need
from unleak.core.model import Identity, Liveness
from unleak.core.secret import Secret
from unleak.rotate import database
from unleak.rotate.database import SECONDS, Server
from unleak.rotate.ports import Acting
from unleak.rotate.postgresql_roles import NEVER, Roles
from unleak.verify.answer import Answer

RIGHTS = (
    "CREATEROLE (from PostgreSQL 16 on also ADMIN OPTION on the role) and membership in pg_signal_backend"
)


class Access:
    """A server, and the acting role's way to it."""

    def __init__(self, server: Server, reference: str, admin: Secret) -> None:
        """`reference` says where the connection string `admin` of the acting role comes from."""
        self.server, self.reference, self._admin = server, reference, admin
        self._psycopg: Any = need("psycopg", database.EXTRA)

    def verify(self, name: str, secret: Secret, key_id: str) -> Answer:
        """Log in. DEAD only for the words of a wrong password, of a role whose validity is not just over."""
        try:
            acts_as, since = self._login(name, secret)
            with self.acting("look at the server") as admin:
                same = since == admin.one("SELECT pg_postmaster_start_time()::text AS x")["x"]
        except _Refused:
            return self._judged(name)
        except (RotationError, _Unclear) as unclear:
            return Answer(Liveness.UNKNOWN, why=str(unclear).partition("\n")[0])
        if not same:
            return Answer(Liveness.UNKNOWN, why=f"{self.reference} leads to another server")
        return Answer(Liveness.LIVE, Identity("postgresql", self.server.address, acts_as, key_id,
                                              details=self.server.details))  # fmt: skip

    def who(self) -> Acting:
        """The role of the connection string in `reference`."""
        with self.acting("find out who acts") as admin:
            return Acting("", f"{admin.one('SELECT current_user AS x')['x']} ({self.reference})")

    def refusal(self) -> str:
        """Acting as the very role, servers that cannot be changed, and those whose answers are not understood."""
        if database.acting(self.reference, self._admin, "postgresql")[0].user == self.server.user:
            return f"{self.reference} logs in as the very role; act as another one with {RIGHTS}"
        with self.acting("look at the server") as admin:
            said = admin.one("SELECT pg_is_in_recovery() AS standby, current_setting('lc_messages') AS lc")
        if said["standby"]:
            return "the server is a standby, which cannot be changed: name the primary"
        if not said["lc"].startswith(("en", "C", "POSIX")) and said["lc"]:
            return (
                "the server does not answer in English, and PostgreSQL tells by text alone that a password is "
                "wrong, so that no proof could be had: ALTER SYSTEM SET lc_messages = 'C', then pg_reload_conf()"
            )
        return ""

    def _judged(self, name: str) -> Answer:
        """Of a login that was refused as one with a wrong password."""
        try:
            with self.acting("look at a role") as admin:
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
    def acting(self, what: str, *, changes: bool = False) -> Iterator[Roles]:
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
