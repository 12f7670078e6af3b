"""What the tests' database servers have in common: started on 127.0.0.1 in a folder of their own, once a process."""

import atexit
import copy
import importlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from unleak.core.secret import Secret
from unleak.rotate.database import new_password, parse
from unleak.rotate.ports import Credential

PLACES = ("/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin")
NOBODY = ("postgres", "mysql", "nobody")
OLD = new_password().reveal()
"""The leaked password."""
ADMIN = "admin0pass1word2"
SERVERS = ("mariadb", "mongodb", "mysql", "postgresql", "rabbitmq", "redis")
SINGLE = ("postgresql", "rabbitmq")
"""Those of which a user has one password at a time."""


def program(name, *more):
    """The path of a server's program; skips the test if there is none."""
    found = shutil.which(name, path=os.pathsep.join((os.environ["PATH"], *PLACES, *more)))
    if not found:
        pytest.skip(f"{name} is not installed")
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class World:
    """One server, and in it the user `payments` whose password leaked."""

    kind = scheme = ""
    user = "payments"
    adapter = single = None
    """What replaces its passwords, by a second one or user, and where there is one password."""
    stop = signal.SIGKILL
    """Ends the server at once."""

    def __init__(self):
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # where nothing waits for a disk
        self.folder = Path(tempfile.mkdtemp(prefix="unleak-", dir=memory))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self.port = free_port()
        self.account = self.unprivileged()
        self.log = self.folder / "log"
        self.start()

    def unprivileged(self):
        """Whom the server runs as, if the tests run as root; then the folder is theirs."""
        if os.getuid() != 0:
            return None
        names = {one.pw_name for one in pwd.getpwall()}
        account = next(name for name in NOBODY if name in names)
        shutil.chown(self.folder, account)
        return account

    def spawn(self, *command):
        """Start the server in the background; it ends with this process."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=log, user=self.account, env=self.environment
            )
        atexit.register(process.wait)
        atexit.register(process.send_signal, self.stop)
        self.process = process
        for _ in range(300):
            with suppress(Exception):
                return self.connect_admin()
            assert process.poll() is None, self.log.read_text()
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())

    @property
    def environment(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C"}

    def run(self, *command, **more):
        """Run a program to its end."""
        subprocess.run(command, cwd=self.folder, check=True, user=self.account, env=self.environment,
                       stdout=subprocess.DEVNULL, **more)  # fmt: skip

    def of_one_password(self):
        """The same server, as it is used with --same-user."""
        made = copy.copy(self)
        made.adapter = self.single
        return made

    def url(self, user=None, password=OLD, port=None):
        """A connection string."""
        return f"{self.scheme}://{user or self.user}:{password}@127.0.0.1:{port or self.port}/{self.database}"

    database = ""

    def as_itself(self):
        """Where the user whose password leaked would act itself."""
        return self.url()

    def provider(self, admin="", port=None):
        """The adapter, as it is made for the leaked connection string."""
        server, _ = parse(Secret(self.url(port=port)))
        return self.adapter(server, "env:ADMIN", Secret(admin or self.url("admin", ADMIN, port)))

    @contextmanager
    def losing(self):
        """The port of a server that carries the next change out and never answers."""
        with Proxy(self.port, self.unclear) as proxy:
            yield proxy.port

    @property
    def leaked(self):
        return Credential("", Secret(OLD))

    def lives(self, credential):
        """Whether the server lets it in."""
        try:
            self.session(credential.secret.reveal(), credential.id).close()
        except Exception:
            return False
        return True


def server(kind):
    """The running server of a kind, with its users as they were in the beginning."""
    world = importlib.import_module(f"servers.{kind}").running()
    world.fresh()
    return world


class Proxy:
    """Forwards to a server. The answer to the first request that holds `until` never comes back."""

    def __init__(self, port, until):
        self.target, self.until, self.cut = port, until, False
        self.sockets, self.threads = [socket.create_server(("127.0.0.1", 0))], []
        self.port = self.sockets[0].getsockname()[1]
        self._start(self._accept, self.sockets[0])

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for one in self.sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join()
        for one in self.sockets:
            one.close()

    def _start(self, work, *given):
        self.threads.append(threading.Thread(target=work, args=given))
        self.threads[-1].start()

    def _accept(self, listener):
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
                self.sockets += [client, server]
                gone = threading.Event()
                self._start(self._pump, client, server, gone, True)
                self._start(self._pump, server, client, gone, False)

    def _pump(self, source, sink, gone, forward):
        with suppress(OSError):
            while data := source.recv(65536):
                if forward and self.until in data and not self.cut:
                    self.cut = True
                    gone.set()
                if gone.is_set() and not forward:
                    break  # it was carried out, and nobody hears of it
                sink.sendall(data)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
