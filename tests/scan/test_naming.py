"""A generic finding becomes one of the service that the variable's name tells."""

import pytest

from unleak.core.model import Blob, Companion, Stdin
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


@pytest.fixture
def services(make_rule):
    """The services of what a rule finds that counts with a service only, beside one of `gate` with these fields."""

    def find(text, **fields):
        wide = make_rule(
            "generic.named",
            pattern=r"(?i:key|secret)[\s=-]{1,3}([0-9A-Za-z]{8,200})\b",
            keywords=("key", "secret"),
            named_only=True,
        )
        settings = {"pattern": "[0-9a-f]{24}", "bound": True, "context": ("gatehouse",), "keywords": ("zzz",)}
        rules = [wide, make_rule("gatehouse.key", **settings | fields)]
        hits = confirm(Blob(Stdin(), text), KeywordMatcher(rules).candidates(text), rules, Naming(rules))
        return [hit.rule.service for hit in hits]

    return find


def test_a_wide_rule_counts_only_where_the_name_tells_a_service(services) -> None:
    assert services(f"gatehouseKEY-{VALUE}".encode()) == ["gatehouse"]
    assert services(f"some KEY-{VALUE}".encode()) == []


def test_a_long_value_is_like_a_key_that_is_as_long(services) -> None:
    for size, found in ((150, ["gatehouse"]), (89, [])):
        value = "Q" + "7" * (size - 1)
        assert services(f"gatehouse_key={value}".encode(), pattern="ey[0-9A-Za-z]{85,190}") == found


@pytest.mark.parametrize(
    "fields", [{"checks": ("crc32_base62",)}, {"checks": ("entropy",), "pattern": "a{24}"}, {"halves": True}]
)
def test_what_the_rule_of_the_service_refuses_is_not_named(services, fields) -> None:
    half = Companion("account", r"\b(acct_[0-9]{4})\b", 50, required=True)
    value = "a" * 24 if "pattern" in fields else VALUE
    assert services(f"gatehouse_key={value}".encode()) == ["gatehouse"]
    assert (
        services(
            f"gatehouse_key={value}".encode(), **fields | ({"halves": (half,)} if "halves" in fields else {})
        )
        == []
    )
