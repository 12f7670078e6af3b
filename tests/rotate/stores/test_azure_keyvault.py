"""What Key Vault needs beyond the contract: what is set of a secret, deleted names, and whose pages are followed."""

import pytest

from unleak.core.errors import Conflict, NotFound, RotationError, UsageError
from unleak.core.model import SecretRef
from unleak.core.secret import Secret
from unleak.rotate.stores.azure_keyvault import KeyVault, _beyond

NEW = "11111111-1111-5111-8111-111111111111"
NAME = "vault/payments"


@pytest.fixture
def store(azure):
    return KeyVault(azure.address)


@pytest.fixture
def put(azure, store, leaked):
    azure.fill(
        NAME, leaked.secret.reveal(), contentType="key", tags={"a": "b"}, attributes={"exp": 2_000_000_000}
    )
    store.put_pending(NAME, NEW, Secret("new"))
    return store.current(NAME)


def test_kind_tags_and_times_stay(azure, store, put):
    store.promote(NAME, NEW, put)
    made = azure.secrets["payments"][-1]
    assert (made["value"], made["contentType"], made["tags"]) == ("new", "key", {"a": "b"})
    assert made["attributes"]["exp"] == 2_000_000_000


def test_a_version_that_came_in_between_is_written_back(azure, store, put, monkeypatch):
    make = store._put

    def somebody_writes_first(name, text, more):
        if name == NAME and azure.text(NAME) != "theirs":
            azure.fill(NAME, "theirs")
        return make(name, text, more)

    monkeypatch.setattr(store, "_put", somebody_writes_first)
    with pytest.raises(Conflict):
        store.promote(NAME, NEW, put)
    assert azure.text(NAME) == "theirs"


def test_what_cannot_be_purged_does_not_stand_in_the_way_of_the_next_rotation(azure, store, put):
    azure.purges = False
    store.tidy(NAME, (put, NEW))
    assert azure.deleted
    store.put_pending(NAME, NEW, Secret("new"))
    assert store.holds(NAME, NEW)


def test_secrets_of_certificates_and_disabled_ones_are_not_written(azure, store, leaked):
    azure.fill("vault/cert", leaked.secret.reveal(), managed=True)
    assert store.find(leaked).holders == ()
    assert "certificate" in store.look(SecretRef("azure-kv", "vault/cert"), leaked).problem


def test_a_page_elsewhere_is_not_followed(azure, store, leaked, monkeypatch):
    azure.fill(NAME, leaked.secret.reveal())
    monkeypatch.setattr(
        azure, "list", lambda path, rows, query: {"value": rows, "nextLink": "https://evil.example/x"}
    )
    with pytest.raises(RotationError, match="another vault"):
        store.find(leaked)


def test_pages_name_a_port():
    link = "https://vault.vault.azure.net:443/secrets?api-version=7.4&$skiptoken=x"
    assert _beyond(link, "https://vault.vault.azure.net") == "/secrets?api-version=7.4&$skiptoken=x"


def test_credentials_that_are_not_there_or_refused_are_said(azure, store, leaked, monkeypatch):
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "wr0ng")
    with pytest.raises(RotationError, match="gave no token") as caught:
        KeyVault(azure.address).find(leaked)
    assert "wr0ng" not in str(caught.value)
    monkeypatch.delenv("AZURE_CLIENT_SECRET")
    with pytest.raises(UsageError, match="no credentials for Azure"):
        KeyVault(azure.address).find(leaked)


def test_the_vault_that_is_searched_has_to_be_named(azure, store, leaked, monkeypatch):
    monkeypatch.delenv("KEY_VAULT_NAME")
    with pytest.raises(UsageError, match="KEY_VAULT_NAME"):
        store.find(leaked)


@pytest.mark.parametrize("name", ["", "vault", "vault/", "evil.example/x", "va/ult/x", "vault/absent"])
def test_a_name_that_names_nothing(azure, store, leaked, name):
    with pytest.raises(NotFound):
        store.look(SecretRef("azure-kv", name), leaked)
