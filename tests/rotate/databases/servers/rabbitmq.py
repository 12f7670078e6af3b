"""RabbitMQ with its management plugin."""

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from base64 import b64encode
from contextlib import suppress
from dataclasses import replace
from functools import cache
from urllib.error import HTTPError

import pika
from servers.world import ADMIN, OLD, World, free_port, program

from unleak.core.secret import Secret
from unleak.rotate.database import parse
from unleak.rotate.providers.rabbitmq import RabbitMQ
from unleak.rotate.providers.rabbitmq_password import RabbitMQPassword
from unleak.rotate.rabbitmq_management import Management

HOME = "/usr/lib/rabbitmq/bin"
"""Of the program itself on Debian; the one on the path wants to become another user."""
CONFIGURATION = """
listeners.tcp.default = 127.0.0.1:{amqp}
management.tcp.ip = 127.0.0.1
management.tcp.port = {port}
default_user = root
default_pass = {admin}
loopback_users = none
log.console = true
log.console.level = debug
"""


class Server(World):
    kind, scheme, database = "rabbitmq", "amqp", "%2F"
    adapter, single = RabbitMQ, RabbitMQPassword
    stop = signal.SIGTERM  # ends the virtual machine, too
    unclear = unclear_single = b"PUT /api/users"
    opened = []
    changes = ((Management, "change"),)

    def start(self):
        self.amqp, epmd = free_port(), free_port()
        (self.folder / "plugins").write_text("[rabbitmq_management].")
        (self.folder / "rabbitmq.conf").write_text(
            CONFIGURATION.format(amqp=self.amqp, port=self.port, admin=ADMIN)
        )
        self.own = {
            "RABBITMQ_NODENAME": f"unleak{self.port}@localhost", "RABBITMQ_MNESIA_BASE": f"{self.folder}/data",
            "RABBITMQ_LOG_BASE": f"{self.folder}/log.d", "RABBITMQ_CONFIG_FILE": f"{self.folder}/rabbitmq",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{self.folder}/plugins", "RABBITMQ_DIST_PORT": f"{free_port()}",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1", "RABBITMQ_NODE_PORT": f"{self.amqp}",
            "RABBITMQ_CONF_ENV_FILE": os.devnull, "ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": f"{epmd}",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1",
        }  # fmt: skip
        own = shutil.which("rabbitmq-server", path=HOME)
        command = own or program("rabbitmq-server")
        self.name_service(epmd)
        self.spawn(command)
        self.execute("PUT", "exchanges/%2F/pay", {"type": "topic"})

    def name_service(self, port):
        """What Erlang's machines are found by: the server would start one that stays behind."""
        command = [program("epmd"), "-port", f"{port}", "-address", "127.0.0.1"]
        process = subprocess.Popen(command, env=self.environment, user=self.account)
        atexit.register(process.wait)
        atexit.register(process.kill)
        for _ in range(100):
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            time.sleep(0.05)

    @property
    def environment(self):
        return super().environment | self.own

    def connect_admin(self):
        return self.execute("GET", "whoami")

    def execute(self, method, path, body=None, user="root", password=ADMIN):
        """What the server answers, as JSON."""
        login = b64encode(f"{user}:{password}".encode()).decode()
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/{path}", json.dumps(body).encode() if body is not None else None,
            {"Authorization": f"Basic {login}", "Content-Type": "application/json"}, method=method,
        )  # fmt: skip
        with urllib.request.urlopen(asked) as answer:  # noqa: S310
            said = answer.read()
        return json.loads(said) if said else None

    def fresh(self):
        while self.opened:
            with suppress(Exception):
                self.opened.pop().close()
        for user in self.execute("GET", "users"):
            if user["name"] != "root":
                self.execute("DELETE", f"users/{user['name']}")
        for name, password, tags in (
            (self.user, OLD, ["billing"]), ("admin", ADMIN, ["administrator"]), ("weak", ADMIN, ["monitoring"]),
        ):  # fmt: skip
            self.execute("PUT", f"users/{name}", {"password": password, "tags": tags})
        self.execute(
            "PUT", f"permissions/%2F/{self.user}", {"configure": "^$", "write": "^pay", "read": "^pay"}
        )
        rights = {"exchange": "pay", "write": "^orders", "read": ".*"}
        self.execute("PUT", f"topic-permissions/%2F/{self.user}", rights)

    def url(self, user=None, password=OLD, port=None):
        """Of those that act, the address of the management."""
        if user in {None, self.user}:
            return f"amqp://{self.user}:{password}@127.0.0.1:{self.amqp}/%2F"
        return f"http://{user}:{password}@127.0.0.1:{port or self.port}"

    def as_itself(self):
        return f"http://{self.user}:{OLD}@127.0.0.1:{self.port}"

    def provider(self, admin="", port=None):
        server, _ = parse(Secret(self.url()))
        there = replace(server, port=port or self.port)
        return self.adapter(there, "env:ADMIN", Secret(admin or self.url("admin", ADMIN, port)))

    def session(self, password, user=""):
        """An open session; `close()` it, or `call()` something."""
        login = pika.PlainCredentials(user or self.user, password)
        made = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", self.amqp, credentials=login))
        self.opened.append(made)
        channel = made.channel()
        made.call = lambda: channel.exchange_declare("pay", passive=True)
        made.call()
        return made

    def rights(self, user):
        """What the user may do."""
        kinds = ("permissions", "topic-permissions")
        found = [row for kind in kinds for row in self.execute("GET", f"users/{user}/{kind}")]
        return [{name: value for name, value in row.items() if name != "user"} for row in found]

    def exists(self, user):
        """Whether there is such a user."""
        try:
            return self.execute("GET", f"users/{user}")
        except HTTPError:
            return None

    def texts(self):
        """All that the server wrote or shows of what it was sent."""
        return self.log.read_text(errors="replace") + f"{self.execute('GET', 'users')}"


@cache
def running():
    return Server()
