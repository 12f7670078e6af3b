"""Azure's annotated keys (DevOps, AI services): mark and checksum; month and maker are shown.

Microsoft's `security-utilities` (`CommonAnnotatedKey`) is the description.
"""

import base64
import binascii

from unleak.scan import radix
from unleak.scan.marvin import marvin32
from unleak.scan.ports import Outcome, Verdict

MARK, MARKED = "JQQJ99", 52
"""What stands behind the random part, and where."""
CHECKED = 80
"""Characters before the checksum."""
LENGTH = 6
"""Digits of a whole checksum, of which the short form has the first four."""
SEED = int.from_bytes(b"Default0", "big")
FIRST_YEAR = 2024
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
"""Digits of the year since the first, and of the month."""


def check(value: str) -> Verdict:
    """Proven if mark and checksum are right, else doubtful."""
    head, end = value[:CHECKED], value[CHECKED:].rstrip("=")
    marked = value[MARKED : MARKED + len(MARK)] == MARK
    if not marked or not end or not any(text.startswith(end) for text in checksums(head)):
        return Verdict(Outcome.DOUBTFUL)
    year, month = (LETTERS.index(digit) for digit in value[MARKED + len(MARK) :][:2])
    return Verdict(
        Outcome.PROVEN, parts={"issued": f"{FIRST_YEAR + year}-{month + 1:02}", "maker": value[76:80]}
    )


def checksums(head: str) -> list[str]:
    """The ways to write the Marvin32 hash of what `head` stands for; none if it is no base64.

    In base 62, filled up behind; of a number that begins with zeros, with and without them.
    """
    try:
        data = base64.b64decode(head, validate=True)
    except (ValueError, binascii.Error):
        return []
    summed = marvin32(data, SEED)
    digits = radix.written(int.from_bytes(summed, "big"), radix.BASE62)
    zeros = "0" * (len(summed) - len(summed.lstrip(b"\0")))
    return [digits.ljust(LENGTH, "0"), (zeros + digits).ljust(LENGTH, "0")]
