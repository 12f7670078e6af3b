"""Where address and token come from, and what is made of answers that are none."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from unleak.core.errors import AccessDenied, NotFound, OutcomeUnknown, RotationError, UsageError
from unleak.verify.vault_client import Place, Vault, place, token

TOKEN = "s." + "t0ken" * 5


class Answers(BaseHTTPRequestHandler):
    """Says whatever the test wants, and keeps what it was asked."""

    def do_GET(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.server.asked.append((self.command, self.path, dict(self.headers), self.rfile.read(length)))
        if self.server.status is None:
            return  # no answer at all
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.body)

    do_POST = do_GET  # noqa: N815 (named by the server)

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture
def server(monkeypatch):
    made = HTTPServer(("127.0.0.1", 0), Answers)
    made.status, made.headers, made.body, made.asked = 200, {}, b'{"data": {"key": "value"}}', []
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    monkeypatch.setenv("VAULT_TOKEN", TOKEN)
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def vault(server):
    return Vault(Place(f"http://127.0.0.1:{server.server_port}", "team/a"))


def test_a_request_carries_token_and_namespace(server, vault):
    assert vault.call("read", "GET", "kv/data/caf\u00e9 ?#", query="version=2") == {"key": "value"}
    assert vault.call("list", "LIST", "kv/") == {"key": "value"}
    vault.call("write", "POST", "kv/app", {"key": "\u00e9"})
    (command, path, headers, _), listed, written = server.asked
    assert (command, path) == ("GET", "/v1/kv/data/caf%C3%A9%20%3F%23?version=2")
    assert headers["X-Vault-Token"] == TOKEN
    assert headers["X-Vault-Namespace"] == "team/a"
    assert headers["X-Vault-Request"] == "true"
    assert listed[:2] == ("GET", "/v1/kv/?list=true")
    assert written[3] == '{"key": "\u00e9"}'.encode()


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (403, AccessDenied, "denies it to this token"),
        (404, NotFound, "nothing there"),
        (307, RotationError, "refers to another server"),
        (503, RotationError, "sealed"),
        (400, RotationError, "answered 400"),
        (500, RotationError, "answered 500"),
    ],
)
def test_an_answer_that_refuses(server, vault, status, kind, says):
    server.status, server.body = status, b'{"errors": ["text of the server"]}'
    server.headers = {"Location": "http://127.0.0.1:9/"}
    with pytest.raises(kind, match=says) as caught:
        vault.call("read app", "GET", "kv/app")
    assert "text of the server" not in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [500, 502, None])
def test_a_change_without_a_clear_answer_may_have_happened(server, vault, status):
    server.status = status
    with pytest.raises(OutcomeUnknown, match="write app"):
        vault.call("write app", "POST", "kv/app", {})
    assert len(server.asked) == 1


def test_a_change_that_was_never_sent_has_not_happened(monkeypatch):
    monkeypatch.setenv("VAULT_TOKEN", TOKEN)
    with pytest.raises(RotationError, match="no connection") as caught:
        Vault(Place("http://127.0.0.1:9")).call("write app", "POST", "kv/app", {})
    assert not isinstance(caught.value, OutcomeUnknown)


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b'{"data": 1', b"[" * 100_000])
def test_an_answer_that_is_none_of_vaults(server, vault, body):
    server.body = body
    with pytest.raises(RotationError, match="does not answer as Vault does"):
        vault.call("read app", "GET", "kv/app")


def test_no_proxy_sees_the_token(server, vault, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert vault.call("read", "GET", "kv/app") == {"key": "value"}


def test_openbao_s_names_come_before_vault_s(monkeypatch):
    monkeypatch.setenv("VAULT_ADDR", "https://vault.example.org/")
    monkeypatch.setenv("VAULT_NAMESPACE", "a/")
    monkeypatch.setenv("VAULT_TOKEN", "one")
    assert place() == Place("https://vault.example.org", "a")
    monkeypatch.setenv("BAO_ADDR", "http://127.0.0.1:8200")
    monkeypatch.setenv("BAO_TOKEN", "two")
    assert place() == Place("http://127.0.0.1:8200", "a")
    assert token().reveal() == "two"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "vault.example.org",
        "unix:///run/vault",
        "https://u:hidden@vault.example.org",
        "https://v/?q=hidden",
    ],
)
def test_an_address_that_is_none(monkeypatch, address):
    monkeypatch.setenv("VAULT_ADDR", address)
    with pytest.raises(UsageError, match="VAULT_ADDR") as caught:
        place()
    assert "hidden" not in str(caught.value)


def test_the_token_of_a_login(scrubbed):
    with pytest.raises(UsageError, match="no token"):
        token()
    (scrubbed / ".vault-token").write_text(f"{TOKEN}\n")
    assert token().reveal() == TOKEN


@pytest.mark.parametrize("found", ["two\nlines", "caf\u00e9"])
def test_a_token_that_fits_no_header(monkeypatch, found):
    monkeypatch.setenv("VAULT_TOKEN", found)
    with pytest.raises(UsageError, match="no token"):
        token()


def test_certificates_that_cannot_be_read(server, vault, monkeypatch, tmp_path):
    monkeypatch.setenv("VAULT_CACERT", str(tmp_path / "absent.pem"))
    with pytest.raises(UsageError, match="certificates"):
        vault.call("read", "GET", "kv/app")
