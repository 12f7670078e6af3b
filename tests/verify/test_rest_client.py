"""Where the token comes from, which addresses are taken, and what is made of answers that are none."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from unleak.core.errors import AccessDenied, NotFound, OutcomeUnknown, RotationError, UsageError
from unleak.verify.rest_client import Rest, Service, address

TOKEN = "t0ken" * 5
VARIABLE = "EXAMPLE_TOKEN"


class Answers(BaseHTTPRequestHandler):
    """Says whatever the test wants, and keeps what it was asked."""

    def do_GET(self):
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, dict(self.headers), content))
        if self.server.status is None:
            return  # no answer at all
        self.send_response(self.server.status)
        self.send_header("Location", "http://127.0.0.1:9/")
        self.end_headers()
        self.wfile.write(self.server.body)

    do_POST = do_GET  # noqa: N815 (named by the server)

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture
def server(monkeypatch):
    made = HTTPServer(("127.0.0.1", 0), Answers)
    made.status, made.body, made.asked = 200, b'{"key": "value"}', []
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv(VARIABLE, TOKEN)
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def rest(server):
    return Rest(Service("Example", f"http://127.0.0.1:{server.server_port}/api", "X-Token", "Key ", VARIABLE))


def test_a_request_carries_the_token_in_its_header_alone(server, rest):
    assert rest.call("read", "GET", "/a", {"name": "caf\u00e9 &"}) == {"key": "value"}
    rest.call("write", "POST", "/b", body={"key": "\u00e9"})
    (command, path, headers, _), written = server.asked
    assert (command, path) == ("GET", "/api/a?name=caf%C3%A9+%26")
    assert headers["X-Token"] == f"Key {TOKEN}"
    assert written[3] == '{"key": "\u00e9"}'.encode()


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (401, AccessDenied, "denies it to this token"),
        (403, AccessDenied, "denies it to this token"),
        (404, NotFound, "nothing there"),
        (307, RotationError, "refers to another one"),
        (429, RotationError, "slow down"),
        (400, RotationError, "answered 400"),
        (500, RotationError, "answered 500"),
    ],
)
def test_an_answer_that_refuses(server, rest, status, kind, says):
    server.status, server.body = status, b'{"messages": ["text of the service"]}'
    with pytest.raises(kind, match=says) as caught:
        rest.call("read app", "GET", "/a")
    assert "text of the service" not in str(caught.value) + caught.value.hint
    assert TOKEN not in str(caught.value) + caught.value.hint
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [None, 500, 502])
def test_a_change_whose_answer_is_unclear(server, rest, status):
    server.status = status
    with pytest.raises(OutcomeUnknown, match="could not tell whether Example did write app"):
        rest.call("write app", "POST", "/a", body={})


@pytest.mark.parametrize("body", [b"<html>", b'{"key": "' + b"x" * (1 << 20) + b'"}', b"[" * 100_000])
def test_what_is_no_answer_of_the_service(server, rest, body):
    server.body = body
    with pytest.raises(RotationError, match="does not answer as Example does"):
        rest.call("read app", "GET", "/a")


def test_a_list_that_is_none(server, rest):
    with pytest.raises(RotationError, match="does not answer as Example does"):
        list(rest.rows("list", "/a", within="rows"))


def test_nobody_at_the_address(server):
    rest = Rest(Service("Example", "http://127.0.0.1:9", "X-Token", "", VARIABLE))
    with pytest.raises(RotationError, match="no connection") as caught:
        rest.call("write app", "POST", "/a")
    assert not isinstance(caught.value, OutcomeUnknown)


@pytest.mark.parametrize("given", ["", "two\nlines", "caf\u00e9"])
def test_a_token_that_is_none(rest, monkeypatch, given):
    monkeypatch.setenv(VARIABLE, given)
    with pytest.raises(UsageError, match="no token for Example"):
        rest.call("read app", "GET", "/a")


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("", "https://example.org"),
        ("host.example:8443", "https://host.example:8443"),
        ("https://host.example/git/", "https://host.example/git"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_an_address(monkeypatch, given, taken):
    monkeypatch.setenv("EXAMPLE_HOST", given)
    assert address("EXAMPLE_HOST", "https://example.org") == taken


@pytest.mark.parametrize(
    "given",
    [
        "http://host.example",
        "ftp://host.example",
        "https://",
        "https://[h",
        "https://u:p@host.example",
        "https://h?x",
    ],
)
def test_an_address_that_is_refused(monkeypatch, given):
    monkeypatch.setenv("EXAMPLE_HOST", given)
    with pytest.raises(UsageError) as caught:
        address("EXAMPLE_HOST", "https://example.org")
    assert "u:p" not in str(caught.value)
