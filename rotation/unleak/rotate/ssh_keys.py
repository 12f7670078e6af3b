"""Private keys as SSH uses them: where they stand in a text, their public halves, and new ones of the same form."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    SECP521R1,
    EllipticCurve,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_ssh_private_key,
)

from unleak.core.errors import RotationError
from unleak.core.secret import Secret

_PEM = re.compile(
    r"-----BEGIN ((?:[A-Z]{2,9} )?PRIVATE KEY)-----\s+(?:[\w-]{1,30}: [^\n]{0,200}\n)*[0-9A-Za-z+/=\s]{40,12000}"
    r"-----END \1-----"
)
OPENSSH, PKCS8 = "OPENSSH PRIVATE KEY", "PRIVATE KEY"
ED25519 = "ed25519"
CURVES: dict[str, EllipticCurve] = {"nistp256": SECP256R1(), "nistp384": SECP384R1(), "nistp521": SECP521R1()}
"""By the names that SSH has for them."""
SMALLEST = 2048
"""Bits of a new RSA key, at least: smaller ones are not accepted any longer."""
PUBLIC = 65_537

Private = Ed25519PrivateKey | RSAPrivateKey | EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Form:
    """How a private key is written."""

    label: str
    """What stands between BEGIN and the dashes."""
    algorithm: str
    """`ed25519`, `rsa-BITS`, or one of CURVES."""

    @property
    def renewed(self) -> "Form":
        """The form of the key that replaces one of this form.

        What reads OpenSSH's own form knows Ed25519. What is written in an older form may be read by a
        program that knows no other, so it keeps its kind.
        """
        if self.label == OPENSSH:
            return Form(OPENSSH, ED25519)
        kind, _, bits = self.algorithm.partition("-")
        return Form(self.label, f"rsa-{max(int(bits), SMALLEST)}") if bits else Form(self.label, kind)

    def __str__(self) -> str:
        return f"{self.algorithm}, {self.label}"


@dataclass(frozen=True, slots=True)
class Pair:
    """A private key and its public half."""

    private: Secret
    public: str
    """`ALGORITHM BASE64`, as in authorized_keys, without a comment."""
    form: Form

    @property
    def blob(self) -> bytes:
        """The public half as SSH sends it."""
        return base64.b64decode(self.public.split()[1])

    @property
    def fingerprint(self) -> str:
        """By which people compare public halves."""
        digest = base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")
        return f"SHA256:{digest}"


def candidates(text: str) -> list[str]:
    """The private keys in `text`, whose lines may be ended as JSON writes it; without indentation, and as they are."""
    plain = re.sub(r"\\+/", "/", re.sub(r"\\+n", "\n", re.sub(r"\\+r", "\r", text)))
    found = [match[0] for one in (text, plain) for match in _PEM.finditer(one)]
    straight = ["\n".join(line.strip() for line in one.splitlines()) for one in found]
    return list(dict.fromkeys([*straight, *found]))


def public_blob(line: str) -> bytes:
    """The public half in a line of authorized_keys. RotationError if there is none."""
    try:
        blob = base64.b64decode(line.split()[1], validate=True)
    except (IndexError, binascii.Error, ValueError):
        blob = b""
    if len(blob) < 4:
        raise RotationError("a listed key is of a form that is not known", "see docs/rotation.md")
    return blob


def read(secret: Secret) -> Pair:
    """The pair of a private key. RotationError for one that is encrypted, damaged, or of no kind that is known."""
    text = secret.reveal()
    label = _PEM.match(text)
    try:
        load = load_ssh_private_key if label and label[1] == OPENSSH else load_pem_private_key
        key = load(text.encode() + b"\n", None)
    except TypeError:
        raise RotationError(
            "the private key is encrypted, so nothing tells its public half",
            "if its passphrase is known to others, delete the key by hand where it is accepted",
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise RotationError(
            "the private key cannot be read: it is damaged, or of a kind that is not known",
            "give it as it stands in its file, from -----BEGIN to -----END",
        ) from None
    if label is None or not isinstance(key, Private):
        raise _unknown()
    return Pair(secret, _public(key), Form(label[1], _algorithm(key)))


def made(form: Form) -> Pair:
    """A new pair of this form."""
    kind, _, bits = form.algorithm.partition("-")
    key: Private
    if kind == ED25519:
        key = Ed25519PrivateKey.generate()
    elif kind == "rsa":
        key = generate_rsa(PUBLIC, int(bits))
    else:
        key = generate_private_key(CURVES[kind])
    written = {OPENSSH: PrivateFormat.OpenSSH, PKCS8: PrivateFormat.PKCS8}.get(
        form.label, PrivateFormat.TraditionalOpenSSL
    )
    private = key.private_bytes(Encoding.PEM, written, NoEncryption()).decode().strip()
    return Pair(Secret(private), _public(key), form)


def _public(key: Private) -> str:
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _algorithm(key: Private) -> str:
    match key:
        case Ed25519PrivateKey():
            return ED25519
        case RSAPrivateKey():
            return f"rsa-{key.key_size}"
        case EllipticCurvePrivateKey():
            named = {f"{curve.name}": name for name, curve in CURVES.items()}
            if name := named.get(key.curve.name):
                return name
    raise _unknown()


def _unknown() -> RotationError:
    return RotationError(
        "the private key is of a kind that SSH does not use", "Ed25519, RSA and ECDSA keys can be replaced"
    )
