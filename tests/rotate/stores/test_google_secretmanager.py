"""What Google Secret Manager needs beyond the contract: numbers, aliases, and what is disabled."""

import pytest

from unleak.core.errors import Conflict, NotFound, UsageError
from unleak.core.model import SecretRef
from unleak.core.secret import Secret
from unleak.rotate.beside import PLACE
from unleak.rotate.stores.google_secretmanager import GoogleSecretManager

NEW = "11111111-1111-5111-8111-111111111111"
NAME = "shop-123/payments"


@pytest.fixture
def store(google):
    return GoogleSecretManager(google.address)


@pytest.fixture
def put(google, store, leaked):
    """A pending text beside a secret with aliases; gives the version that it is to replace."""
    google.fill(NAME, "older")
    google.fill(NAME, leaked.secret.reveal(), versionAliases={"prod": 2, "previous": 1})
    store.put_pending(NAME, NEW, Secret("new"))
    return store.current(NAME)


def aliases(google):
    return {
        alias: int(number)
        for alias, number in google.secrets["shop-123", "payments"]["versionAliases"].items()
    }


def left(google):
    return [name for _, name in google.secrets if PLACE in name]


def test_aliases_of_the_replaced_version_are_moved_there_and_back(google, store, put):
    store.promote(NAME, NEW, put)
    assert aliases(google) == {"prod": 3, "previous": 1}
    store.promote(NAME, put, NEW)
    assert aliases(google) == {"prod": 4, "previous": 1}
    store.tidy(NAME, (put, NEW))
    assert left(google) == []


class Died(BaseException):
    """The process was killed."""


def test_killed_before_the_aliases_move_it_goes_on(google, store, put, monkeypatch):
    def die(name):
        raise Died

    monkeypatch.setattr(store, "drop", lambda name, version: None)
    settle = store.settle
    monkeypatch.setattr(
        store, "settle", lambda name: die(name) if google.text(NAME) == "new" else settle(name)
    )
    with pytest.raises(Died):
        store.promote(NAME, NEW, put)
    assert aliases(google)["prod"] == 2
    again = GoogleSecretManager(google.address)
    again.promote(NAME, NEW, put)
    assert aliases(google) == {"prod": 3, "previous": 1}
    again.tidy(NAME, (put, NEW))
    assert left(google) == []


def test_an_alias_that_somebody_else_moved_meanwhile_is_left_alone(google, store, put, monkeypatch):
    keep = store.keep

    def keep_then_somebody_moves(name, version, text):
        keep(name, version, text)
        google.secrets["shop-123", "payments"]["versionAliases"]["prod"] = 1

    monkeypatch.setattr(store, "keep", keep_then_somebody_moves)
    store.promote(NAME, NEW, put)
    assert aliases(google) == {"prod": 1, "previous": 1}


def test_a_version_that_came_in_between_is_written_back(google, store, put, monkeypatch):
    add = store._add

    def somebody_adds_first(name, text):
        if name == NAME and google.text(NAME) != "theirs":
            google.fill(NAME, "theirs")
        return add(name, text)

    monkeypatch.setattr(store, "_add", somebody_adds_first)
    with pytest.raises(Conflict):
        store.promote(NAME, NEW, put)
    assert google.text(NAME) == "theirs"


def test_texts_are_replicated_as_the_secret_is(google, store, put):
    (own,) = left(google)
    assert (
        google.secrets["shop-123", own]["replication"]
        == google.secrets["shop-123", "payments"]["replication"]
    )


def test_what_is_disabled_is_named_and_older_versions_are_counted(google, store, leaked):
    for _ in range(3):
        google.fill(NAME, leaked.secret.reveal())
    google.fill("shop-123/off", "text")
    google.stopped.add(("shop-123", "off"))
    sweep = store.find(leaked)
    assert sweep.closed == ("shop-123/off",)
    assert sweep.holders[0].older == 2
    assert "by its number" in sweep.holders[0].note


def test_the_project_that_is_searched_has_to_be_named(google, store, leaked, monkeypatch):
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT")
    with pytest.raises(UsageError, match="GOOGLE_CLOUD_PROJECT"):
        store.find(leaked)


@pytest.mark.parametrize("name", ["", "shop-123", "/payments", "shop-123/a/b", "shop-123/absent"])
def test_a_name_that_names_nothing(google, store, leaked, name):
    with pytest.raises(NotFound):
        store.look(SecretRef("gcp-sm", name), leaked)
