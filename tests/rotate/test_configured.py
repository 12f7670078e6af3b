"""Rotations by a configuration file: what goes where, who approves, what near its end is replaced, what doctor says."""

import getpass
import json
from datetime import UTC, datetime, timedelta

import pytest
from fakes.estuary import Service
from fakes.world import Network
from services.github import FakeGitHub
from services.served import serving

from unleak.cli import rotation_wiring

SECRET, OTHER = "prod/payments", "prod/backup"
ENTRY = '[[keys]]\nname = "payments"\nrule = "aws.access-key"\n'
FAST = ("--quiet", "0", "--grace", "0", "--wait", "0")


@pytest.fixture
def scene(aws, unleak, tmp_path):
    """Two secrets hold the leaked key."""
    aws.json_secret()
    aws.json_secret(OTHER)

    def run(text, *arguments, **more):
        path = tmp_path / "unleak.toml"
        path.write_text(text)
        given = f"{aws.leaked['AccessKeyId']} {aws.leaked['SecretAccessKey']}"
        return unleak(
            *arguments, "--config", str(path), given=given if "--stdin" in arguments else "", **more
        )

    return run


def plan(ran):
    assert ran.returncode == 0, ran.stdout
    return json.loads(ran.stdout[ran.stdout.index("{") :])


def targets(ran):
    return [holder["ref"].removeprefix("aws-sm://") for holder in plan(ran)["holders"]]


def test_the_file_says_where_the_key_is(scene):
    asked = ("rotate", "--stdin", "--plan", "--format", "json")
    assert len(targets(scene("", *asked))) == 2
    assert targets(scene(f'{ENTRY}targets = ["aws-sm://{OTHER}"]', *asked)) == [OTHER]
    both = f'{ENTRY}targets = ["aws-sm://{OTHER}", "aws-sm://{SECRET}"]'
    assert targets(scene(both, *asked)) == [OTHER, SECRET]
    assert targets(scene(both, *asked, "--target", f"aws-sm://{SECRET}")) == [SECRET]


def test_the_command_line_goes_before_the_file(scene):
    text = f'{ENTRY}stores = ["aws-sm"]\norder = "contain-first"\n'
    assert "at once" in scene(text, "rotate", "--stdin", "--plan").stdout
    ran = scene(f'{ENTRY}stores = ["aws-sm"]\naws_profile = "nobody"\n', "rotate", "--stdin", "--plan")
    assert ran.returncode == 2
    assert "no AWS profile" in ran.stdout


def test_a_key_of_somebody_else_is_refused(scene):
    text = f'{ENTRY}stores = ["aws-sm"]\nprincipal = "arn:aws:iam::*:user/billing"\n'
    ran = scene(text, "rotate", "--stdin", "--yes", *FAST)
    assert ran.returncode == 2
    assert "payments is for the principal" in ran.stdout


@pytest.mark.parametrize(("settings", "says"), [
    ('approval = "person"', "wants a person"), ('approvers = ["somebody-else"]', "may not approve"),
])  # fmt: skip
def test_who_may_not_approve_changes_nothing(scene, aws, settings, says):
    before = aws.current()
    ran = scene(f"[rotate]\n{settings}\n", "rotate", "--stdin", "--yes", *FAST)
    assert ran.returncode == 2
    assert says in ran.stdout
    assert (aws.current(), len(aws.keys())) == (before, 1)


def test_who_may_approve_does(scene, aws):
    approvers = f'[rotate]\napprovers = ["{getpass.getuser()[:1]}*"]\n'
    assert scene(approvers, "rotate", "--stdin", "--yes", *FAST).returncode == 4
    assert len(aws.keys()) == 2


@pytest.mark.parametrize(("text", "says"), [
    (f'{ENTRY}targets = ["nowhere"]', "keys payments"), (f'{ENTRY}stores = ["attic"]', "attic"),
    (f'{ENTRY}stores = ["aws-sm"]\nrestarts = ["cron://x"]', "--restart takes"),
    (f"{ENTRY}grace = 1", "neither `targets` nor `stores`"),
])  # fmt: skip
def test_what_is_wrong_in_the_file_is_said(scene, text, says):
    ran = scene(text, "rotate", "--stdin", "--plan")
    assert ran.returncode == 2
    assert says in ran.stdout


def test_keys_that_grow_old_are_replaced(scene, aws):
    text = f'{ENTRY}targets = ["aws-sm://{SECRET}", "aws-sm://{OTHER}"]\nmax_age_days = 20\n'
    ran = scene(text, "rotate", "--expiring", "10d", "--plan")
    assert ran.returncode == 0, ran.stdout
    assert "is 20 days old on" in ran.stdout
    assert "Plan:" not in ran.stdout
    ran = scene(text, "rotate", "--expiring", "30d", "--plan")
    assert "so it is to be replaced" in ran.stdout
    assert "Plan:" in ran.stdout
    ran = scene(text, "rotate", "--expiring", "30d", "--yes", *FAST)
    assert ran.returncode == 4, ran.stdout
    assert aws.current_key() == aws.current_key(OTHER) != aws.leaked


