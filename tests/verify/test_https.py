"""The transport: to the very address that was looked at, as the very host, and never more than is of use."""

import gzip
import logging
import ssl
import threading
import zlib
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from unleak.core.errors import UsageError
from unleak.verify import addresses
from unleak.verify import http as module
from unleak.verify.http import BODY, Https
from unleak.verify.ports import Call, Failure, Reply

KEY = "k3y-" + "q7w2" * 6


def call(host: str = "api.acme.example", *, chosen: bool = False, **given) -> Call:
    settings = {"method": "GET", "headers": (("X-Key", KEY),), "content": b""} | given
    return Call(url=f"https://{host}/me?k={KEY}", host=host, chosen=chosen, **settings)


class Stream(httpx.SyncByteStream):
    """A body as it comes over the wire, compressed or not."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.read = 0

    def __iter__(self):
        for piece in self.pieces:
            self.read += 1
            yield piece


def test_the_request_is_ours_and_no_more(network) -> None:
    assert isinstance(network.https().send(call(method="POST", content=b"x")), Reply)
    [sent] = network.requests
    assert sorted(sent.headers) == sorted(
        ["host", "user-agent", "accept", "accept-encoding", "x-key", "content-length"]
    )
    assert sent.headers["user-agent"].startswith("unleak/")
    assert sent.headers["host"] == "api.acme.example"
    assert sent.headers["x-key"] == KEY
    assert sent.content == b"x"


def test_a_rule_file_may_name_another_agent(network) -> None:
    network.https().send(call(headers=(("user-agent", "Acme"),)))
    assert network.requests[0].headers.get_list("user-agent") == ["Acme"]


def test_it_goes_to_the_address_that_was_looked_at(network) -> None:
    """The name is resolved once: another answer for the connection would come too late."""
    network.addresses["api.acme.example"] = ["1.1.1.1"]
    network.https().send(call())
    [sent] = network.requests
    assert sent.url.host == "1.1.1.1"
    assert sent.extensions["sni_hostname"] == "api.acme.example"
    assert network.looked_up == ["api.acme.example"]


@pytest.mark.parametrize("found", [
    ["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["::1"], ["::ffff:127.0.0.1"], ["fe80::1%eth0"],
    ["1.1.1.1", "10.0.0.1"], ["2606:4700::1111", "64:ff9b::a00:1"],
])  # fmt: skip
def test_a_name_of_an_address_within_is_not_asked(network, found) -> None:
    network.addresses["api.acme.example"] = found
    came = network.https().send(call())
    assert came == Failure("its host is at an address that is not public")
    assert network.requests == []


def test_the_next_address_is_tried_if_one_cannot_be_connected_to(network) -> None:
    network.addresses["api.acme.example"] = ["2606:4700::1111", "1.1.1.1"]

    tried = []

    def reply(request):
        tried.append(request.url.host)
        if ":" in request.url.host:
            raise httpx.ConnectError("unreachable " + KEY)
        return httpx.Response(200)

    network.reply = reply
    assert network.https().send(call()).status == 200
    assert tried == ["2606:4700::1111", "1.1.1.1"]


# --- what the network does ---------------------------------------------------------------------------

FAILURES = {
    "connect": (httpx.ConnectError(KEY), True), "slow connect": (httpx.ConnectTimeout(KEY), True),
    "slow": (httpx.ReadTimeout(KEY), False), "cut": (httpx.RemoteProtocolError(KEY), False),
    "read": (httpx.ReadError(KEY), False), "proxy": (httpx.ProxyError(KEY), True),
    "ours": (httpx.LocalProtocolError(KEY), False), "pool": (httpx.PoolTimeout(KEY), False),
    "invalid": (httpx.InvalidURL(KEY), False), "os": (OSError(KEY), True),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_an_answer_in_our_words(network, name: str) -> None:
    error, unreachable = FAILURES[name]

    def reply(request):
        raise error

    network.reply = reply
    came = network.https().send(call())
    assert isinstance(came, Failure)
    assert came.unreachable is unreachable
    assert KEY not in came.why


def test_an_unknown_name(network) -> None:
    network.addresses["api.acme.example"] = []
    came = network.https().send(call())
    assert came == Failure("the name of its host is not known here", unreachable=True)


def test_a_long_body_is_not_read_to_its_end(network) -> None:
    stream = Stream(*[b"x" * 65_536] * 100)
    network.reply = lambda request: httpx.Response(200, stream=stream)
    came = network.https().send(call())
    assert (len(came.body), came.whole) == (BODY, False)
    assert stream.read == 17


@pytest.mark.parametrize(("encoding", "data", "body", "whole"), [
    ("gzip", gzip.compress(b"good", mtime=0), b"good", True),
    ("deflate", zlib.compress(b"good"), b"good", True),
    ("identity", b"good", b"good", True),
    ("br", b"good", b"", False),
    ("gzip, gzip", gzip.compress(b"good", mtime=0), b"", False),
    ("gzip", b"no gzip", b"", False),
    ("gzip", gzip.compress(b"good", mtime=0)[:-9], b"goo", False),
])  # fmt: skip
def test_compression(network, encoding, data, body, whole) -> None:
    network.reply = lambda request: httpx.Response(
        200, headers={"Content-Encoding": encoding}, stream=Stream(data)
    )
    came = network.https().send(call())
    assert (came.body[:3], came.whole) == (body[:3], whole)


def test_a_bomb_stays_small(network) -> None:
    bomb = gzip.compress(b"\0" * (64 << 20))
    network.reply = lambda request: httpx.Response(
        200, headers={"Content-Encoding": "gzip"}, stream=Stream(bomb)
    )
    came = network.https().send(call())
    assert (len(came.body), came.whole) == (BODY, False)


def test_an_answer_that_drips_is_given_up(network, monkeypatch) -> None:
    moments = iter(range(0, 1000, 7))
    monkeypatch.setattr(module.time, "monotonic", lambda: next(moments))
    network.reply = lambda request: httpx.Response(200, stream=Stream(*[b"x"] * 50))
    assert network.https().send(call()) == Failure("no answer came in time")


def test_nothing_is_kept_between_requests(network) -> None:
    network.reply = lambda request: httpx.Response(200, headers={"Set-Cookie": "a=b"})
    https = network.https()
    https.send(call())
    https.send(call())
    assert "cookie" not in network.requests[1].headers


def test_debug_logs_hold_no_key(network, caplog) -> None:
    with caplog.at_level(logging.DEBUG):
        network.https().send(call())
    assert KEY not in caplog.text


# --- proxies -----------------------------------------------------------------------------------------


@pytest.fixture
def proxied(network, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://user:pass@proxy.example:3128")
    return network


def test_a_proxy_gets_the_name_after_it_was_looked_at(proxied) -> None:
    assert proxied.https().send(call()).status == 200
    assert proxied.requests[0].url.host == "api.acme.example"
    proxied.addresses["in.acme.example"] = ["10.0.0.1"]
    assert isinstance(proxied.https().send(call("in.acme.example")), Failure)
    assert len(proxied.requests) == 1


def test_a_name_that_only_the_proxy_knows(proxied) -> None:
    """The provider's is in the rule file; one that the scanned text chose has nobody to vouch for it."""
    proxied.addresses["api.acme.example"] = []
    assert proxied.https().send(call()).status == 200
    assert isinstance(proxied.https().send(call(chosen=True)), Failure)
    assert len(proxied.requests) == 1


