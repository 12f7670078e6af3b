"""Discord's bot tokens: the first segment holds the bot's id, which is shown (Discord's API reference)."""

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
    if not identity.isdigit():
        return Verdict(Outcome.REJECTED)
    return Verdict(Outcome.PROVEN, parts={"bot": identity.decode()})
