"""The name of a secret that does not tell the secret.

A fingerprint depends on the value alone: not on the rule that found it, nor on the place. A value
of random format is hashed with SHA-256; one that a person may have thought up, and that could be
guessed from the hash, with scrypt. docs/handling-secrets.md states what a guess costs.
"""

import hashlib
import os
from collections.abc import Sequence
from itertools import pairwise

PREFIX = b"unleak fingerprint v1\0"
LENGTH = 32
"""Length in hexadecimal digits: 128 bits."""

RANDOM_LENGTH = 24
"""Shorter values count as guessable."""


FEW = 4
"""Fewer are not worth starting threads."""
MOST_THREADS = 8
"""Each needs 16 MB."""


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


def fingerprints(values: Sequence[str]) -> list[str]:
    """The fingerprint of each of `values`. Those of guessable ones are made on all cores at once."""
    if sum(map(guessable, values)) < FEW:
        return list(map(fingerprint, values))
    from concurrent.futures import ThreadPoolExecutor  # scrypt lets go of the interpreter's lock

    with ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_THREADS)) as pool:
        return list(pool.map(fingerprint, values))


def fingerprint(value: str) -> str:
    """32 hexadecimal digits that name `value` and nothing else."""
    data = value.encode("utf-8", "surrogateescape")
    if guessable(value):
        digest = hashlib.scrypt(data, salt=PREFIX, n=2**14, r=8, p=1, maxmem=2**26, dklen=LENGTH // 2)
        return digest.hex()
    return hashlib.sha256(PREFIX + data).hexdigest()[:LENGTH]