def test_what_cannot_be_looked_at_is_named_and_the_rest_is_done(scene):
    text = (
        f'{ENTRY}targets = ["aws-sm://prod/none"]\n'
        f'{ENTRY.replace("payments", "second")}targets = ["aws-sm://{SECRET}"]\n'
        f'{ENTRY.replace("payments", "third")}stores = ["aws-sm"]\n'
    )
    ran = scene(text, "rotate", "--expiring", "30d", "--plan")
    assert ran.returncode == 2
    assert "payments: " in ran.stdout
    assert "second: AKIA" in ran.stdout
    assert "not replaced: payments, third" in ran.stdout


@pytest.mark.parametrize(
    "more", [("--expiring", "soon"), ("--expiring", "30d", "--stdin"), ("--expiring", "30d", "--entry", "b")]
)
def test_what_makes_no_sense_with_expiring_is_refused(scene, more):
    assert scene(f'{ENTRY}targets = ["aws-sm://{SECRET}"]\n', "rotate", "--plan", *more).returncode == 2


@pytest.fixture
def estuary(aws, monkeypatch):
    """A key of a service that lets keys expire, in a secret."""
    world = Service()
    monkeypatch.setattr(rotation_wiring, "network", Network(world).https)
    monkeypatch.setenv("ESTUARY_ADMIN", world.admin.secret)
    aws.secret("prod/flow", json.dumps({"TOKEN": world.leaked.secret, "PORT": 8080}))
    return world


def test_keys_that_expire_are_replaced(scene, estuary):
    text = f'[[keys]]\nname = "flow"\nrule = "{estuary.rule}"\ntargets = ["aws-sm://prod/flow"]\n'
    text += 'admin = "env:ESTUARY_ADMIN"\n'
    ran = scene(text, "rotate", "--expiring", "52w", "--plan")
    assert ran.returncode == 0, ran.stdout
    ends = datetime.fromisoformat(ran.stdout.partition("expires ")[2][:20])
    days = (ends - datetime.now(UTC)) // timedelta(days=1)
    assert "to be replaced" not in scene(text, "rotate", "--expiring", f"{days - 1}d", "--plan").stdout
    assert "to be replaced" in scene(text, "rotate", "--expiring", f"{days + 2}d", "--plan").stdout


def test_doctor_says_that_all_is_well(scene, aws):
    ran = scene(f'{ENTRY}targets = ["aws-sm://{SECRET}", "aws-sm://{OTHER}"]\n', "doctor")
    assert ran.returncode == 0, ran.stdout
    assert f"aws-sm://{OTHER} can be read and holds it" in ran.stdout
    assert ":user/services/admin acts" in ran.stdout


def test_doctor_looks_at_the_key_where_it_can_be_read(scene, monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", "t0ken")
    ref = "github-actions://team/shop?KEY_ID,KEY"
    with serving(FakeGitHub("t0ken")) as github:
        monkeypatch.setenv("GITHUB_API_URL", github.address)
        github.fill("repos/team/shop/actions", {"KEY_ID": "x", "KEY": "y"})
        ran = scene(f'{ENTRY}targets = ["{ref}", "aws-sm://{SECRET}"]\n', "doctor")
        assert ran.returncode == 0, ran.stdout
        assert f"{ref} is there; that it holds the key cannot be seen" in ran.stdout
        ran = scene(f'{ENTRY}targets = ["{ref}"]\n', "doctor")
        assert ran.returncode == 0, "nothing is wrong with it"
        assert "can be written and not read" in ran.stdout


@pytest.mark.parametrize(("settings", "says"), [
    ('targets = ["aws-sm://prod/none"]', "prod/none"),
    (f'targets = ["aws-sm://{SECRET}", "aws-sm://prod/else"]', "does not hold the key"),
    (f'targets = ["aws-sm://{SECRET}"]\nprincipal = "x"', "payments is for the principal x"),
    (f'targets = ["aws-sm://{SECRET}"]\nrestarts = ["ecs://prod/payments"]', "ecs://prod/payments"),
    (f'targets = ["aws-sm://{SECRET}"]\naws_profile = "nobody"', "no AWS profile"),
])  # fmt: skip
def test_doctor_names_what_would_fail_and_changes_nothing(scene, aws, settings, says):
    aws.secret("prod/else", "nothing")
    before = (aws.current(), aws.keys())
    ran = scene(f"{ENTRY}{settings}\n", "doctor")
    assert ran.returncode == 2
    assert says in ran.stdout
    assert (aws.current(), aws.keys()) == before
