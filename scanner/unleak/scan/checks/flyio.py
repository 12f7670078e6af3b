"""Fly.io's tokens: a macaroon in MessagePack, as Fly.io's macaroon library writes it."""

import base64
import binascii

from unleak.scan.ports import Outcome, Verdict

MACAROON = bytes([0x94, 0x93, 0xC4])
"""An array of four (nonce, location, caveats, tail), whose first is an array of three that begins with bytes."""


def check(value: str) -> Verdict:
    """Proven if it begins as a macaroon, else doubtful."""
    body = value.rpartition("_")[2].partition(",")[0].rstrip("=")
    try:
        data = base64.b64decode(body[: len(body) // 4 * 4])
    except (ValueError, binascii.Error):
        return Verdict(Outcome.DOUBTFUL)
    return Verdict(Outcome.PROVEN if data.startswith(MACAROON) else Outcome.DOUBTFUL)
