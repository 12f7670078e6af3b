"""The rotation function of Secrets Manager, which has no more than its rights: called twice, killed, refused."""

import json
import subprocess
import sys
import uuid
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
import yaml
from fakes.doppler import Service
from fakes.world import Network

from unleak.cli import rotation_wiring
from unleak.core.errors import AccessDenied, Conflict, LimitReached, RotationError, UnleakError, UsageError
from unleak.rotate import scheduled
from unleak.rotate.aws_lambda import handler
from unleak.rotate.providers.aws_iam import AwsIam
from unleak.rotate.stores.aws_secretsmanager import SecretsManager

NAME = "prod/payments"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
TEMPLATE = Path(__file__).parents[2] / "deploy" / "rotation-lambda.yaml"


class Killed(BaseException):
    """As if the process had ended there."""


class Template(yaml.SafeLoader):
    """Reads CloudFormation: the conditions are true, references give their names."""


Template.add_constructor("!If", lambda loader, node: loader.construct_sequence(node, deep=True)[1])
for _tag in ("!Ref", "!Sub", "!GetAtt"):
    Template.add_constructor(_tag, lambda loader, node: node.value)
for _tag in ("!Or", "!And", "!Not", "!Equals"):
    Template.add_constructor(_tag, lambda loader, node: None)


def policy(*wanted):
    """The statements of the function's role that the template writes."""
    function = yaml.load(TEMPLATE.read_text(), Template)["Resources"]["Rotation"]["Properties"]  # noqa: S506
    statements = [one for one in function["Policies"][0]["Statement"] if one["Sid"] in wanted]
    assert len(statements) == len(wanted)
    return {"Version": "2012-10-17", "Statement": [one | {"Resource": "*"} for one in statements]}


@pytest.fixture
def acting(aws, monkeypatch):
    """The environment holds a key with the rights of the function's role, and no others."""

    def act(*statements):
        key = aws.user("rotation-function", policy(*statements))
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])

    return act


@pytest.fixture
def iam(aws, acting):
    acting("WriteTheSecret", "ReplaceTheKey")
    aws.json_secret()
    return aws


def rotate(*steps, token=None):
    token = token or str(uuid.uuid4())
    for step in steps or STEPS:
        handler({"SecretId": NAME, "ClientRequestToken": token, "Step": step}, None)
    return token


def test_the_secret_gets_a_new_key_and_the_old_one_lives_on(iam):
    rotate()
    new = iam.current_key()
    assert new != iam.leaked
    assert iam.current() == iam.json_text(new).replace("\\/", "/")
    assert iam.lives(new)
    assert iam.lives(iam.leaked)
    assert iam.tags() == {}


def test_the_next_rotation_deletes_the_key_before_the_current(iam):
    rotate()
    second = iam.current_key()
    rotate()
    third = iam.current_key()
    assert iam.keys() == {second["AccessKeyId"]: "Active", third["AccessKeyId"]: "Active"}


def test_every_step_may_be_called_again(iam):
    token = rotate(*(step for step in STEPS for _ in range(2)))
    new = iam.current_key()
    rotate(token=token)
    assert iam.current_key() == new
    assert set(iam.keys()) == {iam.leaked["AccessKeyId"], new["AccessKeyId"]}


@pytest.mark.parametrize(("kind", "call"), [
    (AwsIam, "claim"), (AwsIam, "issue"), (AwsIam, "release"),
    (SecretsManager, "put_pending"), (SecretsManager, "promote"),
])  # fmt: skip
@pytest.mark.parametrize("when", ["before", "after"])
def test_it_goes_on_where_it_was_killed(iam, monkeypatch, kind, call, when):
    done = getattr(kind, call)

    def fatal(self, *given):
        if when == "after":
            done(self, *given)
        raise Killed

    token = str(uuid.uuid4())
    with monkeypatch.context() as patch:
        patch.setattr(kind, call, fatal)
        with pytest.raises(Killed):
            rotate(token=token)
    rotate(token=token)
    new = iam.current_key()
    assert iam.lives(new)
    assert set(iam.keys()) == {iam.leaked["AccessKeyId"], new["AccessKeyId"]}
    assert iam.tags() == {}


def test_a_key_that_cannot_be_stored_is_deleted(iam, monkeypatch):
    def refused(self, name, version, text):
        raise AccessDenied("no")

    monkeypatch.setattr(SecretsManager, "put_pending", refused)
    with pytest.raises(AccessDenied):
        rotate("createSecret")
    assert list(iam.keys()) == [iam.leaked["AccessKeyId"]]


def test_a_key_of_somebody_else_is_never_deleted(iam):
    other = iam.client("iam").create_access_key(UserName="payments")["AccessKey"]
    with pytest.raises(LimitReached, match=other["AccessKeyId"]):
        rotate("createSecret")
    assert set(iam.keys()) == {iam.leaked["AccessKeyId"], other["AccessKeyId"]}


