"""PyPI's tokens: a macaroon of version 2 whose location is pypi.org or test.pypi.org."""

import base64
import binascii

from unleak.core.model import Severity
from unleak.scan.ports import Outcome, Verdict

PREFIX = "pypi-"
VERSION = 2
LOCATION = 1
"""The field that begins a macaroon: its type, the length, and the host."""


def check(value: str) -> Verdict:
    """Proven if the macaroon begins as it should; one of test.pypi.org matters less."""
    text = value.removeprefix(PREFIX)
    try:
        data = base64.urlsafe_b64decode(text[: len(text) - len(text) % 4])
    except (ValueError, binascii.Error):
        return Verdict(Outcome.REJECTED)
    if data[:2] != bytes([VERSION, LOCATION]) or len(data) < 3:
        return Verdict(Outcome.REJECTED)
    host = data[3 : 3 + data[2]]
    if host == b"test.pypi.org":
        return Verdict(Outcome.PROVEN, severity=Severity.LOW)
    return Verdict(Outcome.PROVEN if host == b"pypi.org" else Outcome.REJECTED)
