"""AWS access key ids: base 32 with the account in it, which is shown; not the documentation's.

AWS does not describe the account's place; `sts get-access-key-info` answers the same.
"""

import base64
import binascii

from unleak.scan.ports import Outcome, Verdict

PREFIX = 4
FEWEST = 5
"""Random ids have more different characters."""
OLDER = "IJ"
"""The first character of ids from before accounts were put into them."""
SHIFT = 7
"""Bits behind the account in the first six bytes; one stands before it."""
BITS = 40


def check(value: str) -> Verdict:
    """Rejected if it is one of the documentation or has hardly any different characters."""
    body = value[PREFIX:]
    if "EXAMPLE" in value.upper() or len(set(body)) < FEWEST:
        return Verdict(Outcome.REJECTED)
    number = account(body)
    return Verdict(Outcome.PLAUSIBLE, parts={"account": number} if number else {})


def account(body: str) -> str:
    """The twelve digits of the account whose key id goes on with `body` behind its prefix; empty if unknown."""
    try:
        data = base64.b32decode(body)
    except (ValueError, binascii.Error):
        return ""
    if not body or body[0] in OLDER:
        return ""
    number = int.from_bytes(data[:6], "big") >> SHIFT & (1 << BITS) - 1
    return f"{number:012}" if number < 10**12 else ""
