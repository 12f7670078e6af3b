"""A token that is signed in place of a secret: whoever has the public key can check it, and nothing else shows."""

import base64
import json
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from unleak.core.verification import Assertion, Request
from unleak.verify import prepare
from unleak.verify.assertion import Unsigned, signed

SAID = Assertion("{secret}", (("iss", "{client_email}"), ("aud", "https://acme.example/token")))


def text(key, encoding=Encoding.PEM):
    return key.private_bytes(encoding, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(65537, 1024)  # noqa: S505


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@pytest.mark.parametrize("form", ["pem", "base64", "json"])
def test_whoever_has_the_public_key_can_check_it(key, form):
    pem = text(key).decode()
    written = {
        "pem": pem,
        "base64": base64.b64encode(text(key, Encoding.DER)).decode(),
        "json": json.dumps({"private_key": pem, "client_email": "robot@acme.example"}),
    }[form]
    beside = {} if form == "json" else {"client_email": "robot@acme.example"}
    message, _, signature = signed(SAID, {"secret": written, **beside}).rpartition(".")
    key.public_key().verify(decoded(signature), message.encode(), PKCS1v15(), SHA256())
    head, claims = (json.loads(decoded(part)) for part in message.split("."))
    assert head == {"alg": "RS256", "typ": "JWT"}
    assert (claims["iss"], claims["aud"]) == ("robot@acme.example", "https://acme.example/token")
    assert claims["iat"] <= time.time() < claims["exp"] <= claims["iat"] + 3600


@pytest.mark.parametrize(
    "written", ["", "x", "[1]", '{"private_key": "x"}', "-----BEGIN PRIVATE KEY-----\nx\n"]
)
def test_what_is_no_key_is_told_without_it(written):
    with pytest.raises(Unsigned, match="cannot be read"):
        signed(SAID, {"secret": written, "client_email": "a"})


def test_a_key_of_another_kind_and_one_of_nobody_are_told(key):
    with pytest.raises(Unsigned, match="another kind"):
        signed(SAID, {"secret": text(ec.generate_private_key(ec.SECP256R1())).decode(), "client_email": "a"})
    with pytest.raises(Unsigned, match="whose key"):
        signed(SAID, {"secret": text(key).decode()})


def test_a_request_holds_the_token_and_not_the_key(key):
    pem = text(key).decode()
    request = Request(
        "POST", "https://acme.example/token", form=(("assertion", "{assertion}"),), assertion=SAID
    )
    sent = prepare.filled(request, {"secret": pem, "client_email": "a"})
    assert sent.content.startswith(b"assertion=eyJ")
    assert pem.splitlines()[1].encode() not in sent.content
    with pytest.raises(prepare.Unsendable):
        prepare.filled(request, {"secret": "no key", "client_email": "a"})
