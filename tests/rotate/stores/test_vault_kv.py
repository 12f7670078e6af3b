"""What the key-value engine needs beyond the contract, against OpenBao's server."""

import json
import re
from pathlib import Path

import pytest

from unleak.core.errors import AccessDenied, NotFound, RotationError
from unleak.core.model import SecretRef
from unleak.core.secret import Secret
from unleak.rotate.stores.vault_kv import VaultKv
from unleak.verify.vault_client import place

NEW = "11111111-1111-5111-8111-111111111111"
POLICY = (Path(__file__).parents[3] / "docs" / "rotation.md").read_text()
EVERYTHING = {
    path: json.loads(rights)
    for path, rights in re.findall(r'^path "(\S+)" \{ capabilities = (\[.*?\]) \}$', POLICY, re.MULTILINE)
}
"""The documented policy."""


@pytest.fixture
def kv(bao):
    """A mount `kv` of version 2; returns a maker of secrets in it."""
    bao.call("POST", "sys/mounts/kv", {"type": "kv", "options": {"version": "2"}})

    def make(path, **fields):
        bao.call("POST", f"kv/data/{path}", {"data": fields})

    return make


@pytest.fixture
def store(bao):
    return VaultKv(place())


@pytest.fixture
def limited(bao, monkeypatch):
    """A maker of stores whose token may do these things alone."""

    def make(policy):
        monkeypatch.setenv("VAULT_TOKEN", bao.limited(policy))
        return VaultKv(place())

    return make


def replaced(store, name, text):
    """All calls of a rotation of one secret; returns the version before."""
    old = store.current(name)
    store.put_pending(name, NEW, Secret(text))
    store.promote(name, NEW, old)
    return old


def test_secrets_are_found_in_all_folders_of_all_mounts(bao, kv, store, leaked):
    value = leaked.secret.reveal()
    bao.call("POST", "sys/mounts/team/inner", {"type": "kv", "options": {"version": "1"}})
    kv("top", key=value)
    kv("a/b/c", key={"deep": [value]})
    kv("a/b/c/d", key=value)
    bao.call("POST", "team/inner/x/y", {"key": value})
    found = {holder.ref.name for holder in store.find(leaked).holders}
    assert found == {"kv/top", "kv/a/b/c", "kv/a/b/c/d", "team/inner/x/y"}


def test_what_is_kept_of_a_secret_is_not_taken_for_that_of_one_below_it(kv, store):
    kv("app", key="old")
    kv("app/db", key="old")
    store.put_pending("kv/app/db", NEW, Secret('{"key": "new"}'))
    assert not store.holds("kv/app", NEW)


def test_values_of_every_kind_stay(bao, kv, store):
    fields = {
        "z": 1.5,
        "a": "caf\u00e9 <&>",
        "none": None,
        "list": [1, {"x": True}],
        "n": 12345678901,
        "key": "old",
    }
    kv("app", **fields)
    text = store.read("kv/app", "1").reveal()
    replaced(store, "kv/app", text.replace("old", "new"))
    assert bao.call("GET", "kv/data/app")["data"]["data"] == fields | {"key": "new"}


def test_the_way_back_needs_no_old_versions(bao, kv, store):
    """A mount may keep one version only."""
    bao.call("POST", "kv/config", {"max_versions": 1})
    kv("app", key="old")
    old = replaced(store, "kv/app", '{"key": "new"}')
    with pytest.raises(AssertionError):
        bao.call("GET", "kv/data/app?version=1")
    store.promote("kv/app", old, NEW)
    assert bao.call("GET", "kv/data/app")["data"]["data"] == {"key": "old"}


def test_a_mount_may_demand_the_check(bao, kv, store):
    bao.call("POST", "kv/config", {"cas_required": True})
    bao.call("POST", "kv/data/app", {"options": {"cas": 0}, "data": {"key": "old"}})
    for _ in range(2):
        store.put_pending("kv/app", NEW, Secret('{"key": "new"}'))
    store.promote("kv/app", NEW, "1")
    assert bao.call("GET", "kv/data/app")["data"]["data"] == {"key": "new"}


