"""Basic authentication: a user and a password in base64. The password is the canonical value."""

import base64
import binascii

from unleak.scan.ports import Outcome, Verdict

SHORTEST = 4
"""Shorter passwords are those of examples."""


def check(value: str) -> Verdict:
    """Plausible if it decodes to `user:password` in printable text; else rejected."""
    try:
        user, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        return Verdict(Outcome.REJECTED)
    if not colon or not (user + password).isprintable() or len(password) < SHORTEST:
        return Verdict(Outcome.REJECTED)
    return Verdict(Outcome.PLAUSIBLE, canonical=password)
