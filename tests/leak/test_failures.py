"""What goes wrong in the middle shows no key: exceptions, refusals, logs and mistyped arguments."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROTATE = ("rotate", "--stdin", "--yes", "--quiet", "0", "--grace", "0", "--wait", "0")
STORE = "unleak.rotate.stores.aws_secretsmanager:SecretsManager"
PROVIDER = "unleak.rotate.providers.aws_iam:AwsIam"


def new_key(vault, leak) -> str:
    """The secret that AWSPENDING or AWSCURRENT holds instead of the leaked one; empty if none does."""
    name = f"prod/{leak.user}"
    for version in vault.list_secret_version_ids(SecretId=name)["Versions"]:
        text = vault.get_secret_value(SecretId=name, VersionId=version["VersionId"])["SecretString"]
        value = str(json.loads(text)["secret"])
        if value != leak.key.secret:
            return value
    return ""


@pytest.fixture
def silent(world, vault, leak):
    """Asserts that a run showed and left neither the known secrets nor a new key."""

    def check(ran) -> None:
        assert ran.traces == set()
        if new := new_key(vault, leak):
            assert world.traces(ran.shown, type(world.search)({"new key": new})) == set()

    return check


@pytest.mark.parametrize(
    "function",
    [
        f"{PROVIDER}.verify",
        f"{STORE}.find",
        "unleak.cli.leaked_key:parse",
        f"{PROVIDER}.issue",
        f"{STORE}.put_pending",
        "unleak.rotate.workflow:Plain.serialize",
    ],
)
def test_an_unexpected_exception_in_a_rotation(function, world, leak, silent) -> None:
    ran = world.run(*ROTATE, given=leak.pair, script="provoked.py", UNLEAK_TEST_FAIL=function)
    assert ran.code == 70, ran.text
    assert "bug: UnicodeEncodeError" in ran.text
    silent(ran)


def test_a_rotation_goes_on_after_an_exception(world, leak, silent) -> None:
    world.run(*ROTATE, given=leak.pair, script="provoked.py", UNLEAK_TEST_FAIL=f"{STORE}.put_pending")
    [found] = json.loads(world.run("incidents", "list", "--format", "json").stdout)
    ran = world.run("incidents", "resume", found["id"], "--revoke-anyway")
    assert ran.code == 0, ran.text
    silent(ran)


@pytest.mark.parametrize(
    "function",
    [
        "unleak.scan.confirm:judge",
        "unleak.scan.pipeline:confirm",
        "unleak.scan.pipeline:fingerprints",
        "unleak.scan.reports.text_report:write",
    ],
)
def test_an_unexpected_exception_in_a_scan(function, world, leak) -> None:
    ran = world.run("scan", str(leak.repository), script="provoked.py", UNLEAK_TEST_FAIL=function)
    assert ran.code == 70
    assert b"bug: UnicodeEncodeError" in ran.stderr
    assert ran.traces == set()


@pytest.mark.parametrize("code", ["AccessDenied", "ExpiredToken", "Odd"])
def test_aws_repeats_the_key_in_its_refusal(code, world, leak, silent) -> None:
    ran = world.run(*ROTATE, given=leak.pair, script="provoked.py", UNLEAK_TEST_REFUSE=code)
    assert ran.code in {2, 4}, ran.text
    assert "unleak: error: " in ran.text
    silent(ran)


@pytest.mark.parametrize("mode", ["--history", "--staged", "--range=HEAD~1..HEAD"])
def test_git_repeats_a_key_of_the_configuration(mode, world, leak) -> None:
    with (leak.repository / ".git" / "config").open("a") as config:
        config.write(f"[core]\n\tcompression = {leak.secrets['github']}\n")
    ran = world.run("scan", mode, str(leak.repository))
    assert ran.code in {2, 3}
    assert b"bad numeric config value" in ran.stderr
    assert ran.traces == set()


@pytest.fixture
def verbose(tmp_path: Path) -> dict[str, str]:
    """An environment in which everything that Python logs goes to `log` in the current directory."""
    folder = tmp_path / "verbose"
    folder.mkdir()
    code = "import logging\nlogging.basicConfig(level=logging.DEBUG, filename='log')\n"
    (folder / "sitecustomize.py").write_text(code)
    return {"PYTHONPATH": str(folder)}


def test_debug_logs_of_a_rotation_hold_no_key(world, leak, silent, verbose) -> None:
    ran = world.run(*ROTATE, given=leak.pair, **verbose)
    assert ran.code == 4, ran.text
    assert (world.path / "cwd" / "log").stat().st_size > 0
    silent(ran)


def test_debug_logs_of_a_scan_hold_no_key(world, leak, verbose) -> None:
    ran = world.run("scan", "--history", str(leak.repository), **verbose)
    assert ran.code == 1
    assert ran.traces == set()


def test_without_logging_configured_nothing_is_logged(world, leak) -> None:
    ran = world.run(*ROTATE, given=leak.pair)
    assert ran.code == 4
    assert [line for line in ran.stderr.decode().splitlines() if not line.startswith((" ", "unleak: "))] == []


def test_those_logs_would_hold_it(world, leak, verbose) -> None:
    """Control: the same configuration shows a key when a program calls AWS without care."""
    code = f"import boto3; boto3.client('secretsmanager').get_secret_value(SecretId='prod/{leak.user}')"
    environment = os.environ | world.environment | verbose
    subprocess.run([sys.executable, "-c", code], env=environment, cwd=world.path / "cwd", check=True)
    assert ("cwd/log", "aws (plain)") in world.traces({}, world.search)


MISTYPED = [
    "{key}",
    "--{key}",
    "scan {key}",
    "scan --token={key}",
    "scan --range {key}..HEAD {repo}",
    "scan --output {key}/x {repo}",
    "scan --rules {key}",
    "scan --format {key}",
    "rules show {key}",
    "rules check {key}",
    "scan --verify {key}",
    "verify {key}",
    "verify --rule {key}",
    "verify --service {key}",
    "verify --part {key}",
    "verify --stdin --rule aws.access-key --part {key}={key}",
    "rotate {key}",
    "rotate --finding {key}",
    "rotate --stdin --plan --finding {key} --report {key}",
    "rotate --stdin --plan --target {key}",
    "rotate --stdin --plan --target aws-sm://{key}",
    "rotate --stdin --plan --target aws-ssm://{key}",
    "rotate --stdin --plan --target vault-kv://{key}",
    "rotate --stdin --plan --target env://{key}",
    "rotate --stdin --plan --target doppler://{key}",
    "rotate --stdin --plan --target gitlab-ci://{key}",
    "rotate --stdin --plan --target vercel://{key}",
    "rotate --stdin --plan --target k8s://{key}",
    "rotate --stdin --plan --target gcp-sm://{key}",
    "rotate --stdin --plan --target azure-kv://{key}",
    "rotate --stdin --plan --target vercel-sensitive://{key}",
    "rotate --stdin --plan --target github-actions://{key}",
    "rotate --stdin --plan --target github-dependabot://a/b?{key}",
    "rotate --stdin --plan --store {key}",
    "rotate --stdin --plan --aws-profile {key}",
    "rotate --stdin --plan --region {key}",
    "rotate --stdin --plan --consumer {key}",
    "rotate --stdin --plan --restart {key}",
    "rotate --stdin --plan --restart webhook://{key}",
    "rotate --stdin --plan --restart k8s://{key}",
    "rotate --stdin --plan --key-id {key}",
    "rotate --stdin --plan --wait {key}",
    "rotate --stdin --plan --config {key}",
    "rotate --stdin --plan --entry {key}",
    "rotate --plan --expiring {key}",
    "rotate --stdin --plan --rule aws.bedrock-long-lived --admin cmd:{key}",
    "rotate --stdin --plan --rule aws.bedrock-long-lived --value-from keyring:{key}",
    "doctor --config {key}",
    "incidents {key}",
    "incidents show {key}",
    "incidents resume {key}",
    "incidents resume a --leaked-from {key}",
    "incidents undo {key}",
    "doctor {key}",
    "demo {key}",
]


@pytest.mark.parametrize(
    ("line", "name"), [(line, ("aws", "github")[at % 2]) for at, line in enumerate(MISTYPED)]
)
def test_a_key_typed_as_an_argument_is_not_repeated(line, name, world, leak) -> None:
    words = [word.format(key=leak.secrets[name], repo=leak.repository) for word in line.split()]
    ran = world.run(*words, given=leak.pair)
    assert ran.code in {2, 3}, ran.text
    assert ran.stderr.startswith(b"unleak: error: "), ran.text
    assert {place for place, _ in ran.traces if not place.startswith(("git.log", "cmdline"))} == set()
