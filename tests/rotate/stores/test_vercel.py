"""What Vercel needs beyond the contract: rows of several targets, kinds of variables, and its teams."""

import json

import pytest

from unleak.core.errors import AccessDenied, Conflict, NotFound, RotationError
from unleak.core.model import SecretRef
from unleak.core.secret import Secret
from unleak.rotate.stores.vercel import VercelEnv

NEW = "11111111-1111-5111-8111-111111111111"
NAME = "shop@production?ID,KEY"
AFTER = {"ID": "the-new-id", "KEY": "the-new-key"}


@pytest.fixture
def store(vercel):
    return VercelEnv(vercel.address, vercel.team)


@pytest.fixture
def pair(leaked):
    return {"ID": leaked.id, "KEY": leaked.secret.reveal()}


@pytest.fixture
def put(vercel, store, pair):
    vercel.fill("shop@production", pair, comment="of the shop")
    old = store.current(NAME)
    store.put_pending(NAME, NEW, Secret(json.dumps(AFTER)))
    return old


def test_rows_of_other_targets_are_secrets_of_their_own(vercel, store, pair, leaked):
    vercel.fill("shop@development+preview", pair, kind="plain")
    vercel.fill("shop@preview:main", pair)
    vercel.fill("shop@production", {"OTHER": "x"})
    names = {holder.ref.name for holder in store.find(leaked).holders}
    assert names == {"shop@development+preview?ID,KEY", "shop@preview:main?ID,KEY"}
    name = "shop@development+preview?ID,KEY"
    store.put_pending(name, NEW, Secret(json.dumps(AFTER)))
    store.promote(name, NEW, store.find(leaked).holders[0].version)
    assert vercel.values("shop@preview:main") == pair
    assert {key: vercel.values("shop@development+preview")[key] for key in pair} == AFTER


def test_what_is_set_of_a_variable_stays_and_texts_are_encrypted(vercel, store, put):
    store.promote(NAME, NEW, put)
    rows = {row["key"]: row for row in vercel.rows["shop"]}
    assert {rows[key]["comment"] for key in AFTER} == {"of the shop"}
    assert {tuple(row["target"]) for row in rows.values()} == {("production",)}
    ours = [row for key, row in rows.items() if key not in AFTER]
    assert {row["type"] for row in ours} == {"encrypted"}
    assert not any(AFTER["KEY"] in row["value"] for row in ours)


def test_if_one_is_refused_the_others_are_taken_back(vercel, store, put, pair):
    vercel.refuses.add("KEY")
    with pytest.raises(RotationError, match="Vercel answered 400"):
        store.promote(NAME, NEW, put)
    assert pair.items() <= vercel.values("shop@production").items()
    assert store.current(NAME) == put


def test_a_variable_that_has_another_value_by_now_is_not_written(vercel, store, pair):
    vercel.fill("shop@production", pair)
    with pytest.raises(Conflict):
        store.change("shop@production", {"KEY": Secret("another")}, {"KEY": Secret("new")})
    assert vercel.values("shop@production") == pair


def test_what_is_sensitive_is_named_and_never_taken(vercel, store, pair, leaked):
    vercel.fill("shop@production", pair, kind="sensitive")
    vercel.fill("shop@production", {"VERCEL_URL": ""}, kind="system")
    sweep = store.find(leaked)
    assert (sweep.holders, sweep.closed) == ((), ("shop@production?ID,KEY",))
    with pytest.raises(AccessDenied, match="can only be written"):
        store.look(SecretRef("vercel", NAME), leaked)


def test_a_team_is_asked_for_with_every_request(vercel, pair, leaked):
    vercel.fill("shop@production", pair)
    vercel.team = "team_1"
    assert VercelEnv(vercel.address, "team_1").find(leaked).looked == 1
    with pytest.raises(AccessDenied):
        VercelEnv(vercel.address).find(leaked)


@pytest.mark.parametrize("name", ["", "shop", "@production", "shop@preview", "absent@production"])
def test_a_name_that_names_nothing(vercel, store, pair, leaked, name):
    vercel.fill("shop@production", pair)
    with pytest.raises(NotFound):
        store.look(SecretRef("vercel", name), leaked)


def test_new_deployments_are_said_to_be_needed(vercel, store, pair, leaked):
    vercel.fill("shop@production", pair)
    assert "--restart vercel://" in store.find(leaked).holders[0].note
