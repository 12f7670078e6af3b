"""Personal access tokens of Atlassian's Data Center products: base64 of a number, a colon and random bytes."""

import base64
import binascii
import re

from unleak.scan.ports import Outcome, Verdict

PREFIX = "BBDC-"
"""Of Bitbucket's."""


def check(value: str) -> Verdict:
    """Proven if it decodes to `NUMBER:` and more, else rejected."""
    try:
        decoded = base64.b64decode(value.removeprefix(PREFIX) + "==")
    except (binascii.Error, ValueError):
        return Verdict(Outcome.REJECTED)
    return Verdict(Outcome.PROVEN if re.match(rb"[0-9]{9,13}:", decoded) else Outcome.REJECTED)