def test_older_versions_that_hold_it_are_counted(bao, kv, store, leaked):
    for number in range(3):
        kv("app", key=leaked.secret.reveal(), number=number)
    kv("app", key="other")
    kv("app", key=leaked.secret.reveal())
    bao.call("POST", "kv/destroy/app", {"versions": [1]})
    holder = store.look(SecretRef("vault-kv", "kv/app"), leaked)
    assert holder.version == "5"
    assert holder.older == 2


def test_a_secret_whose_newest_version_is_deleted_holds_nothing(bao, kv, store, leaked):
    kv("app", key=leaked.secret.reveal())
    bao.call("DELETE", "kv/data/app")
    sweep = store.find(leaked)
    assert (sweep.holders, sweep.closed, sweep.looked) == ((), (), 0)
    with pytest.raises(NotFound):
        store.look(SecretRef("vault-kv", "kv/app"), leaked)


def test_version_one_says_what_it_cannot_do(bao, kv, store, leaked):
    bao.call("POST", "sys/mounts/old", {"type": "kv", "options": {"version": "1"}})
    bao.call("POST", "old/app", {"key": leaked.secret.reveal()})
    kv("app", key=leaked.secret.reveal())
    notes = {holder.ref.name: holder.note for holder in store.find(leaked).holders}
    assert "no compare-and-swap" in notes["old/app"]
    assert notes["kv/app"] == ""


@pytest.mark.parametrize("name", ["app", "nowhere/app", "kv/../kv/app", "kv//app", "sys/mounts", "kv/"])
def test_a_name_that_is_no_secret(kv, store, name):
    kv("app", key="old")
    with pytest.raises(NotFound):
        store.current(name)


def test_a_text_that_is_no_object_is_refused(kv, store):
    kv("app", key="old")
    for text in ("new", '["new"]'):
        with pytest.raises(RotationError, match="no JSON object"):
            store.put_pending("kv/app", NEW, Secret(text))
    assert not store.holds("kv/app", NEW)


# --- tokens that may do little ---------------------------------------------------------------------


def test_the_documented_rights_are_enough(bao, kv, limited, leaked):
    assert len(EVERYTHING) == 4
    kv("app", key=leaked.secret.reveal())
    store = limited(EVERYTHING)
    holder = store.find(leaked).holders[0]
    assert holder.problem == ""
    old = replaced(store, "kv/app", '{"key": "new"}')
    store.promote("kv/app", old, NEW)
    store.tidy("kv/app", (old, NEW))
    assert bao.call("GET", "kv/data/app")["data"]["data"] == {"key": leaked.secret.reveal()}


@pytest.mark.parametrize("missing", [path for path in EVERYTHING if path != "kv/metadata/*"])
def test_a_right_that_is_missing_is_told_before_anything_is_done(kv, limited, leaked, missing):
    kv("app", key=leaked.secret.reveal())
    store = limited(EVERYTHING | {missing: ["read"]})
    holder = store.look(SecretRef("vault-kv", "kv/app"), leaked)
    assert "the token lacks the right to" in holder.problem
    assert missing.removesuffix("/*") in holder.problem


def test_what_may_not_be_read_or_listed_is_named(kv, limited, leaked):
    for path in ("open", "closed/app", "blind/app"):
        kv(path, key=leaked.secret.reveal())
    denied = {"kv/data/closed/*": ["deny"], "kv/metadata/blind/*": ["deny"]}
    sweep = limited(EVERYTHING | denied).find(leaked)
    assert [holder.ref.name for holder in sweep.holders] == ["kv/open"]
    assert set(sweep.closed) == {"kv/closed/app", "kv/blind/"}
    assert sweep.looked == 1


def test_a_token_that_is_dead(kv, store, monkeypatch):
    monkeypatch.setenv("VAULT_TOKEN", "s." + "x" * 24)
    with pytest.raises(AccessDenied) as caught:
        store.current("kv/app")
    assert "x" * 24 not in str(caught.value)


def test_the_authority_of_the_server_may_be_ones_own(secure_bao, monkeypatch):
    with pytest.raises(RotationError, match="no certificate that is trusted"):
        VaultKv(place()).current("secret/app")
    monkeypatch.setenv("VAULT_CACERT", str(secure_bao))
    store = VaultKv(place())
    store.keep("secret/app", NEW, Secret("a text"))
    assert store.read("secret/app", NEW).reveal() == "a text"
