"""The name of a secret that does not tell the secret.

A fingerprint depends on the value alone: not on the rule that found it, nor on the place. A value
of random format is hashed with SHA-256; one that a person may have thought up, and that could be
guessed from the hash, with scrypt. docs/handling-secrets.md states what a guess costs.
"""

import hashlib
from itertools import pairwise

PREFIX = b"unleak fingerprint v1\0"
LENGTH = 32
"""Length in hexadecimal digits: 128 bits."""

RANDOM_LENGTH = 24
"""Shorter values count as guessable."""


def guessable(value: str) -> bool:
    """Whether a person may have chosen `value`. Decides by the value alone, and never changes.

    Random text changes its character class (lower, upper, digit, other) at a third of its places or
    more and has few symbols; words, dates and phrases do not. Random text that is taken for a
    person's (a few in a hundred) only costs some milliseconds more.
    """
    if len(value) < RANDOM_LENGTH or any(map(str.isspace, value)):
        return True
    kinds = [_kind(character) for character in value]
    changes = sum(a != b for a, b in pairwise(kinds))
    return changes * 3 < len(value) or kinds.count(_OTHER) * 8 > len(value)


_LOWER, _UPPER, _DIGIT, _OTHER = range(4)


def _kind(character: str) -> int:
    if character.islower():
        return _LOWER
    if character.isupper():
        return _UPPER
    return _DIGIT if character.isdigit() else _OTHER


def fingerprint(value: str) -> str:
    """32 hexadecimal digits that name `value` and nothing else."""
    data = value.encode("utf-8", "surrogateescape")
    if guessable(value):
        digest = hashlib.scrypt(data, salt=PREFIX, n=2**14, r=8, p=1, maxmem=2**26, dklen=LENGTH // 2)
        return digest.hex()
    return hashlib.sha256(PREFIX + data).hexdigest()[:LENGTH]
