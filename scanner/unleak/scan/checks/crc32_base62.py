"""Tokens that end in six base-62 digits of a CRC-32 over the rest: GitHub classic, npm."""

import zlib

from unleak.scan import radix
from unleak.scan.ports import Outcome, Verdict

LENGTH = 6


def check(value: str) -> Verdict:
    """Proven if the checksum is right; else doubtful: made up, or mangled on the way."""
    body, written = value[:-LENGTH].rpartition("_")[2], value[-LENGTH:]
    return Verdict(Outcome.PROVEN if body and checksum(body) == written else Outcome.DOUBTFUL)


def checksum(body: str) -> str:
    """The checksum of the random part, without the prefix: CRC-32 in base 62, padded with zeros."""
    number = zlib.crc32(body.encode("utf-8", "surrogateescape"))
    return radix.written(number, radix.BASE62).rjust(LENGTH, "0")
