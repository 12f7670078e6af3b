import copy
import json
import pickle

import pytest

from unleak.core.secret import Secret, tail

VALUE = "correct-horse-battery-staple-wxyz"


@pytest.mark.parametrize(
    "shown",
    [
        repr,
        str,
        "{}".format,
        "{!r}".format,
        "{:>40}".format,
        lambda s: f"<{s}>",
        lambda s: repr([s, {"k": s}]),
    ],
)
def test_no_rendering_shows_more_than_the_last_four(shown) -> None:
    text = shown(Secret(VALUE))
    assert "wxyz" in text
    assert "-wxyz" not in text
    assert "correct" not in text


@pytest.mark.parametrize("serialise", [pickle.dumps, copy.deepcopy, copy.copy, json.dumps])
def test_serialising_raises(serialise) -> None:
    with pytest.raises(TypeError):
        serialise(Secret(VALUE))


def test_reveal_is_the_way_out() -> None:
    assert Secret(VALUE).reveal() == VALUE


def test_equal_values_are_equal_and_other_types_are_not() -> None:
    assert len({Secret(VALUE), Secret(VALUE), Secret("other")}) == 2
    assert Secret(VALUE) != VALUE


@pytest.mark.parametrize(("length", "shown"), [(0, 0), (3, 0), (4, 1), (8, 2), (12, 3), (16, 4), (400, 4)])
def test_never_more_than_a_quarter_is_shown(length: int, shown: int) -> None:
    assert len(tail("x" * length)) == shown
