"""The test vectors of SymCrypt and .NET."""

import pytest

from unleak.scan.marvin import marvin32


@pytest.mark.parametrize(
    ("data", "seed", "hashed"),
    [
        (b"", 0x004FB61A001BDBCC, 0x30ED35C100CD3C7D),
        (b"\xaf", 0x004FB61A001BDBCC, 0x48E73FC77D75DDC1),
        (b"abc", 0xD53CD9CECD0893B7, 0x22C74339492769BF),
        (b"abcdefghijklmnopqrstuvwxyz", 0x0DDDDEEEEFFFF000, 0xA128EB7E7260ACA2),
    ],
)
def test_known_hashes(data: bytes, seed: int, hashed: int) -> None:
    assert marvin32(data, seed) == ((hashed >> 32) ^ (hashed & 0xFFFFFFFF)).to_bytes(4, "little")
