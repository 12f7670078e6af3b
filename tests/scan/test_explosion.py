import pytest

from unleak.scan import explosion, regextree

EXPLODING = [
    r"(?:a{1,40}){1,40}b",
    r"(?:[a-z]{1,8}-?){1,20}\Z",
    r"acme_(?:[a-z]{1,30}|[0-9]{1,30}){1,30}!",
    r"(?:x{1,90}x{1,90}){1,90}y",
    r"(?:a|aa){1,50}c",
    r"(?:a?){30}a{30}c",
    r"[a-z]{0,2000}[a-z]{0,2000}x",
    r"(?:\s{0,9}\w{1,9}\s{0,9}){0,50}=",
    r"key(?i:(?:[A-F]{1,30}){1,30})\b!",
]
HARMLESS = [
    r"\b(acme_[a-z]{32})\b",
    r"(?:\w{1,30}\.){1,20}com",
    r"(?:[0-9a-f]{2}:?){16,64}x",
    r"[\x00-\xff]{0,500}? data",
    r"(?:-?[a-z]{4}){1,40}!",
    r"(?:[a-z]{1,30}-){1,30}!",
]


@pytest.mark.parametrize("pattern", EXPLODING)
def test_what_explodes_is_recognised(pattern: str) -> None:
    assert explosion.explodes(regextree.parsed(pattern))


@pytest.mark.parametrize("pattern", HARMLESS)
def test_what_only_looks_like_it_is_not(pattern: str) -> None:
    assert not explosion.explodes(regextree.parsed(pattern))


def test_a_value_that_has_to_end() -> None:
    tree = regextree.parsed("(?:[a-z]{1,9}){1,40}")
    assert not explosion.explodes(tree)
    assert explosion.explodes(tree, whole=True)


@pytest.mark.parametrize(
    ("pattern", "data", "steps"),
    [("abc", b"abc", 4), ("abc", b"abd", 3), ("a{1,3}b", b"aaab", 3), ("a{1,3}?b", b"aaab", 5)],
)
def test_steps_are_counted(pattern: str, data: bytes, steps: int) -> None:
    assert explosion.Program(regextree.parsed(pattern)).steps(data) == steps
