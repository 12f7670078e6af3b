"""Passwords that a person chose against names, words and code that stand in the same place."""

import re

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
STEPS = 2
"""Fewer different characters than this many, and one, are no password."""


def check(value: str) -> Verdict:
    """Rejected for code, names and stock words; doubtful for a single word or number."""
    if len(value) > LONGEST or len(set(value)) <= STEPS or CODE.fullmatch(value) or NAME.fullmatch(value):
        return Verdict(Outcome.REJECTED)
    if STOCK.fullmatch(value):
        return Verdict(Outcome.REJECTED)
    plain = value.isdigit() or (value.isalpha() and (value.islower() or value.istitle() or value.isupper()))
    return Verdict(Outcome.DOUBTFUL if plain else Outcome.PLAUSIBLE)
