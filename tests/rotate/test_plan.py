"""What the plan says, and what it refuses, before anything is changed."""

import json

import pytest


@pytest.fixture
def planned(aws, unleak):
    """Plans the rotation of a key, by default the leaked one, and returns code and plan or message."""

    def plan(*more, key=None, form="json", **environment):
        key = key or aws.leaked
        given = f"{key['AccessKeyId']}:{key['SecretAccessKey']}"
        ran = unleak("rotate", "--stdin", "--plan", "--format", form, *more, given=given, **environment)
        return ran.returncode, json.loads(ran.stdout) if ran.stdout.startswith("{") else ran.stdout

    return plan


def test_a_plan_tells_everything_and_changes_nothing(aws, planned, unleak, tmp_path):
    version = aws.json_secret()
    aws.secret("plain", f"{aws.leaked['AccessKeyId']}:{aws.leaked['SecretAccessKey']}")
    code, plan = planned("--grace", "7", "--quiet", "8")
    assert code == 0
    assert plan["identity"]["credential_id"] == aws.leaked["AccessKeyId"]
    assert plan["last4"] == aws.leaked["SecretAccessKey"][-4:]
    assert plan["acting"]["key_id"] == aws.admin["AccessKeyId"]
    assert {holder["ref"] for holder in plan["holders"]} == {"aws-sm://prod/payments", "aws-sm://plain"}
    assert version in {holder["version"] for holder in plan["holders"]}
    assert any("wait 7 s" in step for step in plan["steps"])
    assert any("unused for 8 s" in step for step in plan["steps"])
    assert plan["refusals"] == []
    assert aws.leaked["SecretAccessKey"] not in json.dumps(plan)
    assert aws.keys() == {aws.leaked["AccessKeyId"]: "Active"}
    assert aws.tags() == {}
    assert not (tmp_path / "state").exists()


def test_text_fits_eighty_columns(aws, planned):
    aws.json_secret()
    aws.client("iam").create_access_key(UserName="payments")
    code, text = planned(form="text")
    assert code == 2
    lines = [line for line in text.splitlines() if "aws iam" not in line and "created" not in line]
    assert [line for line in lines if len(line) > 80] == []
    assert aws.leaked["SecretAccessKey"] not in text


def test_two_keys_refuse_with_what_a_person_may_run(aws, planned, unleak):
    aws.json_secret()
    other = aws.client("iam").create_access_key(UserName="payments")["AccessKey"]["AccessKeyId"]
    code, plan = planned()
    assert code == 2
    (refusal,) = plan["refusals"]
    assert f"{other}  active" in refusal
    assert "never used" in refusal
    assert f"aws iam delete-access-key --user-name payments --access-key-id {other}" in refusal
    ran = unleak.rotate()
    assert ran.returncode == 2
    assert set(aws.keys()) == {aws.leaked["AccessKeyId"], other}


def test_no_secret_holds_it(planned):
    code, plan = planned()
    assert code == 2
    assert "no place" in plan["refusals"][0]


def test_containing_with_the_leaked_key_itself_is_refused(aws, planned):
    aws.json_secret()
    environment = {
        "AWS_ACCESS_KEY_ID": aws.leaked["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": aws.leaked["SecretAccessKey"],
    }
    code, plan = planned("--contain-first", **environment)
    assert code == 2
    assert plan["self_rotation"]
    assert any("--contain-first would disable the very key" in refusal for refusal in plan["refusals"])
    assert any("IS the leaked one" in warning for warning in plan["warnings"])
    assert any("DOWNTIME" in warning for warning in plan["warnings"])


@pytest.mark.parametrize(
    ("times", "said"), [((), True), (("--wait", "4000"), False), (("--quiet", "60"), False)]
)
def test_a_stop_that_is_to_be_expected_is_told(aws, planned, times, said):
    aws.json_secret()
    _, plan = planned(*times)
    assert any("this will stop once with exit 4" in warning for warning in plan["warnings"]) is said


def test_a_dead_key_is_not_rotated(aws, planned):
    aws.client("iam").delete_access_key(UserName="payments", AccessKeyId=aws.leaked["AccessKeyId"])
    code, text = planned()
    assert code == 2
    assert "is dead already" in text


def test_a_wrong_secret_is_not_rotated(aws, planned):
    code, text = planned(key=aws.leaked | {"SecretAccessKey": "x" * 40})
    assert code == 2
    assert "the secret is not its secret" in text


@pytest.mark.parametrize("target", ["aws-sm://prod/payments#nothing", "aws-sm://other"])
def test_a_target_that_does_not_hold_it(aws, planned, target):
    aws.json_secret()
    aws.secret("other", "x")
    code, text = planned("--target", target)
    assert code == 2
    assert f"{target} does not hold the leaked value" in text


def test_a_target_limits_the_rotation(aws, planned):
    aws.json_secret()
    aws.secret("plain", aws.leaked["SecretAccessKey"])
    code, plan = planned("--target", "aws-sm://prod/payments#aws")
    assert code == 0
    assert [holder["ref"] for holder in plan["holders"]] == ["aws-sm://prod/payments#aws"]


@pytest.mark.parametrize("target", ["prod/payments", "vault://x", "aws-sm://"])
def test_a_target_of_no_known_store(planned, target):
    code, text = planned("--target", target)
    assert code == 2
    assert "--target takes a reference" in text


def test_a_form_that_cannot_be_replaced_alone_is_refused(aws, planned):
    leaked = aws.leaked["SecretAccessKey"]
    aws.secret("odd", json.dumps({"k": leaked[:-1] + ("+" if leaked.endswith("/") else "/")}))
    escaped = "".join(f"\\u{ord(character):04x}" for character in leaked)
    aws.secret("escaped", f'{{"k": "{escaped}"}}')
    code, plan = planned()
    assert code == 2
    assert [holder["ref"] for holder in plan["holders"]] == ["aws-sm://escaped"]
    assert any("without the key id" in refusal for refusal in plan["refusals"])
    assert any("cannot be replaced" in refusal for refusal in plan["refusals"])


def test_half_a_key_is_refused_unless_it_is_named(aws, planned):
    """A service that takes the id from elsewhere would sign with the new secret under the old id."""
    aws.secret("half", aws.leaked["SecretAccessKey"])
    aws.secret("other half", aws.leaked["AccessKeyId"])
    _, plan = planned()
    assert any("aws-sm://half: it holds the secret without" in refusal for refusal in plan["refusals"])
    assert any("other half holds the key id without" in warning for warning in plan["warnings"])
    _, plan = planned("--target", "aws-sm://half")
    assert plan["refusals"] == []
    assert any("aws-sm://half: it holds the secret without" in warning for warning in plan["warnings"])


def test_a_secret_without_room_for_a_new_key_is_refused_before_one_is_issued(aws, planned):
    """A local AWS takes what is too large."""
    key = json.dumps(aws.leaked["AccessKeyId"] + aws.leaked["SecretAccessKey"])
    aws.secret("large", f'{{"key": {key}, "filler": "{"é" * 33_000}"}}')
    code, plan = planned()
    assert code == 2
    assert any("65536 bytes" in refusal for refusal in plan["refusals"])
