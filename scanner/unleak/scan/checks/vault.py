"""Vault's long tokens: a signed message, or the beginning of a ciphertext.

Vault's source has both: `SignedToken` in `vault/tokens/token.proto`, and the header in `vault/barrier_aes_gcm.go`.
"""

import base64
import binascii

from unleak.scan.ports import Outcome, Verdict

SHORT = 40
"""Characters of the forms without a structure: 24 random ones and a prefix."""
SIGNED = bytes([0x08, 0x01, 0x12, 0x20])
"""Field 1 is version 1, field 2 an HMAC of 32 bytes."""
TOKEN = 0x1A
"""Field 3, the token itself, follows."""
VERSIONS = {1, 2}
"""Of the ciphertext, behind the four bytes of the key's term."""


def check(value: str) -> Verdict:
    """Proven if it decodes to what its prefix says, else doubtful; short ones are plausible."""
    kind, _, body = value.partition(".")
    if len(value) <= SHORT:
        return Verdict(Outcome.PLAUSIBLE)
    try:
        data = base64.urlsafe_b64decode(body[: len(body) // 4 * 4])
    except (ValueError, binascii.Error):
        return Verdict(Outcome.DOUBTFUL)
    signed = data.startswith(SIGNED) and data[36:37] == bytes([TOKEN])
    sealed = data[:2] == b"\0\0" and data[4] in VERSIONS
    return Verdict(Outcome.PROVEN if (sealed if kind.endswith("b") else signed) else Outcome.DOUBTFUL)
