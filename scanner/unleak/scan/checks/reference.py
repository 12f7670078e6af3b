"""Names of where a secret is kept, templates and masks: alone, without the words of placeholders."""

from unleak.scan.ports import Outcome, Verdict
from unleak.scan.references import REFERENCE


def check(value: str) -> Verdict:
    """Rejected if it is one; stock words such as `password` pass, for they open doors too."""
    return Verdict(Outcome.REJECTED if REFERENCE.match(value.strip()) else Outcome.PLAUSIBLE)
