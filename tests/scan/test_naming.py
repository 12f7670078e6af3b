"""A generic finding becomes one of the service that the variable's name tells."""

import pytest

from unleak.core.model import Blob, Stdin
from unleak.scan.confirm import confirm
from unleak.scan.matchers.keywords import KeywordMatcher
from unleak.scan.naming import Naming

VALUE = "0a1b2c3d4e5f60718293a4b5"


@pytest.fixture(scope="module")
def rules(make_rule):
    """A generic rule and three services; VALUE begins like a key of two of them, and is too short for the third."""
    generic = make_rule(
        "generic.assignment",
        pattern=r"(?i:token|key)\s?=\s?'([0-9A-Za-z]{8,80})'",
        checks=("placeholder",),
        keywords=("token", "key"),
    )
    short = make_rule(
        "newrelic.key", pattern="[0-9a-f]{16}", bound=True, context=("new_relic",), keywords=("newrelic",)
    )
    eight = make_rule(
        "eightxeight.key", pattern="[0-9a-f]{16}", bound=True, context=("8x8",), keywords=("8x8",)
    )
    long = make_rule(
        "gate.key", pattern="[0-9a-f]{40}", bound=True, context=("gate", "api_key"), keywords=("gate",)
    )
    return [generic, short, eight, long]


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("NEW_RELIC_TOKEN", "newrelic"),
        ("newRelicToken", "newrelic"),
        ("my.new-relic.key", "newrelic"),
        ("NEWRELICKey", "newrelic"),
        ("old_8x8_key", "eightxeight"),
        ("renewrelic_token", "generic"),
        ("some_token", "generic"),
        ("api_key", "generic"),
        ("gate_key", None),
        ("next_token", None),
        ("clientRequestToken", None),
        ("publicKeyToken", None),
        ("LockToken", None),
    ],
)
def test_the_name_tells_the_service(rules, name, service) -> None:
    data = f"{name} = '{VALUE}'\n".encode()
    hits = confirm(Blob(Stdin(), data), KeywordMatcher(rules).candidates(data), rules, Naming(rules))
    assert [hit.rule.service for hit in hits] == ([service] if service else [])


def test_what_hands_typed_counts_only_with_a_service(rules) -> None:
    for name, count in (("newrelic_key", 1), ("some_key", 0)):
        data = f"{name} = '12345678abcdef0012345'\n".encode()
        assert (
            len(confirm(Blob(Stdin(), data), KeywordMatcher(rules).candidates(data), rules, Naming(rules)))
            == count
        )
