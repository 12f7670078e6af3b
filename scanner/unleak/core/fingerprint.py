"""The name of a secret that does not tell the secret.

A fingerprint depends on the value alone: not on the rule that found it, nor on the place. A value
of random format is hashed with SHA-256; one that a person may have thought up, and that could be
guessed from the hash, with scrypt. docs/handling-secrets.md states what a guess costs.
"""

import hashlib

PREFIX = b"unleak fingerprint v1\0"
LENGTH = 32
"""Length in hexadecimal digits: 128 bits."""

_RANDOM_LENGTH = 20


def guessable(value: str) -> bool:
    """Whether a person may have chosen `value`.

    Random text of 20 or more characters changes its character class (lower, upper, digit, other)
    at least at every fourth place, but for a few in a hundred that cost some milliseconds more;
    words, dates and phrases do not.
    """
    if len(value) < _RANDOM_LENGTH:
        return True
    kinds = [_kind(character) for character in value]
    changes = sum(a != b for a, b in zip(kinds, kinds[1:], strict=False))
    return changes * 4 < len(value)


def _kind(character: str) -> int:
    if character.islower():
        return 0
    if character.isupper():
        return 1
    return 2 if character.isdigit() else 3


def fingerprint(value: str) -> str:
    """32 hexadecimal digits that name `value` and nothing else."""
    data = value.encode("utf-8", "surrogateescape")
    if guessable(value):
        digest = hashlib.scrypt(data, salt=PREFIX, n=2**14, r=8, p=1, maxmem=2**26, dklen=LENGTH // 2)
        return digest.hex()
    return hashlib.sha256(PREFIX + data).hexdigest()[:LENGTH]
