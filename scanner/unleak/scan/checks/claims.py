"""A service's own JSON Web Token: as `jwt`, but what does not parse is doubtful, and any claims will do."""

import re

from unleak.scan import webtoken
from unleak.scan.ports import Outcome, Verdict

OPENS = re.compile(r"eyJ|ew[0o]")
"""The beginning of a JSON object in base64, after the service's prefix if it has one."""


def check(value: str) -> Verdict:
    """Plausible if it parses or was never a token of this form, else doubtful: the rule's other checks count too."""
    begins = OPENS.search(value)
    if begins is None or "." not in value:
        return Verdict(Outcome.PLAUSIBLE)
    token = webtoken.parse(value[begins.start() :])
    return Verdict(Outcome.DOUBTFUL) if token is None else webtoken.judge(token)
