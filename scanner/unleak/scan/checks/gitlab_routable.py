"""GitLab's routable tokens: the payload's length in base 36, then a CRC-32 over all before it in base 36."""

import zlib

from unleak.scan.ports import Outcome, Verdict

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
LENGTH = 7


def check(value: str) -> Verdict:
    """Proven if the checksum is right; else doubtful."""
    right = "." in value and value[-LENGTH:] == checksum(value[:-LENGTH])
    return Verdict(Outcome.PROVEN if right else Outcome.DOUBTFUL)


def checksum(head: str) -> str:
    """Seven base-36 digits: CRC-32 of everything before them, prefix included."""
    return base36(zlib.crc32(head.encode("utf-8", "surrogateescape"))).rjust(LENGTH, "0")


def base36(number: int) -> str:
    """`number`, not negative, in base 36; empty for 0."""
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return digits
