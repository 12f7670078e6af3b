"""A fake of MongoDB at the driver's port, as there is no server to install: it knows the commands that are documented.

https://www.mongodb.com/docs/manual/reference/command/nav-user-management/
"""

import base64
import hashlib
import hmac
import secrets
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache

import pymongo
from pymongo.errors import AutoReconnect, OperationFailure, ServerSelectionTimeoutError
from pymongo.uri_parser import parse_uri
from servers.world import ADMIN, OLD, World, free_port

from unleak.rotate.mongodb_users import Access
from unleak.rotate.providers.mongodb import MongoDB

NAMES = {"usersInfo": "users_info", "createUser": "create_user", "updateUser": "update_user", "dropUser": "drop_user",
         "killAllSessions": "kill_all_sessions"}  # fmt: skip
"""Of the methods of the fake, by those of the commands."""
RIGHTS = {"admin": {"admin"}, "weak": {"look"}}


def scram(name, password, kind="sha256", rounds=4096):
    """What the server keeps of a password."""
    salt = secrets.token_bytes(16)
    if kind == "sha1":
        password = hashlib.md5(f"{name}:mongo:{password}".encode(), usedforsecurity=False).hexdigest()
    salted = hashlib.pbkdf2_hmac(kind, password.encode(), salt, rounds)
    stored = hashlib.new(kind, hmac.digest(salted, b"Client Key", kind)).digest()
    shown = [
        base64.b64encode(one).decode() for one in (salt, stored, hmac.digest(salted, b"Server Key", kind))
    ]
    return {"iterationCount": rounds, "salt": shown[0], "storedKey": shown[1], "serverKey": shown[2]}


class Client:
    """A connection; it logs in with its first command, and loses its rights with its user."""

    def __init__(self, server, given, password):
        self.server, self.user, self.password, self.entered = server, given, password, False

    def __enter__(self):
        return self

    def __exit__(self, *error):
        """Nothing is held."""

    close = __exit__

    def __getitem__(self, name):
        return Database(self, name)

    def call(self):
        """A command of a service."""
        self["pay"].command({"find": "orders"})

    def enter(self):
        held = self.server.users.get(self.user)
        if held is None or (not self.entered and held["password"] != self.password):
            raise OperationFailure("Authentication failed.", 18)
        self.entered = True


class Database:
    """Carries commands out."""

    def __init__(self, client, name):
        self.client, self.name = client, name

    def command(self, command, value=1):
        command = {command: value} if isinstance(command, str) else dict(command)
        server, name = self.client.server, next(iter(command))
        self.client.enter()
        server.commands.append(
            {key: one for key, one in command.items() if key != "pwd"}
        )  # as its log has it
        if name in {"ping", "find"}:
            return {"ok": 1}
        if name == "hello":
            return {"localTime": datetime.now(UTC).replace(tzinfo=None)}
        if name == "connectionStatus":
            return {"authInfo": {"authenticatedUsers": [{"user": self.client.user, "db": "admin"}]}}
        if self.client.user not in RIGHTS or (name != "usersInfo" and self.client.user != "admin"):
            raise OperationFailure(f"not authorized on {self.name} to execute command", 13)
        made = getattr(server, NAMES[name])(command)
        if server.lost == name:
            server.lost = ""
            raise AutoReconnect("connection closed")
        return made


class Server(World):
    kind, scheme, database = "mongodb", "mongodb", "admin"
    adapter = MongoDB
    changes = ((Access, "change"), (Access, "end_sessions"))

    def __init__(self):
        self.port, self.users, self.commands, self.lost = free_port(), {}, [], ""
        real = pymongo.MongoClient

        def connect(uri, **given):
            (host, port), said = parse_uri(uri)["nodelist"][0], parse_uri(uri)
            assert given["retryWrites"] is False
            if port != self.port:
                if host == "127.0.0.1":
                    raise ServerSelectionTimeoutError("connection refused")
                return real(uri, **given)
            return Client(
                self, given.get("username", said["username"]), given.get("password", said["password"])
            )

        pymongo.MongoClient = connect  # of this process

    def fresh(self):
        self.users, self.commands, self.lost = {}, [], ""
        for name, password in ((self.user, OLD), ("admin", ADMIN), ("weak", ADMIN)):
            self.create_user({"createUser": name, "pwd": password, "roles": [{"role": "readWrite", "db": "pay"}],
                             "customData": {"team": "a"}})  # fmt: skip

    def session(self, password, user=""):
        """An open session; `close()` it, or `call()` something."""
        made = Client(self, user or self.user, password)
        made.call()
        return made

    @contextmanager
    def losing(self):
        self.lost = "createUser"
        yield self.port

    # --- its commands ----------------------------------------------------------------------------

    def users_info(self, command):
        asked = command["usersInfo"]
        names = list(self.users) if asked == 1 else [asked["user"]] if asked["user"] in self.users else []
        return {"users": [self.shown(name, command) for name in names]}

    def shown(self, name, command):
        held = self.users[name]
        said = {"user": name, "db": "admin", "roles": held["roles"], "mechanisms": held["mechanisms"]}
        said |= {"customData": held["customData"]} if held["customData"] else {}
        said |= {"credentials": held["credentials"]} if command.get("showCredentials") else {}
        if command.get("showAuthenticationRestrictions"):
            said["authenticationRestrictions"] = held["restrictions"]
        return said

    def create_user(self, command):
        name = command["createUser"]
        if name in self.users:
            raise OperationFailure("User already exists", 51003)
        mechanisms = command.get("mechanisms", ["SCRAM-SHA-1", "SCRAM-SHA-256"])
        self.users[name] = {
            "roles": command["roles"], "customData": command.get("customData"), "mechanisms": mechanisms,
            "restrictions": command.get("authenticationRestrictions", []),
        }  # fmt: skip
        self.set(name, command["pwd"])

    def update_user(self, command):
        self.set(command["updateUser"], command["pwd"])

    def set(self, name, password):
        held = self.users[name]
        kinds = {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-256": "sha256"}
        made = {one: scram(name, password, kinds[one]) for one in held["mechanisms"]}
        held |= {"password": password, "credentials": made}

    def drop_user(self, command):
        self.users.pop(command["dropUser"])

    def kill_all_sessions(self, command):
        assert command["killAllSessions"][0].keys() == {"user", "db"}

    def texts(self):
        """All that the server writes of what it was sent."""
        return f"{self.commands}"


@cache
def running():
    return Server()
