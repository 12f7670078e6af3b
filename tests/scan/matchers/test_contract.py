"""What every matcher has to do: lead to all matches, whatever is around them."""

import random

import pytest

from unleak.core.model import Blob, Stdin
from unleak.scan.confirm import confirm
from unleak.scan.matchers import hyperscan_matcher
from unleak.scan.matchers.keywords import KeywordMatcher

MATCHERS = {
    "keywords": KeywordMatcher,
    "hyperscan": lambda rules: hyperscan_matcher.compile(rules, "test"),
}


@pytest.fixture(params=MATCHERS)
def found(request, make_rule):
    """A function from data to the spans that the matcher leads to, with three unlike rules."""
    rules = [
        make_rule("a.fixed"),
        make_rule("b.tail", pattern=r"(?x) \b ( tail_ [0-9a-zA-Z]{10,30} ) \b", keywords=("tail_",)),
        make_rule("c.bound", pattern=r"(?i:gate[-_]?key)[ ]{0,3}[=:][ ]{0,3}([0-9a-f]{16})\b",
                  keywords=("gatekey", "gate-key", "gate_key")),
        make_rule("d.block", pattern=r"(?x) -----BEGIN\ ([\s\S]{1,2000}?) -----END", keywords=("-----begin",)),
    ]  # fmt: skip
    matcher = MATCHERS[request.param](rules)

    def find(data: bytes) -> list[tuple[str, str]]:
        hits = confirm(Blob(Stdin(), data), matcher.candidates(data), rules)
        return [(hit.rule.id, hit.secret.reveal()) for hit in hits]

    return find


CASES = {
    "alone": (b"acme_12345678", [("a.fixed", "acme_12345678")]),
    "beside a letter that is no ASCII": ("éacme_12345678é".encode(), [("a.fixed", "acme_12345678")]),
    "beside bytes that are no text": (b"\xff\x00acme_12345678\x00", [("a.fixed", "acme_12345678")]),
    "inside a word": (b"xacme_12345678 acme_123456789", []),
    "with a tail as long as it may be": (b"tail_" + b"a" * 30, [("b.tail", "tail_" + "a" * 30)]),
    "with a tail that is too long": (b"tail_" + b"a" * 31, []),
    "bound to a name": (b"GATE-Key: 0123456789abcdef", [("c.bound", "0123456789abcdef")]),
    "without its name": (b"0123456789abcdef", []),
    "over lines": (b"-----BEGIN \nabc\n-----END", [("d.block", "\nabc\n")]),
    "twice": (
        b"acme_11111111,acme_22222222", [("a.fixed", "acme_11111111"), ("a.fixed", "acme_22222222")]
    ),
    "nothing": (b"", []),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_finds_what_is_there(found, case: str) -> None:
    data, expected = CASES[case]
    assert found(data) == expected


def test_finds_the_same_wherever_it_stands(found) -> None:
    source = random.Random(7)  # noqa: S311
    for _ in range(50):
        before, after = source.randbytes(source.randrange(3000)), source.randbytes(source.randrange(300))
        data = before + b" tail_abcdefghij1 " + after
        assert ("b.tail", "tail_abcdefghij1") in found(data)
