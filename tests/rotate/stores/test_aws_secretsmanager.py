"""Secrets Manager through our port, against moto's server."""

import json

import pytest

from unleak.core.errors import Conflict, NotFound, RotationError
from unleak.core.model import SecretRef
from unleak.core.secret import Secret
from unleak.rotate.ports import Credential
from unleak.rotate.stores.aws_secretsmanager import SecretsManager
from unleak.verify.aws_client import Access, Pair

NEW = "11111111-1111-5111-8111-111111111111"


@pytest.fixture
def store(aws):
    return SecretsManager(Access())


@pytest.fixture
def leaked(aws):
    return Credential(aws.leaked["AccessKeyId"], Secret(aws.leaked["SecretAccessKey"]))


def names(sweep):
    return sorted(str(holder.ref) for holder in sweep.holders)


def test_the_value_is_found_in_every_form(aws, store, leaked):
    value = leaked.secret.reveal()
    aws.json_secret("json")
    aws.secret("plain", value)
    aws.secret("url", f"https://user:{value}@example.org/")
    aws.secret("other", "nothing here")
    for number in range(22):  # more than one batch
        aws.secret(f"filler{number}", "x")
    sweep = store.find(leaked)
    assert names(sweep) == ["aws-sm://json", "aws-sm://plain", "aws-sm://url"]
    assert sweep.looked == 26
    assert not any(holder.problem for holder in sweep.holders)


def test_what_is_current_counts_even_after_it_moved(aws, store, leaked):
    old = aws.secret("moved", leaked.secret.reveal())
    store.put_pending("moved", NEW, Secret("clean"))
    store.promote("moved", NEW, old)
    assert names(store.find(leaked)) == []
    store.promote("moved", old, NEW)
    holder = store.find(leaked).holders[0]
    assert holder.version == old
    assert holder.older == 0


def test_older_versions_that_hold_it_are_counted(aws, store, leaked):
    aws.secret("twice", leaked.secret.reveal())
    aws.client("secretsmanager").put_secret_value(
        SecretId="twice", SecretString=f"{leaked.secret.reveal()} again"
    )
    assert store.look(SecretRef("aws-sm", "twice"), leaked).older == 1


def test_a_binary_secret_is_reported_and_refused(aws, store, leaked):
    aws.client("secretsmanager").create_secret(
        Name="binary", SecretBinary=b"\0" + leaked.secret.reveal().encode()
    )
    assert "binary" in store.find(leaked).holders[0].problem


def test_a_rotation_in_progress_is_refused(aws, store, leaked):
    aws.secret("busy", leaked.secret.reveal())
    store.put_pending("busy", NEW, Secret("theirs"))
    assert "AWSPENDING" in store.find(leaked).holders[0].problem


def test_a_target_must_hold_the_value_in_its_field(aws, store, leaked):
    aws.secret("fields", json.dumps({"right": leaked.secret.reveal(), "wrong": "x"}))
    assert store.look(SecretRef("aws-sm", "fields", "right"), leaked)
    assert store.look(SecretRef("aws-sm", "fields", "wrong"), leaked) is None
    assert store.look(SecretRef("aws-sm", "fields"), Credential("x", Secret("other"))) is None
    with pytest.raises(NotFound):
        store.look(SecretRef("aws-sm", "nowhere"), leaked)


def test_a_pending_version_is_read_by_nobody(aws, store):
    old = aws.secret("s", "old")
    store.put_pending("s", NEW, Secret("new"))
    store.put_pending("s", NEW, Secret("new"))
    assert aws.current("s") == "old"
    assert store.holds("s", NEW)
    assert store.read("s", NEW).reveal() == "new"
    assert store.current("s") == old


def test_promotion_is_a_compare_and_swap(aws, store):
    old = aws.secret("s", "old")
    store.put_pending("s", NEW, Secret("new"))
    aws.client("secretsmanager").put_secret_value(SecretId="s", SecretString="theirs")
    with pytest.raises(Conflict, match="nothing was overwritten"):
        store.promote("s", NEW, old)
    assert aws.current("s") == "theirs"


def test_a_change_between_look_and_move_is_a_conflict(aws, store, monkeypatch):
    old = aws.secret("s", "old")
    store.put_pending("s", NEW, Secret("new"))
    aws.client("secretsmanager").put_secret_value(SecretId="s", SecretString="theirs")
    seen = iter([old])
    real = store.current
    monkeypatch.setattr(store, "current", lambda name: next(seen, None) or real(name))
    with pytest.raises(Conflict, match="nothing was overwritten"):
        store.promote("s", NEW, old)
    assert aws.current("s") == "theirs"


def test_promotion_can_be_repeated_and_taken_back(aws, store):
    old = aws.secret("s", "old")
    store.put_pending("s", NEW, Secret("new"))
    for _ in range(2):
        store.promote("s", NEW, old)
        store.drop_pending("s", NEW)
    assert aws.current("s") == "new"
    stages = aws.client("secretsmanager").describe_secret(SecretId="s")["VersionIdsToStages"]
    assert stages[NEW] == ["AWSCURRENT"]
    store.promote("s", old, NEW)
    assert aws.current("s") == "old"


