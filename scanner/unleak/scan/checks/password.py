"""Passwords that a person chose against names, words and code that stand in the same place."""

import re
from urllib.parse import unquote

from unleak.scan.ports import Outcome, Verdict

LONGEST = 4096
"""Longer values are no passwords."""
CODE = re.compile(r"(?s)[\w.]+\(.*\)?|.*\(\)|[a-z_]+(?:\.[a-z_]+)+|[{(\[].*|.*[})\]]|[/.~]{1,3}[\w./-]+")
"""Calls, attributes, brackets and paths."""
NAME = re.compile(r"[a-z]+(?:[-_. ][a-z]+)+|[A-Z]+(?:_[A-Z]+)+|[a-z]+(?:[A-Z][a-z]+)+|(?:[A-Z][a-z]+){2,}")
"""Words joined the way names are."""
STOCK = re.compile(
    r"(?i)(?:my|your|the|test|db|user|admin|root|some)?[-_.]?"
    r"(?:p(?:ass|w)(?:w(?:or)?d|phrase)?|pwd|secrets?|tokens?|keys?|postgres|mysql|mongo|redis|rabbitmq|guest|admin"
    r"|root|user|test|demo|dev|local|minio(?:admin)?|elastic|sa|letmein|welcome)[-_.!@#]?\d{0,4}"
)
"""What everybody uses where it does not matter."""
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]{5,15}(?:Z|[+-][0-9:]{4,6})?)?")
DIGIT = re.compile("[0-9]")
PIECE = re.compile(r"[A-Za-z]+")
SHORT = 6
"""Characters below which an escaped text rather shows the escapes than a password."""
STEPS = 2
"""Fewer different characters than this many, and one, are no password."""


def check(value: str) -> Verdict:
    """Rejected for code, names and stock words; doubtful for a single word or number."""
    if len(value) > LONGEST or len(set(value)) <= STEPS or CODE.fullmatch(value) or NAME.fullmatch(value):
        return Verdict(Outcome.REJECTED)
    if STOCK.fullmatch(value) or DATE.fullmatch(value):
        return Verdict(Outcome.REJECTED)
    plain = value.isdigit() or (value.isalpha() and (value.islower() or value.istitle() or value.isupper()))
    return Verdict(Outcome.DOUBTFUL if plain or _illustrates(value) else Outcome.PLAUSIBLE)


def _illustrates(value: str) -> bool:
    """Whether it is written to show a form: `pass#pass`, or how addresses are escaped: `%3A%40`, `pa%C3%9F`."""
    text = unquote(value)
    pieces = PIECE.findall(text)
    stock = all(STOCK.fullmatch(piece) or len(piece) == 1 for piece in pieces)
    return (text != value and len(text) < SHORT) or (bool(pieces) and stock and not DIGIT.search(text))
