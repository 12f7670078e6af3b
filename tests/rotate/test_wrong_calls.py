"""What a person is told who calls `unleak rotate` in a wrong way: what it was, and what to do."""

import json

import pytest
from fakes.doppler import Service
from fakes.world import Network

from unleak.cli import rotation_wiring

ENTRY = '[[keys]]\nname = "mine"\nrule = "aws.access-key"\ntargets = ["aws-sm://prod/payments"]\n'


@pytest.fixture
def leaked(aws):
    aws.json_secret()
    return f"{aws.leaked['AccessKeyId']} {aws.leaked['SecretAccessKey']}"


@pytest.mark.parametrize(("arguments", "says"), [
    (("--key-id", "x"), "leave --key-id out"), (("--part", "host=db.example.org"), "is not used for such keys"),
    (("--same-user",), "leave it out"), (("--admin", "env:X"), "--aws-profile"),
    (("--entry", "mine"), "name one with --config"), (("--consumer", "payments"), "such as https://"),
    (("--store", "attic"), "'aws-sm', 'aws-ssm'"), (("--target", "prod/payments"), "known stores: aws-sm, aws-ssm"),
    (("--rule", "acme.key"), "unleak rules list"),
])  # fmt: skip
def test_what_does_not_fit_a_key_of_aws_is_said(unleak, leaked, arguments, says):
    ran = unleak("rotate", "--stdin", "--plan", *arguments, given=leaked)
    assert (ran.returncode, says in " ".join(ran.stdout.split())) == (2, True), ran.stdout


def test_a_mistyped_part_is_not_left_out_silently(aws, unleak, monkeypatch):
    world = Service()
    monkeypatch.setattr(rotation_wiring, "network", Network(world).https)
    monkeypatch.setenv("DOPPLER_ADMIN", world.admin.secret)
    aws.secret("prod/web", world.leaked.secret)
    asked = ("rotate", "--stdin", "--plan", "--admin", "env:DOPPLER_ADMIN", "--part")
    ran = unleak(*asked, "acess=read/write", given=world.leaked.secret)
    assert (ran.returncode, "see that its name is right" in ran.stdout) == (2, True), ran.stdout
    assert unleak(*asked, "access=read/write", given=world.leaked.secret).returncode == 0


def test_nothing_on_stdin_is_not_taken_for_a_wrong_key(aws, unleak):
    ran = unleak("rotate", "--stdin", "--plan", given="\n")
    assert (ran.returncode, "nothing came on stdin" in ran.stdout) == (2, True), ran.stdout


def test_the_rule_of_a_key_of_aws_may_be_named(unleak, leaked):
    assert unleak("rotate", "--stdin", "--plan", "--rule", "aws.access-key", given=leaked).returncode == 0


def test_the_rule_of_a_connection_string_may_be_named(aws, unleak):
    string = f"postgresql://shop:{'Kq7' * 6}@127.0.0.1:1/app"
    ran = unleak("rotate", "--stdin", "--plan", "--rule", "uri.password", given=string)
    assert (ran.returncode, "passwords of database users are replaced through" in ran.stdout) == (2, True)


def test_a_plan_that_cannot_be_carried_out_says_so_with_its_exit_code(aws, unleak, leaked, tmp_path):
    path = tmp_path / "unleak.toml"
    path.write_text(f'{ENTRY}principal = "x"\n{ENTRY.replace("mine", "other")}max_age_days = 1\n')
    refused = ("--config", str(path), "--entry", "mine")
    ran = unleak("rotate", "--stdin", "--plan", *refused, given=leaked)
    assert (ran.returncode, "It cannot be done now" in ran.stdout) == (2, True), ran.stdout
    path.write_text(path.read_text().replace('principal = "x"', 'principal = "x"\nmax_age_days = 1'))
    ran = unleak("rotate", "--expiring", "30d", "--plan", "--config", str(path))
    assert ran.returncode == 2
    assert ran.stdout.count("Plan: ") == 2, "one that is refused does not end the others"
    assert "not replaced: mine\n" in ran.stdout


def test_a_rotation_that_is_open_is_named_before_its_new_key_is_taken_for_somebody_elses(unleak, leaked):
    """The plan of a second rotation would offer the commands that delete the key which services use now."""
    assert unleak.rotate("--wait", "0").returncode == 4
    for more in ("--plan", "--yes"):
        ran = unleak("rotate", "--stdin", more, given=leaked)
        assert ran.returncode == 2
        assert f"unleak incidents resume {unleak.only_id()}" in ran.stdout
        assert "aws iam" not in ran.stdout


def test_the_line_that_resumes_is_shown_once(unleak, leaked):
    ran = unleak.rotate("--wait", "0")
    ran = unleak("incidents", "resume", unleak.only_id(), "--wait", "0")
    assert ran.returncode == 4
    assert ran.stdout.count(f"unleak incidents resume {unleak.only_id()}\n") <= 1, ran.stdout
    assert f"unleak incidents resume {unleak.only_id()}" in ran.stdout


def test_a_configuration_that_cannot_be_read_is_named_with_who_names_it(unleak, leaked, tmp_path):
    missing = str(tmp_path / "none.toml")
    ran = unleak("rotate", "--stdin", "--plan", given=leaked, UNLEAK_CONFIG=missing)
    assert (ran.returncode, "UNLEAK_CONFIG names it" in ran.stdout) == (2, True), ran.stdout
    ran = unleak("rotate", "--expiring", "30d", "--plan")
    assert (ran.returncode, "name one with --config" in ran.stdout) == (2, True), ran.stdout


def test_a_plan_with_a_request_is_readable(aws, unleak, monkeypatch):
    """Its times are ISO 8601 in JSON, and its lines fit eighty columns in text."""
    world = Service()
    monkeypatch.setattr(rotation_wiring, "network", Network(world).https)
    monkeypatch.setenv("DOPPLER_ADMIN", world.admin.secret)
    aws.secret("prod/web", world.leaked.secret)
    asked = ("rotate", "--stdin", "--plan", "--admin", "env:DOPPLER_ADMIN")
    told = json.loads(unleak(*asked, "--format", "json", given=world.leaked.secret).stdout)
    assert (told["identity"]["created"][10], told["identity"]["created"][-1]) == ("T", "Z")
    lines = unleak(*asked, given=world.leaked.secret).stdout.splitlines()
    assert [line for line in lines if len(line) > 80] == []
