"""Random text has digits among its letters, or its cases mixed; names, words and paths mostly do not."""

import re

from unleak.scan.ports import Outcome, Verdict

WORD = re.compile(r"[A-Za-z][a-z]{3,}")
"""A run of letters as in words: random text has few."""
TYPED = re.compile(r"(?s)[a-f]{24,}|[A-F]{24,}|.*(?i:abcdefgh).*")
"""No words, though letters alone: hexadecimal digits, and the alphabet."""
NUMBER = 24
"""Digits of a number that is longer than any count, time or telephone number."""


def check(value: str) -> Verdict:
    """Rejected as words, as letters of lower case or as a short number; doubtful without digits or without letters."""
    digits, letters, wordy = any(map(str.isdigit, value)), any(map(str.isalpha, value)), _wordy(value)
    if TYPED.fullmatch(value):
        return Verdict(Outcome.DOUBTFUL)
    if (not digits and (wordy or value.lower() == value)) or (not letters and len(value) < NUMBER):
        return Verdict(Outcome.REJECTED)
    return Verdict(Outcome.PLAUSIBLE if digits and letters and not wordy else Outcome.DOUBTFUL)


def _wordy(value: str) -> bool:
    return sum(len(word) for word in WORD.findall(value)) * 2 > len(value)
