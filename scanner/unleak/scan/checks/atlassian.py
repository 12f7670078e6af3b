"""The checksum of Atlassian's API tokens: after the last `=`, the CRC-32 of all before it in hexadecimal.

Not described by Atlassian; it holds for the tokens that are published in other scanners' tests.
"""

import zlib

from unleak.scan.ports import Outcome, Verdict

LENGTH = 8


def check(value: str) -> Verdict:
    """Proven if the checksum is right, plausible without one (cut off in the older documentation), else doubtful."""
    head, written = value[:-LENGTH], value[-LENGTH:]
    if not head.endswith("="):
        return Verdict(Outcome.PLAUSIBLE)
    return Verdict(Outcome.PROVEN if written == checksum(head) else Outcome.DOUBTFUL)


def checksum(head: str) -> str:
    """Eight hexadecimal digits in upper case: CRC-32 of everything up to and with the `=`."""
    return f"{zlib.crc32(head.encode('utf-8', 'surrogateescape')):08X}"
