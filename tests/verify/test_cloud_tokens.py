"""Tokens of Google Cloud by Application Default Credentials, from an endpoint of our own."""

import http.server
import json
import threading
from urllib.parse import parse_qs

import pytest

from unleak.core.errors import RotationError, UsageError
from unleak.verify import cloud_tokens


class Endpoint(http.server.BaseHTTPRequestHandler):
    """Gives out a token for an assertion that a service account has signed."""

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        good = "assertion" in form and self.server.open
        body = json.dumps(
            {"access_token": "t0ken", "expires_in": 3599} if good else {"error": "invalid_grant"}
        )
        self.send_response(200 if good else 400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture
def endpoint(tmp_path, monkeypatch):
    """With a service account's file in the environment."""
    rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")
    from cryptography.hazmat.primitives import serialization as as_text

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        as_text.Encoding.PEM, as_text.PrivateFormat.PKCS8, as_text.NoEncryption()
    )
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    server.open = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    account = {
        "type": "service_account", "project_id": "p", "private_key_id": "1", "private_key": key.decode(),
        "client_email": "a@p.iam.gserviceaccount.com", "client_id": "1",
        "token_uri": f"http://127.0.0.1:{server.server_port}/token",
    }  # fmt: skip
    (tmp_path / "account.json").write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "account.json"))
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_service_account_gets_a_token(endpoint):
    assert cloud_tokens.google().reveal() == "t0ken"


def test_one_that_is_refused_is_said(endpoint):
    endpoint.open = False
    with pytest.raises(RotationError, match="does not give out a token"):
        cloud_tokens.google()


def test_a_token_that_is_given_is_taken(monkeypatch):
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "given")
    assert cloud_tokens.google().reveal() == "given"


def test_a_file_that_is_not_there_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "absent.json"))
    with pytest.raises(UsageError, match="no credentials for Google Cloud"):
        cloud_tokens.google()
