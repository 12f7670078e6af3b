"""Private keys in PEM, OpenSSH and PuTTY form, also in one line of JSON or YAML, or once more in base64.

The canonical value is the body's base64 alone, so that wrapping, indenting and escaping do not
change the fingerprint.
"""

import base64
import binascii
import re

from unleak.core.model import Severity
from unleak.scan.ports import Outcome, Verdict

LABEL = re.compile(r"-----BEGIN ([A-Z0-9 ]{0,40})PRIVATE KEY(?: BLOCK)?-----")
END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY")
HEADERS = re.compile(r"(?m)^[ \t]*[A-Za-z-]{1,30}:[^\n]*$")
ESCAPES = re.compile(r"\\+[nrt]|\\+u000[aAdD9]|&#(?:10|13|xA|xD);|%0[AaDd]")
ELIDED = re.compile(r"\.{3}|…")
"""Documentation leaves the middle of a key out."""
JOINTS = re.compile(r"""["'`]\s*[+.,&\\]?\s*["'`]?""")
"""Between the pieces of a text that a program puts together."""
NOISE = re.compile(r"[^A-Za-z0-9+/=]")
PUTTY = re.compile(r"(?s)Private-Lines: \d+\s+(.*?)Private-(?:MAC|Hash)")
WRAPPED = "LS0tLS1CRUdJTi"
"""`-----BEGIN ` in base64."""
OPENSSH = b"openssh-key-v1\0"
UNENCRYPTED = b"\0\0\0\4none"
PACKETS = 0x80
"""The bit that begins every OpenPGP packet."""
DER_SEQUENCE = 0x30
SHORTEST = 40
"""No private key has fewer bytes (an Ed25519 key in PKCS #8 has 48)."""


def check(value: str) -> Verdict:
    """Rejected unless the body is a key's; encrypted ones are of low severity."""
    if value.startswith("PuTTY-User-Key-File"):
        return _putty(value)
    text = ESCAPES.sub("\n", _unwrapped(value))
    label = LABEL.search(text)
    if label is None:
        return Verdict(Outcome.REJECTED)
    encrypted = "ENCRYPTED" in label.group(1) or "Proc-Type: 4,ENCRYPTED" in text
    inner = END.split(text[label.end() :])[0]
    body = NOISE.sub("", JOINTS.sub("", HEADERS.sub("", inner)))
    data = None if ELIDED.search(inner) else _decode(body)
    if data is None or len(data) < SHORTEST or not _plausible(label.group(1), data, encrypted):
        return Verdict(Outcome.REJECTED)
    encrypted = encrypted or (data.startswith(OPENSSH) and not data.startswith(OPENSSH + UNENCRYPTED))
    return Verdict(Outcome.PROVEN, canonical=body, severity=Severity.LOW if encrypted else None)


def _unwrapped(value: str) -> str:
    """The text of a PEM file that was encoded as a whole, as Kubernetes and CI variables hold it."""
    wrapped = _decode(value) if value.startswith(WRAPPED) else None
    return value if wrapped is None else wrapped.decode("utf-8", "replace")


def _plausible(label: str, data: bytes, encrypted: bool) -> bool:
    """Whether `data` begins as what the label says."""
    if label.startswith("OPENSSH") or data.startswith(OPENSSH):  # some tools write RSA over an OpenSSH key
        return data.startswith(OPENSSH)
    if label.startswith("PGP"):
        return bool(data[0] & PACKETS)
    if label.startswith("SSH2"):
        return True
    if encrypted and "ENCRYPTED" not in label:  # the old form encrypts the whole body
        return True
    return data[0] == DER_SEQUENCE


def _putty(value: str) -> Verdict:
    found = PUTTY.search(ESCAPES.sub("\n", value))
    body = NOISE.sub("", found.group(1)) if found else ""
    if not body or _decode(body) is None:
        return Verdict(Outcome.REJECTED)
    encrypted = "Encryption: none" not in value
    return Verdict(Outcome.PROVEN, canonical=body, severity=Severity.LOW if encrypted else None)


def _decode(body: str) -> bytes | None:
    """The bytes of base64 text; a PGP block's checksum (`=` and four digits) is left out."""
    text = body.rstrip("=")
    text = text.split("=")[0]
    try:
        return base64.b64decode(text[: len(text) - (len(text) % 4 == 1)] + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        return None
