"""What GitLab needs beyond the contract: a write of several calls, scopes, and what is hidden or masked."""

import json

import pytest

from unleak.core.errors import Conflict, NotFound, RotationError
from unleak.core.model import SecretRef
from unleak.core.secret import Secret
from unleak.rotate.beside import PLACE
from unleak.rotate.stores.gitlab_ci import GitlabCi

NEW = "11111111-1111-5111-8111-111111111111"
NAME = "team/app@production?ID,KEY"
AFTER = {"ID": "the-new-id", "KEY": "the-new-key"}


@pytest.fixture
def store(gitlab):
    return GitlabCi(gitlab.address)


@pytest.fixture
def pair(leaked):
    return {"ID": leaked.id, "KEY": leaked.secret.reveal()}


@pytest.fixture
def put(gitlab, store, pair):
    """A pending text; gives the version that it is to replace."""
    gitlab.fill("team/app@production", pair, masked=True)
    old = store.current(NAME)
    store.put_pending(NAME, NEW, Secret(json.dumps(AFTER)))
    return old


class Died(BaseException):
    """The process was killed."""


def dies(store, monkeypatch, calls):
    """Killed when that many variables are changed."""
    change, changed = store.change, []

    def change_or_die(*given):
        if len(changed) == calls:
            raise Died
        changed.append(given)
        change(*given)

    monkeypatch.setattr(store, "change", change_or_die)


@pytest.mark.parametrize("calls", [0, 1])
@pytest.mark.parametrize("back", [False, True], ids=["forward", "back"])
def test_killed_between_two_variables_it_goes_on(gitlab, store, put, pair, monkeypatch, calls, back):
    way, want = ((put, NEW), pair) if back else ((NEW, put), AFTER)
    if back:
        store.promote(NAME, NEW, put)
    dies(store, monkeypatch, calls)
    with pytest.raises(Died):
        store.promote(NAME, *way)
    again = GitlabCi(gitlab.address)
    again.promote(NAME, *way)
    assert gitlab.values("team/app@production") == want
    again.tidy(NAME, (put, NEW))
    assert not any(row["environment_scope"] == PLACE for row in gitlab.rows["team/app"])


def test_killed_between_two_variables_the_way_back_is_open(gitlab, store, put, pair, monkeypatch):
    dies(store, monkeypatch, 1)
    with pytest.raises(Died):
        store.promote(NAME, NEW, put)
    again = GitlabCi(gitlab.address)
    assert again.current(NAME) == NEW
    again.promote(NAME, put, NEW)
    assert gitlab.values("team/app@production") == pair


def test_killed_between_two_variables_nobody_is_overwritten(gitlab, store, put, monkeypatch):
    dies(store, monkeypatch, 1)
    with pytest.raises(Died):
        store.promote(NAME, NEW, put)
    gitlab.fill("team/app@production", AFTER | {"KEY": "theirs"})
    again = GitlabCi(gitlab.address)
    assert again.current(NAME) not in {put, NEW}
    with pytest.raises(Conflict):
        again.promote(NAME, NEW, put)
    assert gitlab.values("team/app@production") == AFTER | {"KEY": "theirs"}


def test_if_one_is_refused_the_others_are_taken_back(gitlab, store, put, pair):
    gitlab.refuses.add("KEY")
    with pytest.raises(RotationError, match="GitLab answered 400"):
        store.promote(NAME, NEW, put)
    assert gitlab.values("team/app@production") == pair
    assert store.current(NAME) == put


def test_a_plan_finishes_nothing(gitlab, store, put, pair, leaked, monkeypatch):
    dies(store, monkeypatch, 1)
    with pytest.raises(Died):
        store.promote(NAME, NEW, put)
    before = gitlab.values("team/app@production")
    again = GitlabCi(gitlab.address)
    again.find(leaked)
    assert "another rotation" in again.look(SecretRef("gitlab-ci", NAME), leaked).problem
    assert gitlab.values("team/app@production") == before


def test_texts_wait_where_no_job_is_given_them(gitlab, store, put):
    (row,) = [row for row in gitlab.rows["team/app"] if row["environment_scope"] == PLACE]
    assert (row["masked"], row["protected"], row["raw"]) == (True, True, True)
    assert AFTER["KEY"] not in row["value"]


def test_settings_stay(gitlab, store, put):
    store.promote(NAME, NEW, put)
    settings = [row | {"value": None} for row in gitlab.rows["team/app"] if row["environment_scope"] != PLACE]
    assert {row["masked"] for row in settings} == {True}
    assert {row["environment_scope"] for row in settings} == {"production"}


def test_each_scope_is_a_secret_of_its_own(gitlab, store, pair, leaked):
    gitlab.fill("team/app", pair)
    gitlab.fill("team/app@review/*", pair | {"OTHER": "x"})
    names = {holder.ref.name for holder in store.find(leaked).holders}
    assert names == {"team/app?ID,KEY", "team/app@review/*?ID,KEY"}
    named = store.look(SecretRef("gitlab-ci", "team/app@*", "KEY"), leaked)
    assert named.ref.name == "team/app?ID,KEY"
    version = store.current("team/app@review/*?ID,KEY")
    store.put_pending("team/app@review/*?ID,KEY", NEW, Secret(json.dumps(AFTER)))
    store.promote("team/app@review/*?ID,KEY", NEW, version)
    assert gitlab.values("team/app") == pair
    assert gitlab.values("team/app@review/*") == AFTER | {"OTHER": "x"}


def test_what_cannot_be_read_is_named(gitlab, store, pair, leaked):
    gitlab.fill("team/app", pair)
    gitlab.fill("team/app@secret", {"A": "x", "B": "y"}, hidden=True)
    gitlab.fill("team/off", {"A": "x"})
    gitlab.denied = ("GET /api/v4/projects/team%2Foff/variables",)
    assert store.find(leaked).closed == ("team/app@secret?A,B", "team/off")


def test_a_value_that_cannot_be_masked_is_refused_before_it_is_kept(gitlab, store, put):
    with pytest.raises(RotationError, match="is masked"):
        store.put_pending(NAME, NEW[::-1], Secret('{"ID": "the-new-id", "KEY": "two words"}'))
    assert not store.holds(NAME, NEW[::-1])


def test_a_token_that_only_reads_is_told_in_the_plan(gitlab, store, pair, leaked):
    gitlab.fill("team/app", pair)
    gitlab.scopes = ["read_api"]
    assert "needs the scope api" in store.find(leaked).holders[0].problem
    assert "half of the new key" in store.find(leaked).holders[0].note


@pytest.mark.parametrize("name", ["", "@production", "team/app@absent", "team/absent", "team/app?ABSENT"])
def test_a_name_that_names_nothing(gitlab, store, pair, leaked, name):
    gitlab.fill("team/app", pair)
    with pytest.raises(NotFound):
        store.look(SecretRef("gitlab-ci", name), leaked)
