"""What Kubernetes needs beyond the contract: versions, what is immutable or owned, and where secrets are looked for."""

import json
from base64 import b64encode

import pytest

from unleak.core.errors import Conflict, NotFound
from unleak.core.model import SecretRef
from unleak.core.secret import Secret
from unleak.rotate.stores.kubernetes import KubernetesSecrets

NEW = "11111111-1111-5111-8111-111111111111"
NAME = "prod/shop?ID,KEY"
AFTER = {"ID": "the-new-id", "KEY": "the-new-key"}


@pytest.fixture
def store(kubernetes):
    return KubernetesSecrets(kubernetes.address)


@pytest.fixture
def pair(leaked):
    return {"ID": leaked.id, "KEY": leaked.secret.reveal()}


def test_a_write_after_somebody_elses_is_refused_by_the_server(kubernetes, store, pair, monkeypatch):
    kubernetes.fill("prod/shop", pair)
    old = store.current(NAME)
    store.put_pending(NAME, NEW, Secret(json.dumps(AFTER)))
    send = store._send

    def somebody_writes_first(what, method, place, body=None):
        if what == "write":
            kubernetes.fill("prod/shop", {"UNRELATED": "theirs"})
        return send(what, method, place, body)

    monkeypatch.setattr(store, "_send", somebody_writes_first)
    with pytest.raises(Conflict, match="nothing was overwritten"):
        store.promote(NAME, NEW, old)
    assert kubernetes.values("prod/shop") == pair | {"UNRELATED": "theirs"}


def test_type_labels_and_binary_values_stay(kubernetes, store, pair):
    binary = b64encode(b"\xff\xfe").decode()
    kubernetes.fill("prod/shop", pair, type="acme/kind")
    kubernetes.secrets["prod/shop"]["data"]["STORE"] = binary
    kubernetes.secrets["prod/shop"]["metadata"]["labels"] = {"a": "b"}
    old = store.current(NAME)
    store.put_pending(NAME, NEW, Secret(json.dumps(AFTER)))
    store.promote(NAME, NEW, old)
    row = kubernetes.secrets["prod/shop"]
    assert (row["type"], row["metadata"]["labels"], row["data"]["STORE"]) == ("acme/kind", {"a": "b"}, binary)


def test_what_is_immutable_is_refused_in_the_plan(kubernetes, store, pair, leaked):
    kubernetes.fill("prod/shop", pair, immutable=True)
    assert "immutable" in store.find(leaked).holders[0].problem


def test_what_an_operator_makes_is_said(kubernetes, store, pair, leaked):
    kubernetes.fill("prod/shop", pair)
    kubernetes.secrets["prod/shop"]["metadata"]["ownerReferences"] = [
        {"kind": "ExternalSecret", "name": "shop"}
    ]
    note = store.find(leaked).holders[0].note
    assert "ExternalSecret shop" in note
    assert "--restart k8s://" in note


def test_without_the_right_to_all_namespaces_that_of_the_context_is_searched(kubernetes, store, pair, leaked):
    kubernetes.fill("prod/shop", pair)
    kubernetes.fill("default/shop", pair)
    kubernetes.denied = ("GET /api/v1/secrets",)
    assert [holder.ref.name for holder in store.find(leaked).holders] == ["default/shop?ID,KEY"]


@pytest.mark.parametrize("name", ["", "shop", "prod/", "prod/a/b", "prod/absent", "absent/shop"])
def test_a_name_that_names_nothing(kubernetes, store, pair, leaked, name):
    kubernetes.fill("prod/shop", pair)
    with pytest.raises(NotFound):
        store.look(SecretRef("k8s", name), leaked)
