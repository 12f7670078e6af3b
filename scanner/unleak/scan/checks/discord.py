"""Discord's bot tokens: the first segment is the bot's id, decimal digits in base64."""

import base64
import binascii

from unleak.scan.ports import Outcome, Verdict


def check(value: str) -> Verdict:
    """Proven if the first segment decodes to digits; else rejected."""
    segment = value.partition(".")[0]
    try:
        identity = base64.b64decode(segment + "=" * (-len(segment) % 4), validate=True)
    except (ValueError, binascii.Error):
        return Verdict(Outcome.REJECTED)
    return Verdict(Outcome.PROVEN if identity.isdigit() else Outcome.REJECTED)
