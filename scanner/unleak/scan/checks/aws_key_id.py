"""AWS access key ids: base 32, of which the first 40 bits or so are the account."""

from unleak.scan.ports import Outcome, Verdict

PREFIX = 4
FEWEST = 5
"""Random ids have more different characters."""


def check(value: str) -> Verdict:
    """Rejected if it is one of the documentation or has hardly any different characters."""
    body = value[PREFIX:]
    if "EXAMPLE" in value.upper() or len(set(body)) < FEWEST:
        return Verdict(Outcome.REJECTED)
    return Verdict(Outcome.PLAUSIBLE)
