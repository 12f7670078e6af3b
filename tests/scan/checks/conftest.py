import pytest

from unleak.scan.checks import CHECKS
from unleak.scan.ports import Outcome, Verdict


@pytest.fixture
def verdict():
    """A function from the name of a check and a value to the check's verdict."""

    def verdict(name: str, value: str) -> Verdict:
        return CHECKS[name](value)

    return verdict


@pytest.fixture
def outcome(verdict):
    """The same, to the outcome alone."""

    def outcome(name: str, value: str) -> Outcome:
        return verdict(name, value).outcome

    return outcome
