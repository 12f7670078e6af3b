"""PyPI's tokens: a macaroon for pypi.org or test.pypi.org; the projects it is limited to are shown.

The caveats are those of `warehouse.macaroons`.
"""

import base64
import binascii
import re

from unleak.core.model import Severity
from unleak.scan.ports import Outcome, Verdict

PREFIX = "pypi-"
VERSION = 2
LOCATION = 1
"""The field that begins a macaroon: its type, the length, and the host."""

PROJECTS = re.compile(rb'(?:\[1, ?|"projects": ?)\[("[^\]]{1,500}")\]')
"""Caveats that name projects, of the newer and the older kind."""
QUOTED = re.compile(rb'"([0-9A-Za-z._-]{1,100})"')


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
        return Verdict(Outcome.PROVEN, severity=Severity.LOW, parts=_parts(data))
    return Verdict(Outcome.PROVEN, parts=_parts(data)) if host == b"pypi.org" else Verdict(Outcome.REJECTED)


def _parts(data: bytes) -> dict[str, str]:
    named = [name.decode() for found in PROJECTS.findall(data) for name in QUOTED.findall(found)]
    return {"projects": " ".join(named)} if named else {}
