"""What AWS, the network and the user may do in the middle: a clear error, exit 4, and resume ends well."""

import fcntl
import json
import os

import pytest

CONSUMER = ("--consumer", "http://127.0.0.1:9/")
PROVIDER_TEXT = "secret-looking text"

DENIED = {
    "TagUser": "iam:TagUser",
    "CreateAccessKey": "iam:CreateAccessKey",
    "PutSecretValue": "secretsmanager:PutSecretValue",
    "UpdateSecretVersionStage": "secretsmanager:UpdateSecretVersionStage",
    "UpdateAccessKey": "iam:UpdateAccessKey",
    "DeleteAccessKey": "iam:DeleteAccessKey",
    "UntagUser": "iam:UntagUser",
}
PLANNING = {
    "ListAccessKeys": "iam:ListAccessKeys",
    "ListUserTags": "iam:ListUserTags",
    "ListSecrets": "secretsmanager:ListSecrets",
    "DescribeSecret": "secretsmanager:DescribeSecret",
}


@pytest.fixture
def faulty(aws, unleak):
    """Starts a rotation whose pick-up is not waited for, with a fate for one call."""
    aws.json_secret()

    def start(fate, *arguments):
        environment = {"UNLEAK_TEST_CALL": fate}
        if arguments:
            return unleak(*arguments, faults=True, **environment)
        return unleak.rotate(*CONSUMER, "--wait", "0", faults=True, **environment)

    return start


@pytest.fixture
def ends_well(aws, unleak):
    """Resumes and holds the outcome against what must be true."""

    def resume():
        ran = unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway")
        assert ran.returncode == 0, ran.stdout
        new = aws.current_key()
        assert aws.keys() == {new["AccessKeyId"]: "Active"}
        assert new["AccessKeyId"] != aws.leaked["AccessKeyId"]
        assert aws.lives(new)
        assert not aws.lives(aws.leaked)

    return resume


def fail_at(faulty, unleak, name, fate):
    """Run until the call named `name` meets its fate, in the first run or in the one after."""
    ran = faulty(f"{name}:{fate}")
    if name in {"UpdateAccessKey", "DeleteAccessKey", "UntagUser"}:
        ran = faulty(f"{name}:{fate}", "incidents", "resume", unleak.only_id(), "--revoke-anyway")
    return ran


@pytest.mark.slow
@pytest.mark.parametrize("name", DENIED)
def test_access_denied_names_the_permission(faulty, unleak, ends_well, name):
    ran = fail_at(faulty, unleak, name, "denied")
    assert ran.returncode == 4
    assert f"access denied to {DENIED[name]}" in ran.stdout
    assert f"unleak incidents resume {unleak.only_id()}" in ran.stdout
    assert PROVIDER_TEXT not in ran.stdout
    ends_well()


@pytest.mark.parametrize("name", PLANNING)
def test_access_denied_while_planning_begins_nothing(faulty, unleak, name):
    ran = faulty(f"{name}:denied")
    assert ran.returncode == 2
    assert f"access denied to {PLANNING[name]}" in ran.stdout
    assert json.loads(unleak("incidents", "list", "--format", "json").stdout) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["CreateAccessKey", "PutSecretValue"])
def test_throttling(faulty, unleak, ends_well, name):
    ran = fail_at(faulty, unleak, name, "throttled")
    assert ran.returncode == 4
    assert f"AWS throttles {DENIED[name]}" in ran.stdout
    ends_well()


@pytest.mark.slow
def test_secrets_manager_is_down_between_put_and_promote(faulty, ends_well, aws):
    ran = faulty("UpdateSecretVersionStage:down")
    assert ran.returncode == 4
    assert "AWS (secretsmanager) cannot be reached" in ran.stdout
    assert aws.current() == aws.json_text(aws.leaked)
    ends_well()


@pytest.mark.slow
@pytest.mark.parametrize("at", ["CreateAccessKey", "3", "UpdateSecretVersionStage", "DeleteAccessKey"])
def test_an_answer_that_never_comes(faulty, unleak, ends_well, at):
    ran = fail_at(faulty, unleak, at, "silence")
    assert ran.returncode == 4
    ends_well()


def test_a_create_without_answer_is_not_repeated(faulty, unleak, aws):
    ran = faulty("CreateAccessKey:silence")
    assert "could not tell whether AWS did issue a new key" in ran.stdout
    assert len(aws.keys()) == 2
    shown = json.loads(unleak("incidents", "show", unleak.only_id(), "--format", "json").stdout)
    assert [event["kind"] for event in shown["events"]].count("issuing") == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["TagUser", "CreateAccessKey", "PutSecretValue", "UpdateAccessKey"])
def test_interrupted_at_a_change(faulty, unleak, ends_well, name):
    ran = fail_at(faulty, unleak, name, "interrupt")
    assert ran.returncode == 4
    assert "interrupted" in ran.stdout
    assert f"unleak incidents resume {unleak.only_id()}" in ran.stdout
    ends_well()


def test_interrupted_while_waiting(aws, unleak, ends_well):
    aws.json_secret()
    ran = unleak.rotate("--wait", "60", faults=True, UNLEAK_TEST_CALL="GetAccessKeyLastUsed:interrupt")
    assert ran.returncode == 4
    assert "interrupted" in ran.stdout
    ends_well()


