"""Roles of PostgreSQL, as its catalogue shows them, and how one is made to stand for another."""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Any

from unleak.core.secret import Secret

ROUNDS = 4096
"""Of SCRAM, PostgreSQL's own number."""
NEVER = "-infinity"
"""The end of validity that a revoked role gets, by which it is known."""
_NOTE = re.compile(r'unleak rotation ([0-9a-f]+), a login of "(.*)"')
_ROLE = """SELECT oid, rolname, rolcanlogin, rolsuper OR rolreplication AS special, rolconnlimit,
    rolvaliduntil::text AS until, rolvaliduntil < now() AS over,
    coalesce(shobj_description(oid, 'pg_authid'), '') AS note
    FROM pg_roles WHERE """
_SETTINGS = """SELECT coalesce(datname, '') AS database, split_part(one, '=', 1) AS name,
    substr(one, strpos(one, '=') + 1) AS value FROM pg_db_role_setting AS s
    LEFT JOIN pg_database AS d ON d.oid = s.setdatabase, unnest(setconfig) AS one WHERE setrole = %s"""
_LEFT = "SELECT count(*) AS x FROM pg_stat_activity WHERE usesysid = %s"
_END = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usesysid = %s"
_COLUMNS = ("oid", "rolname", "rolcanlogin", "special", "rolconnlimit", "until", "over", "note")
_OWN = """SELECT NOT EXISTS (SELECT 1 FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = %s)
    AND array(SELECT roleid::regrole::text FROM pg_auth_members WHERE member = %s) = ARRAY[quote_ident(%s)] AS bare"""


@dataclass(frozen=True, slots=True)
class Role:
    """A row of pg_roles."""

    oid: int
    name: str
    login: bool
    special: bool
    """A superuser, or one that replicates."""
    limit: int
    until: str | None
    over: bool | None
    note: str

    @property
    def ours(self) -> tuple[str, str]:
        """The rotation that made it and the role it stands for; both empty for anybody else's."""
        found = _NOTE.fullmatch(self.note)
        return (found[1], found[2]) if found else ("", "")


class Roles:
    """The roles of a server, through a session of one that may change them."""

    def __init__(self, session: Any, sql: Any) -> None:
        """`sql` is the library's module that quotes names and values."""
        self.session, self._sql = session, sql

    def one(self, query: str, *values: object) -> Any:
        """The first row of an answer."""
        return self.session.execute(query, values or None).fetchone()

    def get(self, name: str) -> Role | None:
        """The role of this name."""
        return next(iter(self.where("rolname = %s", name)), None)

    def where(self, condition: str, *values: object) -> list[Role]:
        """The roles for which the condition holds."""
        rows = self.session.execute(_ROLE + condition, values or None).fetchall()
        return [Role(*(row[name] for name in _COLUMNS)) for row in rows]

    def issued(self) -> list[Role]:
        """Those that rotations made."""
        return [
            one for one in self.where("shobj_description(oid, 'pg_authid') LIKE 'unleak %%'") if one.ours[0]
        ]

    def say(self, form: str, name: str, *, text: str = "") -> None:
        """A statement about a role."""
        literal = [self._sql.Literal(text)] if text else []
        self.session.execute(self._sql.SQL(form).format(self._sql.Identifier(name), *literal))

    def create(self, name: str, secret: Secret, old: Role, base: str) -> None:
        """A login role that is a member of `base`, with the limits of `old`."""
        form = (
            f"CREATE ROLE {{}} LOGIN IN ROLE {{}} CONNECTION LIMIT {old.limit} PASSWORD {{}} VALID UNTIL {{}}"
        )
        names = map(self._sql.Identifier, (name, base))
        values = map(self._sql.Literal, (verifier(secret), old.until or "infinity"))
        self.session.execute(self._sql.SQL(form).format(*names, *values))

    def settings(self, name: str, old: Role, base: str) -> None:
        """Let sessions begin as those of `old` do, and as `base`; the server itself quotes the values."""
        rows = self.session.execute(_SETTINGS, (old.oid,)).fetchall()
        if not any(row["name"] == "role" and not row["database"] for row in rows):
            rows.append({"database": "", "name": "role", "value": base})
        for row in rows:
            self._setting(name, row["database"], row["name"], row["value"])

    def _setting(self, role: str, within: str, name: str, value: str) -> None:
        sql = self._sql
        head = sql.SQL("ALTER ROLE {} ").format(sql.Identifier(role))
        head += sql.SQL("IN DATABASE {} ").format(sql.Identifier(within)) if within else sql.SQL("")
        head += sql.SQL("SET {} ").format(sql.Identifier(name))
        if name == "role":
            self.session.execute(head + sql.SQL("TO {}").format(sql.Identifier(value)))
            return
        before = self.one("SELECT current_setting(%s) AS x", name)["x"]
        self.one("SELECT set_config(%s, %s, true)", name, value)
        self.session.execute(head + sql.SQL("FROM CURRENT"))
        self.one("SELECT set_config(%s, %s, true)", name, before)

    def replaceable(self, role: Role) -> bool:
        """Whether a rotation made the role and nobody gave it anything of its own since."""
        base = role.ours[1]
        return bool(base) and bool(self.one(_OWN, role.oid, role.oid, base)["bare"])

    def droppable(self, role: Role) -> bool:
        """Whether nothing at all would miss it."""
        members = "SELECT count(*) AS x FROM pg_auth_members WHERE roleid = %s"
        return self.replaceable(role) and not self.one(members, role.oid)["x"]

    def end_sessions(self, role: Role) -> int:
        """Close its sessions; how many are left."""
        self.session.execute(_END, (role.oid,))
        return int(self.one(_LEFT, role.oid)["x"])


def verifier(secret: Secret) -> str:
    """What PostgreSQL stores for a password (RFC 5803)."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", secret.reveal().encode(), salt, ROUNDS)
    client, server = (hmac.digest(salted, word, "sha256") for word in (b"Client Key", b"Server Key"))
    shown = [base64.b64encode(one).decode() for one in (salt, hashlib.sha256(client).digest(), server)]
    return f"SCRAM-SHA-256${ROUNDS}:{shown[0]}${shown[1]}:{shown[2]}"
