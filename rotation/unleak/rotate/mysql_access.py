"""Sessions with a server of MariaDB or MySQL: as the user that acts, and as one whose password is to be tried."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from unleak.core.errors import AccessDenied, OutcomeUnknown, RotationError
from unleak.core.install import need
from unleak.core.secret import Secret
from unleak.rotate import database
from unleak.rotate.database import SECONDS, Server
from unleak.rotate.ports import Acting

WRONG, LOCKED = (1045,), (3118, 4151)
"""Numbers of the errors that tell of a wrong password, and of a locked account: MySQL's and MariaDB's."""
NO_SUCH_SESSION = 1094
_DENIED = {1044, 1095, 1142, 1143, 1227, 1370, 1410, 1698}
_LOST = {2006, 2013, 2014, 2027, 1927, 1053}


class Access:
    """A server, and the acting user's way to it."""

    def __init__(self, server: Server, reference: str, admin: Secret, *, title: str, rights: str) -> None:
        """`reference` says where the connection string `admin` of the acting user comes from."""
        self.server, self.reference, self._admin = server, reference, admin
        self.title, self.rights = title, rights
        self._library: Any = need("pymysql", database.EXTRA)

    @property
    def where(self) -> str:
        """The server, for people."""
        return f"{self.title} at {self.server.address}"

    def who(self) -> Acting:
        """The account of the connection string in the reference."""
        with self.acting("find out who acts") as admin:
            return Acting("", f"{one(admin, 'SELECT CURRENT_USER()')[0]} ({self.reference})")

    @property
    def itself(self) -> bool:
        """Whether the very user acts whose password is to be replaced."""
        return database.acting(self.reference, self._admin, "mariadb")[0].user == self.server.user

    def kill(self, cursor: Any, number: int) -> None:
        """End a session; one that is gone already is no error."""
        try:
            cursor.execute("KILL CONNECTION %s", (number,))
        except self._library.MySQLError as error:
            if code_of(error) != NO_SUCH_SESSION:
                raise

    def _open(self, server: Server, password: Secret) -> Any:
        mode, tls = server.tls.lower().replace("_", "-"), {}
        if mode.startswith("verify"):
            authority = server.ca or ssl.get_default_verify_paths().cafile
            tls = {"ssl": {"ca": authority, "check_hostname": mode in {"verify-identity", "verify-full"}}}
        elif mode.startswith("requir"):
            tls = {"ssl": {"ca": server.ca or None, "check_hostname": False}}
        return self._library.connect(
            host=server.host, port=server.port, user=server.user, password=password.reveal(), autocommit=True,
            connect_timeout=SECONDS, read_timeout=SECONDS, write_timeout=SECONDS, **tls,
        )  # fmt: skip

    def login(self, secret: Secret) -> tuple[str, int]:
        """The account that a login is one of, or the number of the error."""
        try:
            with self._open(self.server, secret) as session, session.cursor() as cursor:
                return str(one(cursor, "SELECT CURRENT_USER()")[0]), 0
        except (self._library.MySQLError, OSError) as error:
            return "", code_of(error)

    @contextmanager
    def acting(self, what: str, *, changes: bool = False) -> Iterator[Any]:
        """A cursor of the acting user. Turns the library's errors into ours, without any of their text."""
        server, password = database.acting(self.reference, self._admin, "mariadb")
        where, sent = f"{self.title} at {server.address}", False
        try:
            with self._open(server, password) as session, session.cursor() as cursor:
                sent = True
                yield cursor
        except (self._library.MySQLError, OSError) as error:
            code = code_of(error)
            if code in _DENIED:
                raise AccessDenied(
                    f"the user of {self.reference} may not {what}", f"it needs {self.rights}"
                ) from None
            if not sent and code in WRONG:
                raise RotationError(f"{where} does not accept the password in {self.reference}",
                                    "correct it, then run this again") from None  # fmt: skip
            if sent and changes and code in {0, *_LOST}:
                raise OutcomeUnknown(f"could not tell whether {where} did {what}",
                                     "resume: unleak looks first") from None  # fmt: skip
            if sent and code not in {0, *_LOST}:
                raise RotationError(f"{where} refused to {what} (error {code})",
                                    f"look it up in {self.title}'s documentation, then resume") from None  # fmt: skip
            raise RotationError(f"{where} cannot be reached through {self.reference}",
                                "check the address and the network, then run this again") from None  # fmt: skip


def version(server: Server, reference: str, admin: Secret) -> str:
    """What the server calls itself, which tells MariaDB from MySQL."""
    access = Access(server, reference, admin, title="the server", rights="no right")
    with access.acting("ask for the version") as cursor:
        return str(one(cursor, "SELECT VERSION()")[0])


def one(cursor: Any, query: str) -> Any:
    """The first row of an answer."""
    cursor.execute(query)
    return cursor.fetchone()


def code_of(error: Exception) -> int:
    """The number of the server's error; 0 for others."""
    first = error.args[0] if error.args else 0
    return first if isinstance(first, int) and not isinstance(error, OSError) else 0
