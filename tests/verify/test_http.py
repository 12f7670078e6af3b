"""The one HTTP client, against a server on loopback."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

from unleak.rotate.consumers.http import HttpConsumer
from unleak.verify.http import LIMIT, get_json

ANSWERS = {
    "/good": (200, b'{"version": "v1", "more": 1}'),
    "/no-version": (200, b'{"v": 1}'),
    "/number": (200, b'{"version": 7}'),
    "/list": (200, b"[1]"),
    "/text": (200, b"v1"),
    "/latin": (200, b"\xff"),
    "/error": (503, b'{"version": "v1"}'),
    "/moved": (302, b'{"version": "v1"}'),
    "/huge": (200, b'"' + b"x" * LIMIT + b'"'),
}


class Handler(BaseHTTPRequestHandler):
    seen: list = []

    def do_GET(self):
        self.seen.append((self.path, dict(self.headers)))
        status, body = ANSWERS[self.path]
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/good")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture
def url():
    Handler.seen = []
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_consumer_reports_its_version(url):
    assert HttpConsumer(f"{url}/good").version() == "v1"


@pytest.mark.parametrize("path", [path for path in ANSWERS if path != "/good"])
def test_every_other_answer_is_no_version(url, path):
    assert HttpConsumer(url + path).version() == ""


def test_a_redirect_is_not_followed(url):
    assert get_json(f"{url}/moved") is None
    assert [path for path, _ in Handler.seen] == ["/moved"]


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/", "http://[", "nonsense://x"])
def test_nobody_there(address):
    assert get_json(address) is None


def test_the_environment_adds_nothing(url, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert get_json(f"{url}/good") == {"version": "v1", "more": 1}
    _, headers = Handler.seen[0]
    assert "Authorization" not in headers
    assert "Cookie" not in headers


def test_an_answer_that_drips_is_given_up(url, monkeypatch):
    """Every piece comes in time, the whole does not."""
    moments = iter(range(0, 1000, 10))
    monkeypatch.setattr("unleak.verify.http.time", SimpleNamespace(monotonic=lambda: next(moments)))
    assert HttpConsumer(f"{url}/good").version() == ""