def test_hosts_without_proxy(proxied, monkeypatch) -> None:
    monkeypatch.setenv("NO_PROXY", "acme.example")
    proxied.https().send(call())
    assert proxied.requests[0].url.host == "93.184.216.34"


def test_the_proxy_of_the_environment_is_used(monkeypatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    came = Https(lambda host, port: ["1.1.1.1"]).send(call())
    assert came == Failure("no connection to its proxy", unreachable=True)


@pytest.mark.parametrize("address", ["socks5://127.0.0.1:9", "nonsense://x"])
def test_a_proxy_that_cannot_be_used_is_told(monkeypatch, address: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    with pytest.raises(UsageError, match="proxy"):
        Https()


def test_certificates_that_cannot_be_read_are_told(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing"))
    with pytest.raises(UsageError, match="SSL_CERT_FILE"):
        Https()


# --- for real, on loopback ---------------------------------------------------------------------------


def certificate(folder, name: str):
    """A certificate of `name` and its key in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


class Handler(BaseHTTPRequestHandler):
    """Answers with the host that was asked for."""

    def do_GET(self) -> None:
        body = self.headers["Host"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server of api.acme.example on loopback, taken for public; yields its port."""
    path = certificate(tmp_path, "api.acme.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    served = HTTPServer(("127.0.0.1", 0), Handler)
    served.socket = context.wrap_socket(served.socket, server_side=True)
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.setattr(addresses, "public", lambda address: True)
    yield served.server_port
    served.shutdown()
    thread.join()
    served.server_close()


def to(port: int, host: str) -> Call:
    return Call("GET", f"https://{host}:{port}/", (), b"", host)


def test_tls_proves_the_name_and_not_the_address(server) -> None:
    https = Https(lambda host, port: ["127.0.0.1"])
    assert https.send(to(server, "api.acme.example")).body == f"api.acme.example:{server}".encode()
    other = https.send(to(server, "other.acme.example"))
    assert isinstance(other, Failure)
    assert "certificate" in other.why


def test_loopback_is_refused_in_earnest(server, monkeypatch) -> None:
    monkeypatch.undo()
    came = Https(lambda host, port: ["127.0.0.1"]).send(to(server, "api.acme.example"))
    assert came == Failure("its host is at an address that is not public")
