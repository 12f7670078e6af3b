"""PostgreSQL that logs every statement."""

import atexit
import signal
from functools import cache
from glob import glob

import psycopg
from servers.world import ADMIN, OLD, World, program

from unleak.rotate.postgresql_roles import Roles
from unleak.rotate.providers.postgresql import PostgreSQL
from unleak.rotate.providers.postgresql_password import PostgreSQLPassword

BINARIES = sorted(glob("/usr/lib/postgresql/*/bin"), reverse=True)


class Server(World):
    kind, scheme, database = "postgresql", "postgresql", "pay"
    adapter, single = PostgreSQL, PostgreSQLPassword
    stop = signal.SIGINT  # killed, it would leave shared memory behind
    unclear, unclear_single = b"COMMIT", b"ALTER ROLE"
    opened = []
    changes = ((Roles, "say"), (Roles, "create"), (Roles, "settings"), (Roles, "end_sessions"))

    def start(self):
        data, password = self.folder / "data", self.folder / "password"
        password.write_text(ADMIN)
        self.run(program("initdb", *BINARIES), "-D", data, "-U", "root", "-A", "scram-sha-256", "--no-sync",
                 "--no-locale", "-E", "UTF8", f"--pwfile={password}")  # fmt: skip
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder,
                    "log_statement": "all", "fsync": "off"}  # fmt: skip
        options = (one for name, value in settings.items() for one in ("-c", f"{name}={value}"))
        self.root = self.spawn(program("postgres", *BINARIES), "-D", data, *options)
        self.root.execute("CREATE DATABASE pay")
        self.root.close()
        self.root = self.connect("root", ADMIN)
        atexit.register(self.root.close)

    def connect(self, user, password, database="pay"):
        return psycopg.connect(host="127.0.0.1", port=self.port, user=user, password=password, dbname=database,
                               autocommit=True)  # fmt: skip

    def connect_admin(self):
        return self.connect("root", ADMIN, "postgres")

    def fresh(self):
        while self.opened:
            self.opened.pop().close()
        execute = self.root.execute
        names = [name for (name,) in execute(
            "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> 'root'").fetchall()]  # fmt: skip
        for name in names:
            execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s", (name,)
            )
            execute(f'DROP OWNED BY "{name}" CASCADE')
        for name in names:
            execute(f'DROP ROLE "{name}"')
        execute("CREATE ROLE admin LOGIN CREATEROLE IN ROLE pg_signal_backend")
        execute("CREATE ROLE weak LOGIN")
        execute("CREATE ROLE payments LOGIN CONNECTION LIMIT 50 VALID UNTIL '2099-01-01'")
        execute("GRANT payments TO admin WITH ADMIN OPTION")
        execute("SET log_statement = 'none'")
        for name, password in (("admin", ADMIN), ("weak", ADMIN), ("payments", OLD)):
            execute(f"ALTER ROLE {name} PASSWORD '{password}'")
        execute("RESET log_statement")
        execute("CREATE SCHEMA ledger AUTHORIZATION payments")
        execute("CREATE TABLE ledger.entries (owner text DEFAULT current_user)")
        execute("ALTER TABLE ledger.entries OWNER TO payments")

    def session(self, password, user=""):
        """An open session; `close()` it, or `call()` something."""
        made = self.connect(user or self.user, password)
        self.opened.append(made)
        made.call = lambda: made.execute("INSERT INTO ledger.entries DEFAULT VALUES")
        made.call()
        return made

    def lives(self, credential):
        try:
            self.connect(credential.id or self.user, credential.secret.reveal()).close()
        except psycopg.OperationalError:
            return False
        return True

    def texts(self):
        """All that the server wrote or shows of what it was sent."""
        held = self.root.execute("SELECT coalesce(rolpassword, '') FROM pg_authid").fetchall()
        return self.log.read_text() + f"{held}"


@cache
def running():
    return Server()