def test_no_credentials(aws, unleak):
    ran = unleak.rotate(AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    assert ran.returncode == 2
    assert "there are no AWS credentials to act with" in ran.stdout
    assert "--aws-profile" in ran.stdout


def test_an_unknown_profile(unleak):
    ran = unleak.rotate("--aws-profile", "nobody")
    assert ran.returncode == 2
    assert "no AWS profile 'nobody'" in ran.stdout


def test_credentials_that_aws_does_not_accept(aws, unleak):
    aws.json_secret()
    ran = unleak.rotate(AWS_ACCESS_KEY_ID="AKIA" + "Q" * 16)
    assert ran.returncode == 2
    assert "AWS does not accept the acting credentials" in ran.stdout


def test_aws_out_of_reach(unleak):
    ran = unleak.rotate(AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert ran.returncode == 2
    assert "cannot be reached" in ran.stdout


def test_a_second_process_issues_nothing(aws, unleak, tmp_path, ends_well):
    aws.json_secret()
    assert unleak.rotate(*CONSUMER, "--wait", "0").returncode == 4
    rotation = unleak.only_id()
    before = aws.keys()
    with open(tmp_path / "state" / "rotations" / rotation / "lock", "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for command in ("resume", "undo"):
            ran = unleak("incidents", command, rotation)
            assert ran.returncode == 4
            assert "is being driven by another process" in ran.stdout
        assert unleak("incidents", "list").returncode == 0
        assert unleak("incidents", "show", rotation).returncode == 0
        again = unleak.rotate()
        assert again.returncode == 2
        assert f"rotation {rotation} of this key is open already" in again.stdout
    assert aws.keys() == before
    ends_well()


def test_another_machine_is_kept_out_by_the_tag(aws, unleak, tmp_path):
    aws.json_secret()
    assert unleak.rotate(*CONSUMER, "--wait", "0").returncode == 4
    rotation = unleak.only_id()
    ran = unleak.rotate(UNLEAK_STATE_DIR=str(tmp_path / "elsewhere"))
    assert ran.returncode == 2
    assert f"rotation {rotation} is working on this user" in ran.stdout


def test_a_secret_that_somebody_changes_is_not_overwritten(aws, unleak, faulty):
    ran = faulty("UpdateSecretVersionStage:denied")
    assert ran.returncode == 4
    theirs = aws.json_text(aws.leaked).replace("1.50", "1.75")
    aws.client("secretsmanager").update_secret(SecretId="prod/payments", SecretString=theirs)
    ran = unleak("incidents", "resume", unleak.only_id())
    assert ran.returncode == 4
    assert "was changed by somebody else" in ran.stdout
    assert aws.current() == theirs
    ran = unleak("incidents", "undo", unleak.only_id())
    assert ran.returncode == 0, ran.stdout
    assert aws.current() == theirs
    assert aws.keys() == {aws.leaked["AccessKeyId"]: "Active"}


def test_a_key_that_somebody_makes_after_a_refusal_stops_it_and_stays(aws, unleak, faulty):
    """It is new and unused, as one that a crash left would be."""
    assert faulty("CreateAccessKey:denied").returncode == 4
    strange = aws.client("iam").create_access_key(UserName="payments")["AccessKey"]
    ran = unleak("incidents", "resume", unleak.only_id())
    assert ran.returncode == 4
    assert f"{strange['AccessKeyId']}  active" in ran.stdout
    assert len(aws.keys()) == 2
    assert unleak("incidents", "undo", unleak.only_id()).returncode == 0
    assert aws.keys() == {aws.leaked["AccessKeyId"]: "Active", strange["AccessKeyId"]: "Active"}


def test_undo_is_refused_after_the_delete(aws, unleak, faulty):
    ran = fail_at(faulty, unleak, "UntagUser", "denied")
    assert ran.returncode == 4
    ran = unleak("incidents", "undo", unleak.only_id())
    assert ran.returncode == 4
    assert "no way back" in ran.stdout
    assert unleak("incidents", "resume", unleak.only_id()).returncode == 0


def test_state_is_private(aws, unleak, tmp_path):
    aws.json_secret()
    unleak.rotate(*CONSUMER, "--wait", "0")
    state = tmp_path / "state"
    assert os.stat(state).st_mode & 0o777 == 0o700
    for path in state.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize("limit", ["16000", "40000"])
def test_a_full_disk_under_the_state_is_no_bug(aws, unleak, limit):
    """The first is too little for the ledger, the second for the record of the steps."""
    aws.json_secret()
    ran = unleak.rotate(*CONSUMER, "--wait", "0", UNLEAK_TEST_DISK=limit)
    assert ran.returncode == 4
    assert "check the disk" in ran.stdout
    assert aws.keys() == {aws.leaked["AccessKeyId"]: "Active"}
    if limit == "40000":
        assert f"unleak incidents resume {unleak.only_id()}" in ran.stdout
        assert unleak("incidents", "undo", unleak.only_id()).returncode == 0


@pytest.mark.parametrize("name", ["CreateAccessKey", "UpdateSecretVersionStage"])
def test_acting_credentials_that_expire_on_the_way(faulty, unleak, ends_well, name):
    ran = fail_at(faulty, unleak, name, "expired")
    assert ran.returncode == 4
    assert "the acting AWS credentials have expired" in ran.stdout
    assert f"unleak incidents resume {unleak.only_id()}" in ran.stdout
    ends_well()


def test_acting_credentials_that_have_expired_before(faulty):
    ran = faulty("ListAccessKeys:expired")
    assert ran.returncode == 2
    assert "the acting AWS credentials have expired" in ran.stdout
