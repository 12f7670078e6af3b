"""What GitHub needs beyond the contract: sealing, who may use a secret, and its names."""

import json

import pytest

from unleak.core.errors import NotFound, RotationError
from unleak.core.model import SecretRef
from unleak.core.secret import Secret
from unleak.rotate.write_only.github import Actions, Dependabot, sealed

NEW = Secret("n3w" * 9)


def test_an_organisations_secret_stays_with_its_repositories(github):
    ids = list(range(1, 131))  # more than one page
    github.fill("orgs/team/actions", {"KEY": "old"}, visibility="selected", selected_repository_ids=ids)
    store = Actions(github.address)
    store.write("team?KEY", "KEY", NEW, store.stamp("team?KEY", "KEY"))
    row = github.rows["orgs/team/actions"]["KEY"]
    assert (row["value"], row["visibility"]) == (NEW.reveal(), "selected")
    assert row["selected_repository_ids"] == ids


def test_the_value_is_sealed_when_it_is_sent(github, monkeypatch):
    github.fill("repos/team/shop/actions", {"KEY": "old"})
    bodies, put = [], github.put
    monkeypatch.setattr(
        github, "put", lambda place, name, body: (bodies.append(json.dumps(body)), put(place, name, body))
    )
    store = Actions(github.address)
    store.write("team/shop?KEY", "KEY", NEW, store.stamp("team/shop?KEY", "KEY"))
    assert bodies
    assert NEW.reveal() not in bodies[0]
    assert github.values("repos/team/shop/actions") == {"KEY": NEW.reveal()}


@pytest.mark.parametrize("key", ["", "AAAA", "no base64"])
def test_a_public_key_that_is_none_seals_nothing(key):
    with pytest.raises(RotationError, match="public key"):
        sealed(key, NEW)


@pytest.mark.parametrize("place", ["", "a/b/c", "team@prod", "@prod"])
def test_a_name_that_names_nothing(github, leaked, place):
    with pytest.raises(NotFound):
        Actions(github.address).look(SecretRef("github-actions", f"{place}?KEY"), leaked)


def test_dependabot_knows_no_environments(github, leaked):
    with pytest.raises(NotFound):
        Dependabot(github.address).look(SecretRef("github-dependabot", "team/shop@prod?KEY"), leaked)
