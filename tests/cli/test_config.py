"""The configuration file: what it may say, and how what is wrong is told."""

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from unleak.cli import config
from unleak.cli.config import Config, load, read, schema, unused
from unleak.core.errors import UsageError

GOOD = """
[rotate]
grace = 30
approval = "person"

[[keys]]
name = "payments"
rule = "aws.access-key"
principal = "arn:aws:iam::*:user/services/payments"
targets = ["aws-sm://prod/payments"]
order = "contain-first"
grace = 5

[[keys]]
name = "doppler"
rule = "doppler.*"
stores = ["aws-sm"]
admin = "cmd:op read op://ops/doppler/token"
parts = { access = "read" }
"""
KEY = 'name = "a"\nrule = "b"\ntargets = ["c"]\n'
SCHEMA = Path(__file__).parents[2] / "docs" / "unleak.schema.json"


def parsed(text):
    return read(tomllib.loads(text), "unleak.toml")


def refused(text):
    with pytest.raises(UsageError) as caught:
        parsed(text)
    return caught.value.message


def test_keys_have_what_is_said_for_all_and_their_own():
    first, second = parsed(GOOD).entries
    assert (first.settings["grace"], second.settings["grace"]) == (5, 30)
    assert first.settings["approval"] == second.settings["approval"] == "person"


def test_the_rule_tells_whose_settings_they_are():
    found = parsed(GOOD)
    assert found.entry("aws.access-key").name == "payments"
    assert found.entry("doppler.service").name == "doppler"
    other = found.entry("stripe.secret-live")
    assert (other.name, other.settings["grace"]) == ("", 30)
    assert found.entry("doppler.cli", "doppler").name == "doppler"


def test_what_is_not_clear_is_not_guessed():
    found = parsed(GOOD.replace('"aws.access-key"', '"doppler.service"'))
    with pytest.raises(UsageError, match="payments, doppler") as caught:
        found.entry("doppler.service")
    assert "--entry" in caught.value.hint
    with pytest.raises(UsageError, match="no keys of that name"):
        found.entry("doppler.service", "other")
    with pytest.raises(UsageError, match="this is a aws"):
        found.entry("aws.access-key", "payments")


@pytest.mark.parametrize(("account", "principal", "fits"), [
    ("1", "arn:aws:iam::1:user/services/payments", True), ("1", "arn:aws:iam::1:user/billing", False), ("1", "", False),
])  # fmt: skip
def test_a_key_of_somebody_else_is_told(account, principal, fits):
    assert (parsed(GOOD).entries[0].stranger(account, principal) == "") is fits
    assert parsed(GOOD).entries[1].stranger(account, principal) == ""


@pytest.mark.parametrize(("text", "says"), [
    ("[rotat]", "unleak.toml: rotat is no setting"),
    ("[rotate]\nab12cd34ef = 1", "rotate.what stands there is no setting"),
    ("rotate = 3", "rotate is no table"),
    ("keys = 3", "[[keys]]"),
    ("[rotate]\ngraze = 1", "rotate.graze is no setting"),
    ("[rotate]\ngrace = -1", "rotate.grace is not a number of seconds"),
    ("[rotate]\ngrace = true", "rotate.grace is not a number of seconds"),
    ('[rotate]\ngrace = "1"', "rotate.grace is not a number of seconds"),
    ('[rotate]\norder = "first"', "rotate.order is none of replace-first, contain-first"),
    ("[rotate]\nadmin = 'env:A'", "rotate.admin is no setting"),
    (f"[[keys]]\n{KEY.replace('name', 'nome')}", "keys[1].nome is no setting"),
    ("[[keys]]\nrule = 'b'\ntargets = ['c']", "keys[1].name is missing"),
    ("[[keys]]\nname = 'a'\ntargets = ['c']", "keys[1].rule is missing"),
    ("[[keys]]\nname = 'a'\nrule = 'b'", "neither `targets` nor `stores`"),
    (f"[[keys]]\n{KEY}targets = 'c'", ""),
    (f"[[keys]]\n{KEY}consumers = 'c'", "keys[1].consumers is not a list of texts"),
    (f"[[keys]]\n{KEY}restarts = ['']", "keys[1].restarts is not a list of texts"),
    (f"[[keys]]\n{KEY}parts = {{ a = 1 }}", "keys[1].parts is not a table of texts"),
    (f"[[keys]]\n{KEY}max_age_days = 0", "keys[1].max_age_days is not a whole number"),
    (f"[[keys]]\n{KEY}[[keys]]\n{KEY}", "has 'a' twice"),
])  # fmt: skip
def test_what_is_wrong_is_named(text, says):
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assert says == ""
        return
    with pytest.raises(UsageError) as caught:
        read(data, "unleak.toml")
    assert says in caught.value.message
    with pytest.raises(jsonschema.ValidationError) if "twice" not in says else pytest.raises(UsageError):
        jsonschema.validate(data, schema())
        read(data, "")


def test_the_published_schema_is_the_one_of_the_code():
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(tomllib.loads(GOOD), schema())
    assert json.loads(SCHEMA.read_text()) == schema()


def test_a_file_is_used_only_if_it_is_named_or_the_users_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    assert load(None) == Config()
    (tmp_path / "unleak.toml").write_text(GOOD)
    assert load(None) == Config()
    assert unused(None) == "unleak.toml"
    assert len(load(tmp_path / "unleak.toml").entries) == 2
    assert unused(tmp_path / "unleak.toml") == ""
    monkeypatch.setenv(config.VARIABLE, str(tmp_path / "unleak.toml"))
    assert len(load(None).entries) == 2
    assert unused(None) == ""
    monkeypatch.delenv(config.VARIABLE)
    (tmp_path / "own" / "unleak").mkdir(parents=True)
    (tmp_path / "own" / "unleak" / "unleak.toml").write_text(f"[[keys]]\n{KEY}")
    assert [one.name for one in load(None).entries] == ["a"]


def test_a_table_of_pyproject_is_read_too(tmp_path):
    path = tmp_path / "pyproject.toml"
    path.write_text(f"[tool.other]\nx = 1\n[[tool.unleak.keys]]\n{KEY}")
    assert [one.name for one in load(path).entries] == ["a"]


@pytest.mark.parametrize(
    ("content", "says"), [(b"[[a]", "line 1"), (b"\xff", "cannot be read"), (None, "cannot be read")]
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, content, says):
    path = tmp_path / "unleak.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=says) as caught:
        load(path)
    assert str(path) in caught.value.message
