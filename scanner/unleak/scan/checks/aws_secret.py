"""AWS secret access keys: 40 characters of base 64 that look random; a path or a hash does not."""

from unleak.scan.ports import Outcome, Verdict

FEWEST = 16
"""Random text of this length has about 30 different characters."""
SLASHES = 4
"""Random text of this length has more of them once in a thousand; paths have."""


def check(value: str) -> Verdict:
    """Rejected unless lower case, upper case and digits mix, or if it is the documentation's."""
    mixed = any(map(str.islower, value)) and any(map(str.isupper, value)) and any(map(str.isdigit, value))
    if not mixed or len(set(value)) < FEWEST or "EXAMPLE" in value or value.count("/") > SLASHES:
        return Verdict(Outcome.REJECTED)
    return Verdict(Outcome.PLAUSIBLE)
