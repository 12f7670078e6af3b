"""Makes random examples of credentials that have a structure. None of them opens anything."""

import base64
import json
import random
import string
import struct
import textwrap
from uuid import UUID

ALNUM = string.ascii_letters + string.digits
BASE32 = string.ascii_uppercase + "234567"


def pem(source: random.Random, argument: str) -> str:
    """A private key in PEM, of many lines; `argument` is what stands before PRIVATE KEY in its label."""
    label = f"{argument} PRIVATE KEY".strip()
    numbers = b"".join(b"\x02\x40" + source.randbytes(64) for _ in range(5))
    data = b"\x30\x82" + struct.pack(">H", len(numbers) + 3) + b"\x02\x01\x00" + numbers
    return _armour(label, data)


def pem_base64(source: random.Random, argument: str) -> str:
    """A private key in PEM, the whole of it in base64."""
    return base64.b64encode(pem(source, argument).encode() + b"\n").decode()


def openssh(source: random.Random, argument: str) -> str:
    """A private key as ssh-keygen writes it; `encrypted` if `argument` says so."""
    cipher, derivation = (b"aes256-ctr", b"bcrypt") if argument == "encrypted" else (b"none", b"none")
    fields = [cipher, derivation, b"", None, source.randbytes(51), source.randbytes(160)]
    body = b"".join(struct.pack(">I", 1) if field is None else _counted(field) for field in fields)
    return _armour("OPENSSH PRIVATE KEY", b"openssh-key-v1\0" + body)


def putty(source: random.Random, argument: str) -> str:
    """A private key as PuTTY writes it."""
    public, private = (base64.b64encode(source.randbytes(size)).decode() for size in (51, 36))
    return (
        "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: laptop\n"
        f"Public-Lines: 2\n{public[:64]}\n{public[64:]}\nPrivate-Lines: 1\n{private}\n"
        f"Private-MAC: {source.randbytes(32).hex()}\n"
    )


def google_service_account(source: random.Random, argument: str) -> str:
    """A service-account file."""
    fields = {
        "type": "service_account",
        "project_id": "acme-prod",
        "private_key_id": source.randbytes(20).hex(),
        "private_key": pem(source, "") + "\n",
        "client_email": "robot@acme-prod.iam.gserviceaccount.com",
        "client_id": _text(source, string.digits, 21),
        "token_uri": "https://oauth2.googleapis.com/token",
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
    }
    return json.dumps(fields, indent=2)


def aws_key_id(source: random.Random, argument: str) -> str:
    """An access key id; `argument` is its prefix instead of AKIA."""
    return (argument or "AKIA") + _text(source, BASE32, 16)


def basic_auth(source: random.Random, argument: str) -> str:
    """A user and a random password, or the one that `argument` says, in base64."""
    return base64.b64encode(f"robot:{argument or _text(source, ALNUM, 20)}".encode()).decode()


def uuid(source: random.Random, argument: str) -> str:
    """A UUID of version 4."""
    return str(UUID(bytes=source.randbytes(16), version=4))


def _text(source: random.Random, alphabet: str, size: int) -> str:
    return "".join(source.choices(alphabet, k=size))


def _counted(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _armour(label: str, data: bytes) -> str:
    lines = textwrap.wrap(base64.b64encode(data).decode(), 64)
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----"])
