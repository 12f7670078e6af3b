"""The key that acts is the leaked one."""

import json


def test_it_goes_on_with_the_new_key(aws, unleak):
    aws.json_secret()
    environment = {
        "AWS_ACCESS_KEY_ID": aws.leaked["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": aws.leaked["SecretAccessKey"],
    }
    ran = unleak.rotate(**environment)
    assert ran.returncode == 0, ran.stdout
    new = aws.current_key()
    assert aws.keys() == {new["AccessKeyId"]: "Active"}
    assert not aws.lives(aws.leaked)
    assert aws.tags() == {}
    shown = json.loads(unleak("incidents", "show", unleak.only_id(), "--format", "json").stdout)
    proof = next(event["data"]["proof"] for event in shown["events"] if event["kind"] == "picked up")
    assert proof == "the old key fell silent"


def test_it_can_be_undone(aws, unleak):
    aws.json_secret()
    environment = {
        "AWS_ACCESS_KEY_ID": aws.leaked["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": aws.leaked["SecretAccessKey"],
    }
    ran = unleak.rotate("--quiet", "600", "--wait", "0", **environment)
    assert ran.returncode == 4
    ran = unleak("incidents", "undo", unleak.only_id(), "--now", **environment)
    assert ran.returncode == 0, ran.stdout
    assert aws.keys() == {aws.leaked["AccessKeyId"]: "Active"}
    assert aws.current() == aws.json_text(aws.leaked)
    assert aws.tags() == {}


def test_a_dead_acting_key_says_where_the_new_one_is(aws, unleak):
    aws.json_secret()
    environment = {
        "AWS_ACCESS_KEY_ID": aws.leaked["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": aws.leaked["SecretAccessKey"],
    }
    assert unleak.rotate("--quiet", "600", "--wait", "0", **environment).returncode == 4
    aws.client("iam").delete_access_key(UserName="payments", AccessKeyId=aws.leaked["AccessKeyId"])
    ran = unleak("incidents", "resume", unleak.only_id(), **environment)
    assert ran.returncode == 4
    assert "put the new key into your AWS profile (it stands in aws-sm://prod/payments)" in ran.stdout
    new = aws.current_key()
    environment = {"AWS_ACCESS_KEY_ID": new["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": new["SecretAccessKey"]}
    ran = unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway", **environment)
    assert ran.returncode == 0, ran.stdout
