"""Random text against text that merely has its form: repeated, counted up, or made of few characters."""

import math
import re
from collections import Counter
from itertools import pairwise

from unleak.scan.ports import Outcome, Verdict

FEW = 2.0
"""Bits a character below which text is no secret."""
SOME = 2.7
"""Bits a character below which it may be one."""
SHORT = 16
"""Shorter texts cannot have many bits a character: the bounds shrink with the length."""
REPEATED = re.compile(r"(.{1,3})\1{4,}")
LONG_RUN = 12
"""Characters of a repetition that random text does not have."""
SAMPLE = 4096
"""Characters that are looked at."""


def check(value: str) -> Verdict:
    """Rejected if it is made of few characters or repeats itself, doubtful if it counts or nearly so."""
    text = value[:SAMPLE]
    if len(text) < 2:
        return Verdict(Outcome.REJECTED)
    scale = min(1.0, math.log2(len(text)) / math.log2(SHORT))
    bits = entropy(text)
    if bits < FEW * scale or _repeats(text):
        return Verdict(Outcome.REJECTED)
    doubtful = bits < SOME * scale or _steady(text.lower()) * 3 > len(text)
    return Verdict(Outcome.DOUBTFUL if doubtful else Outcome.PLAUSIBLE)


def entropy(text: str) -> float:
    """Shannon entropy of the characters of `text`, in bits a character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def _repeats(text: str) -> bool:
    """Whether a long part of it is a piece of few characters again and again."""
    return any(len(found.group()) >= LONG_RUN for found in REPEATED.finditer(text))


def _steady(text: str) -> int:
    """How many characters continue a run: the same again, or one up or down as the one before did."""
    steps = [ord(after) - ord(before) for before, after in pairwise(text)]
    return sum(a == b and abs(a) <= 1 for a, b in pairwise(steps))
