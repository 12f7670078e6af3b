"""What Parameter Store does beyond the contract, against moto's server."""

import json
import re
from pathlib import Path

import pytest

from unleak.core.errors import NotFound, RotationError
from unleak.core.model import SecretRef
from unleak.core.secret import Secret
from unleak.rotate.stores.aws_ssm import ParameterStore
from unleak.verify.aws_client import Access, Pair

NEW = "11111111-1111-5111-8111-111111111111"


@pytest.fixture
def ssm(aws):
    return aws.client("ssm")


@pytest.fixture
def store(aws):
    return ParameterStore(Access())


def described(ssm, name):
    (row,) = ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [name]}])["Parameters"]
    return {
        key: row[key]
        for key in ("Type", "KeyId", "Tier", "Description", "AllowedPattern", "DataType")
        if key in row
    }


def denied(aws, *actions):
    """A store that acts as somebody who may do everything but these."""
    return acting(aws, ("Allow", ["*"]), ("Deny", list(actions)))


def acting(aws, *statements):
    """A store that acts as somebody with these effects and actions."""
    listed = [{"Effect": effect, "Action": actions, "Resource": "*"} for effect, actions in statements]
    key = aws.user("narrow", {"Version": "2012-10-17", "Statement": listed})
    pair = Pair(key["AccessKeyId"], Secret(key["SecretAccessKey"]))
    return ParameterStore(Access(region="eu-west-1", pair=pair))


def test_everything_but_the_value_stays(aws, ssm, store):
    key = aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
    given = {"Type": "SecureString", "KeyId": key, "Tier": "Advanced", "Description": "of payments",
             "AllowedPattern": "^[a-z]+$", "Tags": [{"Key": "team", "Value": "blue"}]}  # fmt: skip
    ssm.put_parameter(Name="/prod/key", Value="old", **given)
    before = described(ssm, "/prod/key")
    assert before["KeyId"] == key
    store.put_pending("/prod/key", NEW, Secret("new"))
    store.promote("/prod/key", NEW, "1")
    assert described(ssm, "/prod/key") == before
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/prod/key")["TagList"]
    assert tags == [{"Key": "team", "Value": "blue"}]


@pytest.mark.parametrize("kind", ["SecureString", "String"])
def test_what_is_kept_is_encrypted_and_not_in_the_path_that_services_read(aws, ssm, store, kind):
    key = aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
    secure = {"KeyId": key} if kind == "SecureString" else {}
    ssm.put_parameter(Name="/prod/key", Value="old", Type=kind, **secure)
    store.put_pending("/prod/key", NEW, Secret("new"))
    rows = ssm.describe_parameters()["Parameters"]
    (kept,) = [row for row in rows if row["Name"] != "/prod/key"]
    assert kept["Type"] == "SecureString"
    assert not secure or kept["KeyId"] == key
    assert "/prod/key" in kept["Description"]
    found = ssm.get_parameters_by_path(Path="/prod", Recursive=True)["Parameters"]
    assert [row["Name"] for row in found] == ["/prod/key"]


def test_an_advanced_parameter_holds_twice_as_much(ssm, store):
    ssm.put_parameter(Name="big", Value="old", Type="SecureString", Tier="Advanced")
    store.put_pending("big", NEW, Secret("x" * 8192))
    with pytest.raises(RotationError, match="8192"):
        store.put_pending("big", NEW, Secret("x" * 8193))


def test_older_versions_that_hold_it_are_counted(ssm, store, leaked):
    for text in ("first ", "second ", "third "):
        value = text + leaked.secret.reveal()
        ssm.put_parameter(Name="thrice", Value=value, Type="SecureString", Overwrite=True)
    holder = store.look(SecretRef("aws-ssm", "thrice"), leaked)
    assert holder.version == "3"
    assert holder.older == 2


def test_a_parameter_in_clear_is_noted(ssm, store, leaked):
    ssm.put_parameter(Name="secure", Value=leaked.secret.reveal(), Type="SecureString")
    ssm.put_parameter(Name="clear", Value=leaked.secret.reveal(), Type="String")
    notes = {holder.ref.name: holder.note for holder in store.find(leaked).holders}
    assert "not encrypted" in notes["clear"]
    assert "not encrypted" not in notes["secure"]
    assert all("compare-and-swap" in note for note in notes.values())


def test_our_own_call_that_arrived_twice_is_no_conflict(ssm, store, monkeypatch):
    ssm.put_parameter(Name="key", Value="old", Type="SecureString")
    store.put_pending("key", NEW, Secret("new"))
    look = store.now

    def look_then_arrive(name):
        seen = look(name)
        ssm.put_parameter(Name="key", Value="new", Overwrite=True)
        return seen

    monkeypatch.setattr(store, "now", look_then_arrive)
    store.promote("key", NEW, "1")
    assert ssm.get_parameter(Name="key", WithDecryption=True)["Parameter"]["Value"] == "new"


def test_a_colon_names_no_parameter(ssm, store):
    """The service would take what follows it for a version."""
    ssm.put_parameter(Name="key", Value="old", Type="SecureString")
    with pytest.raises(NotFound):
        store.current("key:1")


def test_without_the_right_to_read_many_they_are_read_singly(aws, ssm, leaked):
    ssm.put_parameter(Name="key", Value=leaked.secret.reveal(), Type="SecureString")
    sweep = denied(aws, "ssm:GetParameters").find(leaked)
    assert [holder.ref.name for holder in sweep.holders] == ["key"]


def test_parameters_that_cannot_be_looked_into_are_named(aws, ssm, leaked):
    ssm.put_parameter(Name="key", Value=leaked.secret.reveal(), Type="SecureString")
    sweep = denied(aws, "ssm:GetParameters", "ssm:GetParameter").find(leaked)
    assert sweep.closed == ("key",)
    assert sweep.looked == 0


def test_the_documented_policy_is_enough_and_no_more_than_that(aws, ssm, leaked):
    """moto knows no resources of these calls, so the actions alone are held against it."""
    root = Path(__file__).parents[3]
    blocks = re.findall(
        r"```json\n(\{\s+\"Version\".*?)```", (root / "docs/rotation.md").read_text(), re.DOTALL
    )
    (policy,) = [json.loads(block) for block in blocks if "ssm:" in block]
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    source = (root / "rotation/unleak/rotate/stores/aws_ssm.py").read_text()
    assert set(re.findall(r'"(ssm:\w+)"', source)) == allowed
    store = acting(aws, ("Allow", sorted(allowed)))
    ssm.put_parameter(Name="key", Value=leaked.secret.reveal(), Type="SecureString")
    (holder,) = store.find(leaked).holders
    store.put_pending("key", NEW, Secret("new"))
    store.promote("key", NEW, holder.version)
    store.tidy("key", (holder.version, NEW))
    assert [row["Name"] for row in ssm.describe_parameters()["Parameters"]] == ["key"]
