"""The checksum of Grafana's service-account tokens, as its source (`satokengen`) computes it."""

import zlib

from unleak.scan.ports import Outcome, Verdict


def check(value: str) -> Verdict:
    """Proven if the checksum after the last underscore is right, else doubtful."""
    head, _, written = value.rpartition("_")
    return Verdict(Outcome.PROVEN if head and written == checksum(head) else Outcome.DOUBTFUL)


def checksum(head: str) -> str:
    """Eight hexadecimal digits: CRC-32 of prefix and secret, least significant byte first."""
    return zlib.crc32(head.encode("utf-8", "surrogateescape")).to_bytes(4, "little").hex()
