"""What doctor and --expiring say of entries whose keys are not read, not listed, or no program's to replace."""

import json

import pytest
from consoles import service as console
from fakes.dockerhub import Service as DockerHub
from fakes.world import Network
from services.github import FakeGitHub
from services.served import serving

from unleak.cli import rotation_wiring

TOKEN = "t0ken" * 5


@pytest.fixture
def run(unleak, tmp_path):
    """Runs a command with a configuration of one entry."""

    def run(settings, *arguments):
        path = tmp_path / "unleak.toml"
        path.write_text(f'[[keys]]\nname = "mine"\n{settings}\n')
        ran = unleak(*arguments, "--config", str(path))
        return ran.returncode, " ".join(ran.stdout.split())

    return run


EXPIRING = ("rotate", "--expiring", "30d", "--plan")


def test_what_can_only_be_written_is_said_to_be_so(aws, run, monkeypatch):
    """An entry of such targets alone has no key to look at; beside one that can be read, that is looked at."""
    aws.json_secret()
    entry = 'rule = "aws.access-key"\ntargets = ["github-actions://team/shop?ID,KEY"]'
    both = entry.replace('"]', '", "aws-sm://prod/payments"]')
    with serving(FakeGitHub(TOKEN)) as github:
        monkeypatch.setenv("GITHUB_API_URL", github.address)
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        github.fill("repos/team/shop/actions", {"ID": "x", "KEY": "x"})
        code, text = run(entry, "doctor")
        assert (code, "can be written and not read, so its key is not looked at" in text) == (0, True), text
        assert "github-actions://team/shop?ID,KEY is there" in text
        code, text = run(entry, *EXPIRING)
        assert (code, "unleak rotate --entry mine --stdin" in text) == (2, True), text
        code, text = run(both, "doctor")
        assert (code, "aws-sm://prod/payments can be read and holds it" in text) == (0, True), text
        code, text = run(both, *EXPIRING)
        assert (code, "mine: AKIA" in text) == (0, True), text


def test_a_key_that_a_person_makes_is_looked_at(aws, run, monkeypatch):
    world = console("stripe")
    monkeypatch.setattr(rotation_wiring, "network", Network(world).https)
    aws.secret("prod/app", json.dumps({"KEY": world.leaked.secret}))
    entry = f'rule = "{world.rule}"\ntargets = ["aws-sm://prod/app"]'
    code, text = run(entry, "doctor")
    assert (code, "mine: a person acts" in text) == (0, True), text
    code, text = run(entry, *EXPIRING)
    assert (code, "does not expire" in text) == (0, True), text
    world.delete(world.leaked.secret)
    code, text = run(entry, *EXPIRING)
    assert (code, "holds no key of stripe" in text) == (2, True), text


def test_the_key_that_only_a_person_can_tell_is_named_with_its_entry(aws, run, monkeypatch):
    world = DockerHub()
    monkeypatch.setattr(rotation_wiring, "network", Network(world).https)
    monkeypatch.setenv("KEY_ADMIN", world.admin.secret)
    aws.secret("prod/app", json.dumps({"KEY": world.leaked.secret}))
    parts = ", ".join(f'{name} = "{value}"' for name, value in world.parts.items())
    entry = f'rule = "{world.rule}"\nadmin = "env:KEY_ADMIN"\nparts = {{ {parts} }}\ntargets = ["aws-sm://prod/app"]'
    code, text = run(entry, "doctor")
    assert (code, "--key-id ID" in text) == (2, True), text
    ending = ("rotate", "--expiring", "5000w", "--plan", "--key-id", world.leaked.id)
    code, text = run(entry + "\nmax_age_days = 1", *ending)
    assert (code, "name its entry with --entry" in text) == (2, True), text
    code, text = run(entry + "\nmax_age_days = 1", *ending, "--entry", "mine")
    assert (code, "nothing but your word" in text) == (0, True), text


def test_a_rule_that_there_is_not_is_found(aws, run):
    aws.json_secret()
    for command in (("doctor",), EXPIRING):
        code, text = run('rule = "acme.key"\ntargets = ["aws-sm://prod/payments"]', *command)
        assert (code, "holds no key of acme.key" in text) == (2, True), text
