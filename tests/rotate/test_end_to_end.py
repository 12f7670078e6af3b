"""A whole rotation by the command line against moto's server."""

import json
import re
import threading
import time
from pathlib import Path

import pytest


@pytest.fixture
def service(aws):
    """A service that reads its secret every 0.2 s and calls AWS with the key in it."""
    stop = threading.Event()
    calls = {"made": 0, "failed": 0}

    def work():
        while not stop.is_set():
            calls["made"] += 1
            calls["failed"] += not aws.lives(aws.current_key())
            time.sleep(0.2)

    thread = threading.Thread(target=work)
    yield lambda: (thread.start(), calls)[1]
    stop.set()
    thread.join()


def test_a_key_is_replaced_without_a_failed_call(aws, unleak, service):
    aws.json_secret()
    calls = service()
    ran = unleak.rotate()
    assert ran.returncode == 0, ran.stdout
    new = aws.current_key()
    assert new["AccessKeyId"] != aws.leaked["AccessKeyId"]
    assert aws.keys() == {new["AccessKeyId"]: "Active"}
    assert aws.lives(new)
    assert not aws.lives(aws.leaked)
    assert aws.current() == aws.json_text(new).replace("\\/", "/")
    assert aws.tags() == {}
    assert calls["made"] > 3
    assert calls["failed"] == 0
    assert "proven dead" in ran.stdout
    shown = json.loads(unleak("incidents", "show", unleak.only_id()[:4], "--format", "json").stdout)
    assert shown["status"] == "closed"
    assert shown["exposure_seconds"] > 0


def test_without_a_service_that_uses_the_new_key_nothing_is_revoked(aws, unleak):
    aws.json_secret()
    ran = unleak.rotate("--wait", "4")
    assert ran.returncode == 4
    assert "the new key has not been used yet" in ran.stdout
    assert aws.keys() == {aws.leaked["AccessKeyId"]: "Active", aws.current_key()["AccessKeyId"]: "Active"}


def test_a_service_keeps_working_while_a_rotation_is_undone(aws, unleak, service):
    aws.json_secret()
    calls = service()
    assert unleak.rotate("--quiet", "600", "--wait", "3").returncode == 4
    ran = unleak("incidents", "undo", unleak.only_id(), "--quiet", "1", "--wait", "30")
    assert ran.returncode == 0, ran.stdout
    assert aws.keys() == {aws.leaked["AccessKeyId"]: "Active"}
    assert aws.current() == aws.json_text(aws.leaked)
    assert calls["failed"] == 0


def test_the_documented_policy_is_enough_and_no_more_than_that(aws, unleak):
    """moto knows no resources of these calls, so the actions alone are held against it."""
    text = (Path(__file__).parents[2] / "docs" / "rotation.md").read_text()
    policy = json.loads(re.search(r"```json\n(\{\s+\"Version\".*?)```", text, re.DOTALL)[1])
    for statement in policy["Statement"]:
        statement["Resource"] = "*"
    aws.json_secret()
    key = aws.user("responder", policy)
    acting = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    fast = ("--consumer", "http://127.0.0.1:9/", "--wait", "0")
    assert unleak.rotate(*fast, **acting).returncode == 4
    ran = unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway", **acting)
    assert ran.returncode == 0, ran.stdout
    called = set(re.findall(r'calling\([^"]*f?"[^"]*", "((?:iam|secretsmanager):\w+)"', _sources()))
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert called == allowed


def _sources():
    folder = Path(__file__).parents[2] / "rotation" / "unleak" / "rotate"
    return "".join(path.read_text() for path in folder.rglob("aws_*.py"))