def test_an_owner_whom_a_rotation_works_on_is_left_alone(iam):
    iam.client("iam").tag_user(UserName="payments", Tags=[{"Key": "unleak:rotation", "Value": "abcdef0123"}])
    with pytest.raises(Conflict, match="abcdef0123"):
        rotate("createSecret")
    assert list(iam.keys()) == [iam.leaked["AccessKeyId"]]


def test_the_key_before_stays_while_somebody_uses_it(iam, monkeypatch):
    rotate()
    monkeypatch.setattr(scheduled, "SWITCHING", timedelta(hours=-1))
    iam.lives(iam.leaked)  # a call with it
    before = iam.keys()
    with pytest.raises(Conflict, match="still in use"):
        rotate("createSecret")
    assert iam.keys() == before


def test_a_dead_key_is_not_replaced_in_silence(iam):
    iam.client("iam").delete_access_key(UserName="payments", AccessKeyId=iam.leaked["AccessKeyId"])
    with pytest.raises(RotationError, match="no key that its provider accepts"):
        rotate("createSecret")


def test_a_bug_shows_nothing(iam, monkeypatch):
    def broken(self, identity, rotation):
        raise ValueError(iam.leaked["SecretAccessKey"])

    monkeypatch.setattr(AwsIam, "issue", broken)
    with pytest.raises(RotationError) as caught:
        rotate("createSecret")
    assert "ValueError in broken" in caught.value.message
    assert iam.leaked["SecretAccessKey"][:8] not in repr(caught.value)
    assert caught.value.__suppress_context__


@pytest.fixture
def doppler(aws, acting, monkeypatch):
    """A service token in one secret, the credential that makes others in another."""
    world = Service()
    monkeypatch.setattr(rotation_wiring, "network", Network(world).https)
    aws.secret(NAME, json.dumps({"TOKEN": world.leaked.secret, "PORT": 8080}))
    aws.secret("ops/doppler", json.dumps({"TOKEN": world.admin.secret}))
    acting("WriteTheSecret", "ReadTheActingCredential")
    monkeypatch.setenv("UNLEAK_RULE", "doppler.service")
    monkeypatch.setenv("UNLEAK_ADMIN", "aws-sm://ops/doppler#TOKEN")
    return world


def test_keys_of_other_services_are_rotated_too(aws, doppler):
    rotate(*(step for step in STEPS for _ in range(2)))
    second = json.loads(aws.current(NAME))["TOKEN"]
    assert second != doppler.leaked.secret
    assert doppler.lives(second)
    assert doppler.lives(doppler.leaked.secret)
    rotate()
    third = json.loads(aws.current(NAME))["TOKEN"]
    assert doppler.lives(third)
    assert doppler.lives(second)
    assert not doppler.lives(doppler.leaked.secret)


def test_what_a_kill_left_of_another_service_is_revoked(aws, doppler, monkeypatch):
    def fatal(self, name, version, text):
        raise Killed

    token = str(uuid.uuid4())
    with monkeypatch.context() as patch:
        patch.setattr(SecretsManager, "put_pending", fatal)
        with pytest.raises(Killed):
            rotate(token=token)
    rotate(token=token)
    live = {key.secret for key in doppler.held if doppler.lives(key.secret)} - {doppler.admin.secret}
    assert live == {doppler.leaked.secret, json.loads(aws.current(NAME))["TOKEN"]}


@pytest.mark.parametrize(
    ("rule", "says"), [("stripe.secret-live", "only a person"), ("acme.none", "no such rule")]
)
def test_keys_that_it_cannot_issue_are_refused(iam, monkeypatch, rule, says):
    monkeypatch.setenv("UNLEAK_RULE", rule)
    with pytest.raises(UnleakError, match=says):
        rotate("createSecret")


@pytest.mark.parametrize(
    ("rule", "parts"), [("twilio.api-key", "account_sid=AC1"), ("google.service-account", ""),
                        ("grafana.service-account", "base_url=https://x.example,service_account=3,key_id=7")],
)  # fmt: skip
def test_keys_that_its_settings_would_mistake_are_refused(iam, monkeypatch, rule, parts):
    """The parts of the settings belong to the key that the first rotation replaces; a new one would be left."""
    monkeypatch.setenv("UNLEAK_RULE", rule)
    monkeypatch.setenv("UNLEAK_ADMIN", "env:UNLEAK_RULE")
    monkeypatch.setenv("UNLEAK_PARTS", parts)
    with pytest.raises(UsageError, match="on a schedule"):
        rotate("createSecret")


def test_other_steps_are_refused(iam):
    with pytest.raises(UnleakError, match="createSecret"):
        rotate("dropSecret")


def test_the_template_is_valid():
    ran = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), TEMPLATE], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (0, "")


def test_a_session_of_boto3_needs_no_more(iam):
    """The rights of the fixture are really few."""
    with pytest.raises(Exception, match="AccessDenied"):
        boto3.Session().client("secretsmanager").list_secrets()
