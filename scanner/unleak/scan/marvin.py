"""Marvin32, the hash with which Microsoft marks its keys: .NET's source and its test vectors define it."""

WORD = 0xFFFFFFFF
"""All bits of half the state."""
END = b"\x80"
"""What follows the last byte."""


def marvin32(data: bytes, seed: int) -> bytes:
    """The hash of `data` under a seed of 64 bits: four bytes, least significant first."""
    low, high = seed & WORD, seed >> 32
    whole = len(data) // 4 * 4
    for at in range(0, whole, 4):
        low, high = _mix((low + int.from_bytes(data[at : at + 4], "little")) & WORD, high)
    low, high = _mix((low + int.from_bytes(data[whole:] + END, "little")) & WORD, high)
    low, high = _mix(low, high)
    return (low ^ high).to_bytes(4, "little")


def _mix(low: int, high: int) -> tuple[int, int]:
    high ^= low
    low = (_rotated(low, 20) + high) & WORD
    high = _rotated(high, 9) ^ low
    low = (_rotated(low, 27) + high) & WORD
    return low, _rotated(high, 19)


def _rotated(word: int, by: int) -> int:
    return (word << by | word >> (32 - by)) & WORD
