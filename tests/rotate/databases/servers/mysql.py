"""A fake of MySQL at the driver's port, as there is no server to install: it knows the statements that are documented.

https://dev.mysql.com/doc/refman/8.4/en/alter-user.html, …/password-management.html#dual-passwords
"""

import json
import re
from contextlib import contextmanager
from functools import cache
from itertools import count

import pymysql
from pymysql.err import OperationalError
from servers.world import ADMIN, OLD, World, free_port

from unleak.core.secret import Secret
from unleak.rotate.mysql_accounts import SHA2, made, matches
from unleak.rotate.providers.mysql import MySQL

HOST = "127.0.0.1"
ALTER = re.compile(
    r"ALTER USER %s@%s(?: (?P<auth>IDENTIFIED WITH (?P<plugin>\w+) AS %s(?P<retain> RETAIN CURRENT PASSWORD)?"
    r"|DISCARD OLD PASSWORD))?(?P<attribute> ATTRIBUTE %s)?"
)
PROCESSES = "SELECT ID FROM performance_schema.processlist WHERE USER = %s AND COMMAND <> 'Killed'"
ACCOUNTS = (
    "SELECT User, Host, plugin, authentication_string, User_attributes FROM mysql.user "
    "WHERE User = %s ORDER BY Host"
)


class Session:
    """A connection."""

    numbers = count(1)

    def __init__(self, server, user):
        self.server, self.user, self.number, self.open = server, user, next(self.numbers), True
        server.sessions.append(self)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        self.open = False

    def cursor(self):
        return Cursor(self)

    def call(self):
        """A query of a service."""
        self.cursor().execute("SELECT 1")


class Cursor:
    """Carries statements out."""

    def __init__(self, session):
        self.session, self.rows = session, []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        """Nothing is held."""

    def fetchone(self):
        return self.rows[0]

    def fetchall(self):
        return tuple(self.rows)

    def execute(self, text, values=()):
        server = self.session.server
        if not self.session.open:
            raise OperationalError(2013, "Lost connection to MySQL server during query")
        server.statements.append(f"{text} {values}")
        self.rows = server.answer(self.session.user, text, *values)
        if server.lost and server.lost in text:
            server.lost = ""
            raise OperationalError(2013, "Lost connection to MySQL server during query")


class Server(World):
    kind, scheme, database = "mysql", "mysql", ""
    adapter = MySQL
    changes = tuple((MySQL, name) for name in ("_alter", "_close_sessions"))
    plugin = SHA2

    def __init__(self):
        self.port, self.users, self.sessions, self.statements, self.lost = free_port(), {}, [], [], ""
        self.settings = {"version": "8.4.3", "read_only": 0}
        real = pymysql.connect

        def connect(**given):
            if given["port"] != self.port:
                return real(**given)
            return self.session(given["password"], of=given["user"])

        pymysql.connect = connect  # of this process; every other port leads to a real server

    def fresh(self):
        for one in self.sessions:
            one.close()
        self.sessions, self.statements, self.lost = [], [], ""
        self.settings = {"version": "8.4.3", "read_only": 0}
        self.users = {}
        for user, password in ((self.user, OLD), ("admin", ADMIN), ("weak", ADMIN)):
            self.users[user, HOST] = {
                "plugin": self.plugin,
                "first": made(self.plugin, Secret(password)),
                "said": {},
            }

    def session(self, password, user="", of=""):
        """An open session; `close()` it, or `call()` something."""
        name = of or self.user
        held = self.users.get((name, HOST))
        hashes = [held["first"], held["said"].get("additional_password", "")] if held else []
        if not any(matches(held["plugin"], one, Secret(password)) for one in hashes if one):
            raise OperationalError(1045, f"Access denied for user '{name}'@'{HOST}' (using password: YES)")
        if held.get("locked"):
            raise OperationalError(3118, "Account is locked.")
        return Session(self, name)

    @contextmanager
    def losing(self):
        self.lost = "RETAIN CURRENT PASSWORD"
        yield self.port

    def answer(self, user, text, *values):
        """The rows of an answer."""
        known = {
            "SELECT 1": [(1,)], "SELECT VERSION()": [(self.settings["version"],)],
            "SELECT VERSION(), @@global.read_only": [(self.settings["version"], self.settings["read_only"])],
            "SELECT CURRENT_USER()": [(f"{user}@{HOST}",)], "SELECT UNIX_TIMESTAMP()": [(1_700_000_000,)],
        }  # fmt: skip
        if text in known:
            return known[text]
        if text == ACCOUNTS:
            return [(name, host, held["plugin"], held["first"], json.dumps(held["said"]) if held["said"] else None)
                    for (name, host), held in sorted(self.users.items()) if name == values[0]]  # fmt: skip
        if user != "admin":
            raise OperationalError(
                1227, "Access denied; you need (at least one of) the CREATE USER privilege(s)"
            )
        if text == PROCESSES:
            return [(one.number,) for one in self.sessions if one.open and one.user == values[0]]
        if text == "KILL CONNECTION %s":
            next(one for one in self.sessions if one.number == values[0]).close()
            return []
        found = ALTER.fullmatch(text)
        assert found, text
        self.alter(self.users[values[0], values[1]], found, list(values[2:]))
        return []

    def alter(self, held, found, values):
        """As the manual has it."""
        said = held["said"]
        if found["plugin"]:
            assert found["plugin"] == held["plugin"]
            if found["retain"]:
                said["additional_password"] = held["first"]
            held["first"] = values.pop(0)
        elif found["auth"]:
            said.pop("additional_password", None)
        if found["attribute"]:
            notes = {**said.get("metadata", {}), **json.loads(values.pop(0))}
            said["metadata"] = {name: value for name, value in notes.items() if value is not None}
        assert not values

    def texts(self):
        """All that the server was sent."""
        return f"{self.statements} {self.users}"


@cache
def running():
    return Server()
