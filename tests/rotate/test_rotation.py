"""A rotation is read from its ledger as it was written."""

import json
from datetime import UTC, datetime

import pytest

from unleak.core.model import Event, Identity, SecretRef
from unleak.rotate.ports import Acting, Trait
from unleak.rotate.rotation import OPENED, Options, Rotation, as_data, from_event, target

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REF = SecretRef("aws-sm", "prod/web", "KEY")


def rotation(**identity):
    owner = Identity("acme", "team", "ada", "7", details={"host": "acme.example"}, **identity)
    acting, targets = Acting("8", "root"), (target("r1", REF, "v1"),)
    return Rotation("r1", owner, "wxyz", "f" * 64, acting, targets, Options(), frozenset({Trait.NAME}))


def opened(data):
    return Event(1, "r1", NOW, "ada", OPENED, json.loads(json.dumps(data)))


@pytest.mark.parametrize("identity", [{}, {"scopes": ("read", "write"), "expires": NOW}])
def test_whoever_goes_on_knows_what_the_leaked_key_could_do(identity):
    """Or a new key could not be compared with it after a crash."""
    made = rotation(**identity)
    assert from_event(opened(as_data(made))) == made


def test_entries_of_older_versions_are_read():
    made = rotation()
    data = as_data(made)
    del data["scopes"], data["expires"]
    assert from_event(opened(data)) == made
