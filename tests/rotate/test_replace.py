"""Values are replaced where they stand; everything else stays to the byte."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unleak.core.errors import RotationError
from unleak.rotate.replace import fields, occurs, replace

OLD, NEW = "old/" + "Aa1+" * 9, "new/" + "Bb2+" * 9
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.just(OLD)
)
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "prefix {} suffix",
        '{{"b": 1.50,  "a": "{}", "c": "caf\\u00e9"}}\n',
        '{{"deep": [{{"x": "url://u:{}@h"}}]}}',
        '"{}"',
        "KEY={}\r\nOTHER=1\r\n",
    ],
)
def test_only_the_value_changes(text):
    assert replace(text.format(OLD), {OLD: NEW}, "s") == text.format(NEW)


@pytest.mark.parametrize("old", [OLD, "/" + "Aa1+" * 9, "Aa1+" * 9 + "/", "/a/b/"])
@pytest.mark.parametrize("new", [NEW, "/" + "Bb2+" * 9, "Bb2+" * 9 + "/"])
def test_a_slash_that_json_escapes_is_found(old, new):
    text = json.dumps({"k": old, "n": 1}).replace("/", "\\/")
    assert occurs(text, old)
    assert json.loads(replace(text, {old: new}, "s")) == {"k": new, "n": 1}


def test_a_form_that_cannot_be_replaced_alone_is_refused():
    text = json.dumps({"k": OLD}).replace("/", "\\u002f")
    assert occurs(text, OLD)
    with pytest.raises(RotationError, match="by hand"):
        replace(text, {OLD: NEW}, "aws-sm://s")


@given(JSON)
def test_any_json(value):
    text = json.dumps(value, indent=1)
    expected = json.loads(json.dumps(value).replace(OLD, NEW))
    assert json.loads(replace(text, {OLD: NEW}, "s")) == expected


def test_fields_that_hold_a_value():
    assert fields(json.dumps({"a": OLD, "b": {"c": [f"x{OLD}"]}, "d": 1}), OLD) == ["a", "b"]
    assert fields("plain " + OLD, OLD) == []
    assert fields("[1]", OLD) == []


def test_json_inside_a_string_of_json_is_found_and_refused():
    inner = json.dumps({"k": OLD}).replace("/", "\\/")
    text = json.dumps({"config": inner})
    assert occurs(text, OLD)
    with pytest.raises(RotationError, match="by hand"):
        replace(text, {OLD: NEW}, "aws-sm://s")


@pytest.mark.parametrize("depth", range(4))
def test_lines_are_written_as_the_old_ones_were(depth):
    """A private key in a file of JSON, which a field of other JSON holds, and so on."""
    old, new = "-----BEGIN-----\nab/cd\n-----END-----", "-----BEGIN-----\nef\ngh+i\n-----END-----"
    before, after = old, new
    for _ in range(depth):
        before, after = (json.dumps({"k": f"{text}\n", "z": 1}) for text in (before, after))
    assert occurs(before, old)
    assert replace(before, {old: new}, "s") == after


@pytest.mark.parametrize("text", ["[" * 60_000, '{"a":' * 12_000])
def test_a_text_that_nests_without_end_is_read_as_text(text):
    assert not occurs(text, OLD)
    assert fields(text, OLD) == []
    assert replace(text + OLD, {OLD: NEW}, "s") == text + NEW
