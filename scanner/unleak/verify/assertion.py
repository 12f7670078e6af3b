"""Signs what proves who asks: a JSON Web Token (RFC 7519, RS256) in place of a secret."""

import base64
import binascii
import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from unleak.core.verification import Assertion, fill

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

LASTS = 600
"""Seconds."""


class Unsigned(Exception):
    """It cannot be signed; the text says why, without the key."""


def signed(said: Assertion, values: Mapping[str, Any]) -> str:
    """The token, valid from now on. Raises Unsigned.

    If the key is the JSON of a service account, its fields stand for the names in the claims.
    """
    text = fill(said.key, values)
    fields = _fields(text)
    try:
        claims = {name: fill(template, {**values, **fields}) for name, template in said.claims}
    except KeyError:
        raise Unsigned("whose key it is was not found near it") from None
    now = int(time.time())
    parts = ({"alg": "RS256", "typ": "JWT"}, {**claims, "iat": now, "exp": now + LASTS})
    message = ".".join(_encoded(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    return f"{message}.{_encoded(_signature(_key(fields.get('private_key', text)), message.encode()))}"


def _fields(text: str) -> dict[str, str]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return (
        {name: value for name, value in data.items() if isinstance(value, str)}
        if isinstance(data, dict)
        else {}
    )


def _key(text: str) -> "RSAPrivateKey":
    """A private key in PEM, or its base64 alone."""
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key
    except ImportError:
        raise Unsigned("it takes the package cryptography: pip install 'unleak[verify]'") from None
    try:
        if text.startswith("-----BEGIN "):
            key = load_pem_private_key(text.encode(), None)
        else:
            key = load_der_private_key(base64.b64decode(text, validate=True), None)
    except (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm):
        raise Unsigned("the private key cannot be read") from None
    if not isinstance(key, RSAPrivateKey):
        raise Unsigned("the private key is of another kind")
    return key


def _signature(key: "RSAPrivateKey", message: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    return key.sign(message, PKCS1v15(), SHA256())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
