"""Which of the listed keys a person may take for the leaked one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from unleak.core.secret import Secret
from unleak.rotate import naming
from unleak.rotate.naming import Leaked
from unleak.rotate.ports import Key
from unleak.rotate.rows import Row

NOW = datetime(2026, 1, 1, tzinfo=UTC)
VALUE = "key-" + "a1b2c3d4" * 4
LEAKED = Leaked(Secret(VALUE), "", "", False, NOW)


def row(key_id, *, name="deploy", active=True, expires=None, hint="", secret=None):
    held = Secret(secret) if secret else None
    return Row(Key(key_id, active, NOW - timedelta(days=9), expires), name, held, None, hint, {})


@pytest.mark.parametrize(("hint", "fitting"), [
    ("", False), ("key-a1***c3d4", True), ("key-a1...c3d4", True), ("…c3d4", True), ("...c3d5", False),
    ("key-b1***", False), (VALUE, True), (VALUE[:8], False), (f"{VALUE}...{VALUE}", False),
])  # fmt: skip
def test_a_hint_fits_by_beginning_and_end(hint, fitting):
    assert naming.fits(hint, LEAKED.secret) is fitting


@pytest.mark.parametrize(("hint", "proof"), [
    ("", False), (f"{VALUE[:16]}***", True), (f"{VALUE[:15]}***", False), ("x" * 16 + "***", False), (VALUE, True),
    (f"{VALUE[:10]}...{VALUE[-6:]}", True),
])  # fmt: skip
def test_only_a_long_hint_is_a_proof(hint, proof):
    assert naming.proves(hint, LEAKED.secret) is proof


def test_without_a_name_the_keys_are_listed_that_it_can_be():
    past = NOW - timedelta(days=1)
    rows = [row("one"), row("off", active=False), row("old", expires=past), row("else", hint="...zzzz"),
            row("this", hint="...c3d4"), row("clear", secret=VALUE[:-1] + "x")]  # fmt: skip
    text = naming.refusal(rows, LEAKED)
    assert "--key-id ID" in text
    assert [name for name in ("one", "off", "old", "else", "this", "clear") if f"\n  {name} " in text] == [
        "one",
        "this",
    ]
    assert "made 2025-12-23" in text


def test_what_the_provider_says_of_a_key_is_one_short_line_without_the_key():
    rows = [row("one", name="a\x1b[2Jb\nc" + "d" * 90), row("two", name=f"for {VALUE[:20]}")]
    lines = naming.refusal(rows, LEAKED).splitlines()[1:]
    assert len(lines) == 2
    assert "\x1b" not in lines[0] + lines[1]
    assert len(lines[0]) < 80
    assert VALUE[:12] not in lines[1]


def test_a_long_list_is_cut():
    lines = naming.refusal([row(f"k{number}") for number in range(50)], LEAKED).splitlines()
    assert len(lines) == naming.SHOWN + 2
    assert lines[-1] == "  and 30 older ones"


@pytest.mark.parametrize(("one", "says"), [
    (row("k"), ""), (row("k", active=False), "not active"), (row("k", expires=NOW - timedelta(1)), "not active"),
    (row("k", hint="...zzzz"), "another way"), (row("k", hint="...c3d4"), ""), (row("other"), ""),
    (row("k", secret=VALUE), ""), (row("k", secret=VALUE + "x"), "another way"),
])  # fmt: skip
def test_a_named_key_that_contradicts_is_refused(one, says):
    text = naming.refusal([one], replace(LEAKED, key_id="k"))
    assert says in text
    assert bool(says) == bool(text)


def test_the_key_that_acts_has_to_be_named_where_it_may_be_in_the_list():
    rows, among = [row("k"), row("mine")], replace(LEAKED, key_id="k", among=True)
    assert "acting_id=ID" in naming.refusal(rows, among)
    assert naming.refusal(rows, replace(among, acting_id="mine")) == ""
    assert naming.refusal(rows, replace(among, acting_id="none")) == ""
    assert "that acts" in naming.refusal(rows, replace(among, acting_id="k"))
    assert "\n  mine" not in naming.refusal(rows, replace(among, acting_id="mine", key_id=""))
