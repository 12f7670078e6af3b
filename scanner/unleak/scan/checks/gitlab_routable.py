"""GitLab's routable tokens: the CRC-32 at the end; organisation, user, group and project are shown.

The handbook's design document "Routable tokens" has format, fields and an example.
"""

import base64
import binascii
import re
import zlib

from unleak.scan import radix
from unleak.scan.ports import Outcome, Verdict

LENGTH = 7
FIELD = re.compile(rb"([ogpu]):([0-9a-z]{1,12})")
NAMES = {"o": "organization", "g": "group", "p": "project", "u": "user"}
"""Fields of the payload whose values are ids in base 36."""
PREFIX = re.compile(r"[0-9A-Za-z]{2,10}-(?:t[0-9]_)?")


def check(value: str) -> Verdict:
    """Proven if the checksum is right, else doubtful."""
    right = "." in value and value[-LENGTH:] == checksum(value[:-LENGTH])
    return Verdict(Outcome.PROVEN, parts=_parts(value)) if right else Verdict(Outcome.DOUBTFUL)


def checksum(head: str) -> str:
    """Seven base-36 digits: CRC-32 of everything before them, prefix included."""
    number = zlib.crc32(head.encode("utf-8", "surrogateescape"))
    return radix.written(number, radix.BASE36).rjust(LENGTH, "0")


def _parts(value: str) -> dict[str, str]:
    """The ids that the payload begins with, in decimal; random bytes follow them."""
    payload = PREFIX.sub("", value, count=1).partition(".")[0]
    try:
        lines = base64.urlsafe_b64decode(payload[: len(payload) // 4 * 4]).split(b"\n")
    except (ValueError, binascii.Error):
        return {}
    found = {}
    for line in lines:
        field = FIELD.fullmatch(line) if line is not lines[-1] else FIELD.match(line)
        if field is None:
            break
        found[NAMES[field[1].decode()]] = str(int(field[2], 36))
    return found
