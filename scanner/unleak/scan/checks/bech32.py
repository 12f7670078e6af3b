"""The checksum of bech32 (BIP 173), in which age writes its secret keys."""

from unleak.scan.ports import Outcome, Verdict

DIGITS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
LENGTH = 6
LONGEST = 200


def check(value: str) -> Verdict:
    """Proven if the last six characters are the checksum of those before, else doubtful."""
    prefix, _, digits = value.lower().rpartition("1")
    if not prefix or len(value) > LONGEST or set(digits) - set(DIGITS) or not prefix.isascii():
        return Verdict(Outcome.DOUBTFUL)
    body, written = digits[:-LENGTH], digits[-LENGTH:]
    return Verdict(Outcome.PROVEN if written == checksum(prefix, body) else Outcome.DOUBTFUL)


def checksum(prefix: str, body: str) -> str:
    """Six digits of the checksum of `body`, digits in lower case, under `prefix`."""
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    state = 1
    for number in [*expanded, *map(DIGITS.index, body), *[0] * LENGTH]:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ number
        for bit, mask in enumerate(GENERATOR):
            state ^= mask if top >> bit & 1 else 0
    state ^= 1
    return "".join(DIGITS[state >> 5 * (LENGTH - 1 - at) & 31] for at in range(LENGTH))
