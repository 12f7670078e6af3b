"""A service that calls all the time while its token is replaced: a real OpenBao, the token in Secrets Manager."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from fakes.openbao import Service as OpenBao
from fakes.world import Network

from unleak.cli import rotation_wiring

SECRET = "prod/payments"


class Client:
    """Calls with the token that the store holds, which it reads again now and then, and tells which version it uses."""

    def __init__(self, world, aws):
        self.world, self.store = world, aws.client("secretsmanager")
        self.version, self.token, self.calls, self.failed = "", "", 0, []
        self.stopped, self.thread = threading.Event(), threading.Thread(target=self.work)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.told = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.read()
        self.thread.start()
        self.told.start()
        return self

    def __exit__(self, *error):
        self.stopped.set()
        self.thread.join()
        self.server.shutdown()
        self.told.join()
        self.server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/"

    def read(self):
        held = self.store.get_secret_value(SecretId=SECRET, VersionStage="AWSCURRENT")
        self.token, self.version = json.loads(held["SecretString"])["BAO_TOKEN"], held["VersionId"]

    def work(self):
        while not self.stopped.is_set():
            if self.calls % 5 == 0:
                self.read()
            answer = self.world.call("GET", "secret/data/orders", token=self.token)
            if answer.status_code != 404:  # there is none, and the token may see that
                self.failed.append(answer.status_code)
            self.calls += 1

    def handler(self):
        client = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                said = json.dumps({"version": client.version}).encode()
                self.send_response(200)
                self.send_header("Content-Length", f"{len(said)}")
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *given):
                """Not to the tests' output."""

        return Handler


@pytest.fixture
def world(aws, monkeypatch):
    made = OpenBao()
    monkeypatch.setattr(rotation_wiring, "network", Network(made).https)
    monkeypatch.setenv("BAO_ADMIN", made.admin.secret)
    aws.secret(SECRET, json.dumps({"BAO_TOKEN": made.leaked.secret, "PORT": 8080}))
    return made


def test_a_token_of_openbao_is_replaced_without_a_failed_call(world, aws, unleak):
    asked = (
        "--rule",
        world.rule,
        "--admin",
        "env:BAO_ADMIN",
        "--part",
        f"base_url={world.parts['base_url']}",
    )
    with Client(world, aws) as client:
        waits = ("--consumer", client.url, "--wait", "60", "--quiet", "1", "--grace", "0")
        ran = unleak("rotate", "--stdin", "--yes", *asked, *waits, given=world.leaked.secret)
        before = client.calls
        while client.calls < before + 10:  # goes on after the old one is gone
            client.stopped.wait(0.01)
    assert ran.returncode == 0, ran.stdout
    assert client.failed == []
    assert client.calls > 20
    assert client.token == json.loads(aws.current(SECRET))["BAO_TOKEN"] != world.leaked.secret
    assert world.lives(client.token)
    assert not world.lives(world.leaked.secret)
