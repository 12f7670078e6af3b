"""Random text has digits among its letters; names, words and paths mostly do not."""

import re

from unleak.scan.ports import Outcome, Verdict

WORD = re.compile(r"[A-Za-z][a-z]{3,}")
"""A run of letters as in words: random text has few."""


def check(value: str) -> Verdict:
    """Rejected without a letter or a digit; doubtful if words make up half of it."""
    if not any(map(str.isdigit, value)) or not any(map(str.isalpha, value)):
        return Verdict(Outcome.REJECTED)
    wordy = sum(len(word) for word in WORD.findall(value)) * 2 > len(value)
    return Verdict(Outcome.DOUBTFUL if wordy else Outcome.PLAUSIBLE)
