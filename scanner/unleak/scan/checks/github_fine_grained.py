"""GitHub's fine-grained tokens: characters 78 to 85 are a hash of those before."""

import base64
import hashlib

from unleak.scan.ports import Outcome, Verdict

HASHED = 77
LENGTH = 8


def check(value: str) -> Verdict:
    """Proven if the checksum is right; else only doubtful, since GitHub does not document it."""
    written = value[HASHED : HASHED + LENGTH]
    return Verdict(Outcome.PROVEN if written == checksum(value[:HASHED]) else Outcome.DOUBTFUL)


def checksum(head: str) -> str:
    """Eight base-32 digits of the SHA-256 of the first 77 characters, prefix included."""
    digest = hashlib.sha256(head.encode("utf-8", "surrogateescape")).digest()
    return base64.b32encode(digest).decode()[:LENGTH]
