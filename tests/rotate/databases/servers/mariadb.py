"""MariaDB that logs every statement."""

import atexit
from functools import cache

import pymysql
from servers.world import ADMIN, OLD, World, program

from unleak.rotate.providers.mariadb import MariaDB


class Server(World):
    kind, scheme, database = "mariadb", "mysql", ""
    adapter = MariaDB
    unclear = b"ALTER USER"
    changes = tuple((MariaDB, name) for name in ("_set", "_set_mark", "_close_sessions", "_drop"))
    opened = []

    def start(self):
        data = self.folder / "data"
        where = ("--no-defaults", f"--datadir={data}")
        self.run(program("mariadb-install-db"), *where, "--auth-root-authentication-method=normal",
                 "--skip-test-db", f"--user={self.account or ''}")  # fmt: skip
        self.root = self.spawn(
            program("mariadbd"), *where, "--bind-address=127.0.0.1", f"--port={self.port}", "--skip-name-resolve",
            f"--socket={self.folder}/socket", f"--pid-file={self.folder}/pid", "--general-log",
            f"--general-log-file={self.folder}/statements", "--innodb-buffer-pool-size=8M",
            "--innodb-flush-log-at-trx-commit=0",
        )  # fmt: skip
        atexit.register(self.root.close)

    def connect_admin(self):
        return self.connect("root", "")

    def connect(self, user, password):
        return pymysql.connect(
            host="127.0.0.1", port=self.port, user=user, password=password, autocommit=True
        )

    def execute(self, query, *values):
        with self.root.cursor() as cursor:
            cursor.execute(query, values or None)
            return cursor.fetchall()

    def fresh(self):
        while self.opened:
            self.opened.pop()._force_close()
        self.execute("SET sql_log_off = 1")
        for user, host in self.execute(
            "SELECT User, Host FROM mysql.global_priv WHERE User REGEXP '^(unleak|pay|admin|weak)'"
        ):
            self.execute("DROP USER %s@%s", user, host)
        for user, password in ((self.user, OLD), ("admin", ADMIN), ("weak", ADMIN)):
            self.execute("CREATE USER %s@'127.0.0.1' IDENTIFIED BY %s", user, password)
        self.execute("GRANT CREATE USER, CONNECTION ADMIN, RELOAD ON *.* TO admin@'127.0.0.1'")
        self.execute("GRANT SELECT ON mysql.global_priv TO admin@'127.0.0.1', weak@'127.0.0.1'")
        self.execute("CREATE DATABASE IF NOT EXISTS pay")
        self.execute("GRANT SELECT ON pay.* TO payments@'127.0.0.1'")

    def session(self, password, user=""):
        """An open session; `close()` it, or `call()` something."""
        made = self.connect(self.user, password)
        self.opened.append(made)
        made.call = lambda: made.query("SHOW TABLES FROM pay")
        made.call()
        return made

    def lives(self, credential):
        try:
            self.connect(self.user, credential.secret.reveal()).close()
        except pymysql.OperationalError:
            return False
        return True

    def texts(self):
        """All that the server wrote or shows of what it was sent."""
        shown = self.execute("SELECT Priv FROM mysql.global_priv")
        return self.log.read_text() + (self.folder / "statements").read_text() + f"{shown}"


@cache
def running():
    return Server()