def test_a_dropped_version_is_as_good_as_gone(aws, store):
    aws.secret("s", "old")
    store.put_pending("s", NEW, Secret("new"))
    store.drop_pending("s", NEW)
    assert not store.holds("s", NEW)


def test_a_text_too_large_for_aws_is_refused_before_it_is_sent(aws, store):
    aws.secret("s", "old")
    with pytest.raises(RotationError, match="65536"):
        store.put_pending("s", NEW, Secret("é" * 32_769))
    assert not store.holds("s", NEW)


def test_a_replica_names_its_primary_region(aws, leaked):
    aws.client("secretsmanager").create_secret(
        Name="s", SecretString=leaked.secret.reveal(), AddReplicaRegions=[{"Region": "us-east-2"}]
    )
    replica = SecretsManager(Access(region="us-east-2")).find(leaked).holders[0]
    assert "--region eu-west-1" in replica.problem


def test_replicas_that_are_behind_are_named(aws, monkeypatch):
    aws.client("secretsmanager").create_secret(
        Name="s", SecretString="text", AddReplicaRegions=[{"Region": "us-east-2"}, {"Region": "us-west-2"}]
    )
    store = SecretsManager(Access())
    assert store.behind("s") == ""
    states = ["InSync", "InProgress"]
    rows = [{"Region": region, "Status": state} for region, state in zip("ab", states, strict=True)]
    monkeypatch.setattr(store, "_describe", lambda name: {"ReplicationStatus": rows})
    assert store.behind("s") == "b"
    rows[0]["Status"] = "Failed"
    with pytest.raises(RotationError, match="replica of s in a"):
        store.behind("s")


def test_key_and_policy_of_a_secret_stay(aws):
    client = aws.client("secretsmanager")
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    old = client.create_secret(Name="s", SecretString="old", KmsKeyId=key)["VersionId"]
    policy = '{"Version": "2012-10-17", "Statement": []}'
    client.put_resource_policy(SecretId="s", ResourcePolicy=policy)
    store = SecretsManager(Access())
    store.put_pending("s", NEW, Secret("new"))
    store.promote("s", NEW, old)
    assert client.describe_secret(SecretId="s")["KmsKeyId"] == key
    assert client.get_resource_policy(SecretId="s")["ResourcePolicy"] == policy


def test_without_the_right_to_read_many_they_are_read_singly(aws, leaked):
    aws.json_secret()
    batch = "secretsmanager:BatchGetSecretValue"
    deny = {"Effect": "Deny", "Action": batch, "Resource": "*"}
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    key = aws.user("narrow", {"Version": "2012-10-17", "Statement": [allow, deny]})
    store = SecretsManager(
        Access(region="eu-west-1", pair=Pair(key["AccessKeyId"], Secret(key["SecretAccessKey"])))
    )
    assert names(store.find(leaked)) == ["aws-sm://prod/payments"]


def test_secrets_that_cannot_be_looked_into_are_named(aws, leaked):
    aws.json_secret()
    read = ["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"]
    deny = {"Effect": "Deny", "Action": read, "Resource": "*"}
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    key = aws.user("blind", {"Version": "2012-10-17", "Statement": [allow, deny]})
    store = SecretsManager(
        Access(region="eu-west-1", pair=Pair(key["AccessKeyId"], Secret(key["SecretAccessKey"])))
    )
    sweep = store.find(leaked)
    assert sweep.closed == ("prod/payments",)
    assert sweep.looked == 0


def test_automatic_rotation_is_noted(aws, store, leaked, monkeypatch):
    aws.json_secret()
    real = store._describe
    monkeypatch.setattr(store, "_describe", lambda name: real(name) | {"RotationEnabled": True})
    assert "automatic rotation is on" in store.find(leaked).holders[0].note


def test_halves_of_the_key_are_told_from_the_whole(aws, store, leaked):
    aws.json_secret("whole")
    aws.secret("secret only", leaked.secret.reveal())
    aws.secret("id only", json.dumps({"id": leaked.id}))
    sweep = store.find(leaked)
    assert {holder.ref.name: holder.whole for holder in sweep.holders} == {
        "whole": True,
        "secret only": False,
    }
    assert sweep.id_only == ("id only",)


def test_what_the_batch_passes_over_in_silence_counts_as_not_looked_into(aws, store, leaked, monkeypatch):
    aws.json_secret()
    aws.secret("other", "x")
    client = store._client()
    real = client.batch_get_secret_value

    def partial(**asked):
        answer = real(**asked)
        kept = [row for row in answer["SecretValues"] if row["Name"] != "other"]
        return answer | {"SecretValues": kept, "Errors": []}

    monkeypatch.setattr(client, "batch_get_secret_value", partial)
    sweep = store.find(leaked)
    assert sweep.closed == ("other",)
    assert sweep.looked == 1
