import re

import pytest

from unleak.scan import regexsample, regextree, regexwrite
from unleak.scan.examples import expand

PATTERNS = [
    r"\b(acme_[0-9a-z]{8})\b",
    r"(?x) \b ( k [-_]? [A-F]{2,3} ) (?: [^0-9] | \Z )",
    r"(?i)adafruit[ \t\w.-]{0,20}[\s'\"]{0,3}(?:=|:{1,3}=|\|\|)([a-f0-9]{32})",
    r"(?s:a.b)x??[^\n\x00]{2}\$\{[\]\\^-]",
    r"(?:ab|cd|e(?-i:F)){2}\.(?i:g-h_1)",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_is_written_means_the_same(pattern: str) -> None:
    tree = regextree.parsed(pattern)
    text = regexwrite.written(tree)
    again = regextree.parsed(text)
    assert regexwrite.written(again) == text
    for template in regexsample.templates(tree, 20):
        sample = expand(template).encode()
        assert re.search(pattern.encode(), sample)
        assert re.search(text.encode(), sample)
        broken = bytes([sample[0] ^ 0x80]) + sample[1:-1]
        assert bool(re.search(text.encode(), broken)) == bool(re.search(pattern.encode(), broken))


def test_words_in_any_case_stay_readable() -> None:
    written = regexwrite.written(regextree.parsed(r"(?i)acme-key=[0-9]"))
    assert written == r"(?i:acme\-key=)[0-9]"


def test_templates_hold_no_random_text() -> None:
    [template] = regexsample.templates(regextree.parsed(r"(acme_[0-9a-f]{32}-[A-Za-z0-9]{16,})"), 1)
    assert template == "acme_${hex:32}-${alnum:24}"
    assert list(regexsample.templates(regextree.parsed(r"\$\{a"), 1)) == ["$${a"]


def test_sizes() -> None:
    tree = regextree.parsed(r"(?:ab{2,3}){10}c*")
    assert regextree.size(tree) == 41
    assert regextree.longest(tree) >= regextree.UNBOUNDED
    assert regextree.longest(regextree.parsed(r"\b(?:ab|c{1,4})\Z")) == 4


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("[", "does not compile"), ("(" * 5000 + ")" * 5000, "nested too deeply"), ("[[a]", "does not compile")],
)
def test_what_is_no_pattern(pattern: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        regextree.parsed(pattern)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(?=a)b", "lookahead"),
        ("(?<!a)b", "negative look"),
        (r"(a)\1", "backreference"),
        ("(?>a)", "atomic"),
        ("a++", "possessive"),
        ("^a", "anchor \\^"),
        ("a$", "anchor \\$"),
        ("(?m)a$", "of a line"),
        ("a*", "upper bound"),
    ],
)
def test_what_is_not_supported_is_named(pattern: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        regexwrite.written(regextree.parsed(pattern))
