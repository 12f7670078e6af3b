"""The search finds what it is meant to find: without these tests, its silence would mean nothing."""

import base64
import gzip
import json
import pickle
import sqlite3
import zlib
from contextlib import closing

import pytest

SHAPES = ("text", "json", "jsonl", "sarif")

FORMS = {
    "plain": lambda key: key,
    "a piece of 12": lambda key: key[11:23],
    "in JSON": lambda key: json.dumps({"key": key}).replace("/", "\\/"),
    "percent-encoded": lambda key: key.replace("/", "%2F").replace("+", "%2B"),
    "reversed": lambda key: key[::-1],
    "hex": lambda key: key.encode().hex(),
    "HEX": lambda key: key.encode().hex().upper(),
    "UTF-16": lambda key: ("é" + key).encode("utf-16"),
    "base64 of all": lambda key: base64.b64encode(key.encode()),
    "base64 after one byte": lambda key: base64.b64encode(b"x" + key.encode() + b"yz"),
    "base64 after two bytes": lambda key: base64.b64encode(b"xy" + key.encode()),
    "url-safe base64": lambda key: base64.urlsafe_b64encode(b"\xff\xfe" + key.encode()),
    "base64 of a pickle": lambda key: base64.b64encode(pickle.dumps({"error": ValueError(key)})),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_found(form: str, world, leak) -> None:
    shown = FORMS[form](leak.key.secret)
    data = shown if isinstance(shown, bytes) else shown.encode()
    assert world.search(b"before " + data + b" after")
    assert not world.search(b"before and after")


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress, base64.b85encode])
def test_what_a_database_holds_is_unpacked(pack, world, leak) -> None:
    value = base64.b64encode(pack(leak.key.secret.encode()))
    with closing(sqlite3.connect(world.path / "state" / "some.sqlite")) as database, database:
        database.execute("CREATE TABLE t (a, b)")
        database.execute("INSERT INTO t VALUES (?, ?)", (value.decode(), value))
    found = world.traces({}, world.search)
    assert bool(found) is (pack is not base64.b85encode)  # which nothing here writes


@pytest.mark.parametrize("place", ["home/.netrc", "state/log", "tmp/x/y", "cache/unleak/z", "cwd/core"])
def test_every_directory_is_searched(place: str, world, leak) -> None:
    path = world.path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\0\1" + leak.key.secret.encode())
    assert world.traces({}, world.search) == {(place, "aws (plain)")}


@pytest.mark.parametrize("shape", SHAPES[:3])
def test_revealed_keys_are_found(shape: str, world, leak) -> None:
    ran = world.run("scan", "--reveal", "--format", shape, str(leak.repository))
    assert ran.code == 1
    assert {name.split()[0] for place, name in ran.traces if place == "stdout"} == set(leak.secrets)
    ran = world.run("scan", "--reveal", "--format", shape, "--output", "out", str(leak.repository))
    assert {name.split()[0] for place, name in ran.traces if place == "cwd/out"} == set(leak.secrets)


def test_sarif_never_reveals(world, leak) -> None:
    ran = world.run("scan", "--reveal", "--format", "sarif", str(leak.repository))
    assert ran.code == 1
    assert ran.traces == set()


def test_arguments_and_environment_of_children_are_seen(world, leak) -> None:
    ran = world.run("scan", "--history", str(leak.repository), NOTE=leak.key.secret)
    places = {place for place, _ in ran.traces}
    assert "git.log" in places
    assert any(place.startswith("environ of python") for place in places)
