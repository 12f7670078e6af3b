"""Whole rotations of keys that only a person can issue, by the command line, without and with a terminal."""

import json
import os
import threading

import httpx
import pytest
from consoles import service
from fakes.world import Network
from organizations import Anthropic

from unleak.cli import rotation_wiring
from unleak.rotate.steps import by_hand

SECRET = "prod/app"
SERVICES = ["stripe", "stabilityai", "pypi"]
FAST = ("--wait", "0", "--poll", "0.01")


@pytest.fixture
def scene(aws, unleak, monkeypatch, request):
    """A service with a leaked key, which a secret holds beside other fields."""
    return Scene(aws, unleak, monkeypatch, getattr(request, "param", "stripe"))


class Scene:
    """One key's story."""

    def __init__(self, aws, unleak, monkeypatch, name):
        self.aws, self.unleak, self.patch, self.world = aws, unleak, monkeypatch, service(name)
        self.network = Network(self.world)
        monkeypatch.setattr(rotation_wiring, "network", self.network.https)
        monkeypatch.setattr(by_hand, "SETTLES", 1)
        self.leaked = self.world.leaked.secret
        aws.secret(SECRET, json.dumps({"KEY": self.leaked, "PORT": 8080}))

    def rotate(self, *more, fast=FAST):
        return self.unleak(
            "rotate", "--stdin", "--rule", self.world.rule, "--yes", *fast, *more, given=self.leaked
        )

    def made(self):
        """A person makes a key and puts it into a variable."""
        new = self.world.new().secret
        self.patch.setenv("NEW_KEY", new)
        return new

    def incidents(self, command, *more):
        return self.unleak("incidents", command, self.unleak.only_id(), *more)

    def waits_for(self):
        """As both commands tell it."""
        (listed,) = json.loads(self.unleak("incidents", "list", "--format", "json").stdout)
        shown = self.incidents("show").stdout
        assert (f"waits for {listed['waits_for']}" in " ".join(shown.split())) == bool(listed["waits_for"])
        return listed["waits_for"] or ""

    def stored(self):
        """The key in the current text, whose neighbour did not change."""
        text = json.loads(self.aws.current(SECRET))
        assert text == {"KEY": text["KEY"], "PORT": 8080}
        return text["KEY"]


@pytest.mark.parametrize("scene", SERVICES, indirect=True)
def test_a_person_makes_the_new_key_and_deletes_the_old_one(scene):
    new = scene.made()
    ran = scene.rotate("--value-from", "env:NEW_KEY")
    assert ran.returncode == 4, ran.stdout
    assert scene.stored() == new
    assert "services use the new key" in scene.waits_for()
    ran = scene.incidents("resume", "--revoke-anyway")
    assert ran.returncode == 4, ran.stdout
    end = scene.leaked[-4:]
    assert f"delete the key that ends in {end} at https://" in " ".join(ran.stdout.split())
    assert f"delete the key that ends in {end} at https://" in scene.waits_for()
    assert f"unleak incidents resume {scene.unleak.only_id()}" in ran.stdout
    scene.world.delete(scene.leaked)
    ran = scene.incidents("resume")
    assert ran.returncode == 0, ran.stdout
    assert "proven dead" in ran.stdout
    assert "delete the key" not in ran.stdout
    assert scene.waits_for() == ""
    assert scene.world.alive == [scene.stored()] == [new]


def test_without_a_terminal_it_says_how_to_go_on(scene):
    ran = scene.rotate()
    assert ran.returncode == 4
    assert "https://dashboard.stripe.com/apikeys" in ran.stdout
    assert "--value-from env:NAME" in ran.stdout
    assert "a new key from https://dashboard.stripe.com/apikeys" in scene.waits_for()
    assert scene.stored() == scene.leaked
    new = scene.made()
    ran = scene.incidents("resume", "--value-from", "env:NEW_KEY", "--revoke-anyway")
    assert ran.returncode == 4
    assert scene.stored() == new


@pytest.mark.parametrize(("given", "says"), [
    ("old", "it is the leaked key itself"), ("sk_test_1", "has not the form"),
    ("dead", "does not accept it"), ("other", "it is of account acct_2 and not acct_1"),
])  # fmt: skip
def test_what_is_no_new_key_is_not_taken(scene, given, says):
    new = scene.made()
    if given == "other":
        scene.network.where = lambda request: request.headers["authorization"].endswith(new)
        scene.network.fault = lambda request, answer: _of_another_account(answer())
    elif given == "dead":
        scene.world.delete(new)
    else:
        scene.patch.setenv("NEW_KEY", scene.leaked if given == "old" else given)
    ran = scene.rotate("--value-from", "env:NEW_KEY")
    assert ran.returncode == 4
    assert says in " ".join(ran.stdout.split())
    assert scene.stored() == scene.leaked
    shown = scene.incidents("show", "--format", "json").stdout
    assert "issued" not in [event["kind"] for event in json.loads(shown)["events"]]


def _of_another_account(answer):
    return type(answer)(200, json=answer.json() | {"id": "acct_2"})


def test_the_plan_says_what_a_person_does(scene):
    ran = scene.rotate("--plan", "--format", "json")
    plan = json.loads(ran.stdout)
    by_person = [step for step in plan["steps"] if step.startswith("BY HAND")]
    assert len(by_person) == 2
    assert all("https://dashboard.stripe.com/apikeys" in step for step in by_person)
    assert f"the key that ends in {scene.leaked[-4:]}" in by_person[1]
    assert any("pick-up cannot be proved" in warning for warning in plan["warnings"])
    assert not any("does not tell whose" in warning for warning in plan["warnings"])
    text = scene.rotate("--plan").stdout
    assert f"Plan: replace the key that ends in {scene.leaked[-4:]}" in text
    assert plan["identity"]["credential_id"] not in text


def test_it_is_undone_once_a_person_has_deleted_the_new_key(scene):
    new = scene.made()
    scene.rotate("--value-from", "env:NEW_KEY")
    ran = scene.incidents("undo", "--now", *FAST)
    assert ran.returncode == 4, ran.stdout
    assert f"delete the key that ends in {new[-4:]}" in scene.waits_for()
    assert scene.stored() == scene.leaked
    scene.world.delete(new)
    ran = scene.incidents("resume")
    assert ran.returncode == 0, ran.stdout
    assert scene.world.alive == [scene.leaked]


def test_there_is_no_way_back_once_the_leaked_key_is_dead(scene):
    scene.made()
    scene.rotate("--value-from", "env:NEW_KEY")
    assert scene.incidents("resume", "--revoke-anyway").returncode == 4
    scene.world.delete(scene.leaked)
    ran = scene.incidents("undo", "--now")
    assert ran.returncode == 4
    assert "no way back" in ran.stdout
    assert scene.incidents("resume").returncode == 0


def test_an_undo_before_anybody_made_a_key_asks_for_nothing(scene):
    scene.rotate()
    ran = scene.incidents("undo")
    assert ran.returncode == 0, ran.stdout
    assert scene.world.alive == [scene.leaked]


@pytest.mark.parametrize(("more", "says"), [
    (("--value-from", "env:NOT_SET"), "--value-from names is not set"),
    (("--admin", "env:NEW_KEY"), "leave --admin out"),
    (("--rule", "stripe.webhook"), "cannot be rotated"), (("--contain-first",), "can only be revoked"),
    (("--rule", "shopify.access-token"), "add --part shop=VALUE"),
])  # fmt: skip
def test_what_cannot_be_is_said_before_anything_begins(scene, more, says):
    scene.made()
    ran = scene.rotate(*more)
    assert ran.returncode == 2, ran.stdout
    assert says in " ".join(ran.stdout.split())
    assert json.loads(scene.unleak("incidents", "list", "--format", "json").stdout) == []


def test_a_value_in_place_of_its_reference_is_not_repeated(scene):
    new = scene.made()
    for reference in (new, f"env:{new}"):
        ran = scene.rotate("--value-from", reference)
        assert ran.returncode == 2
        assert new[-8:] not in ran.stdout


def test_no_secret_is_in_anything_that_is_kept_or_shown(scene, tmp_path):
    scene.made()
    ran = scene.rotate("--value-from", "env:NEW_KEY")
    again = scene.incidents("resume", "--revoke-anyway")
    shown = scene.incidents("show", "--format", "json").stdout + scene.incidents("show").stdout
    kept = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())
    for held in scene.world.held:
        assert held.secret[-12:].encode() not in kept
        assert held.secret[-12:] not in ran.stdout + again.stdout + shown


@pytest.mark.parametrize("scene", ["github", "slack"], indirect=True)
def test_a_request_revokes_the_leaked_key(scene):
    new = scene.made()
    assert "revoke the key that ends in" in scene.rotate("--plan").stdout
    scene.rotate("--value-from", "env:NEW_KEY")
    ran = scene.incidents("resume", "--revoke-anyway")
    assert ran.returncode == 0, ran.stdout
    assert "proven dead" in ran.stdout
    assert scene.world.alive == [scene.stored()] == [new]


@pytest.mark.parametrize("scene", ["github"], indirect=True)
def test_a_request_that_was_accepted_proves_nothing(scene, monkeypatch):
    monkeypatch.setattr(by_hand, "PATIENCE", 0.1)
    scene.made()
    scene.world.deaf = True
    scene.rotate("--value-from", "env:NEW_KEY", "--quiet", "0")
    ran = scene.incidents("resume", "--revoke-anyway")
    assert ran.returncode == 4
    assert "was accepted, but" in ran.stdout
    assert "delete the key" in scene.waits_for()
    assert "no way back" in scene.incidents("undo", "--now").stdout
    scene.world.delete(scene.leaked)
    assert scene.incidents("resume").returncode == 0


@pytest.mark.parametrize("scene", ["github"], indirect=True)
def test_what_a_request_may_not_do_a_person_does(scene):
    scene.made()
    scene.network.where = lambda request: request.method == "POST"
    scene.network.fault = lambda request, answer: httpx.Response(429)
    scene.rotate("--value-from", "env:NEW_KEY")
    ran = scene.incidents("resume", "--revoke-anyway")
    assert ran.returncode == 4
    assert "limits how often" in ran.stdout
    scene.network.fault = None
    ran = scene.incidents("resume")
    assert ran.returncode == 0, ran.stdout


class Person:
    """Answers at a terminal of its own what the program asks, in a thread."""

    def __init__(self, unleak, answers):
        self.shown, self.answers = "", list(answers)
        self.keyboard, self.screen = os.openpty()
        unleak.terminal = os.ttyname(self.screen)
        self.thread = threading.Thread(target=self.sit, daemon=True)
        self.thread.start()

    def sit(self):
        """Every question ends with a colon or a question mark and a space."""
        while self.answers:
            self.shown += os.read(self.keyboard, 4096).decode()
            if self.shown.endswith((": ", "? ")):
                answer = self.answers.pop(0)
                os.write(self.keyboard, f"{answer() if callable(answer) else answer}\n".encode())


def test_a_person_at_a_terminal_is_asked_for_the_key_and_for_decisions(scene):
    """The first value has no such form; the key is deleted while the program watches."""
    new = scene.world.new().secret

    def go_on():
        scene.network.fault, scene.network.where = (
            delete_at_the_third,
            lambda request: _asks_about(request, scene.leaked),
        )
        return "a"

    seen = []

    def delete_at_the_third(request, answer):
        seen.append(request)
        if len(seen) == 4:
            scene.world.delete(scene.leaked)
        return answer()

    person = Person(scene.unleak, ["sk_wrong", new, go_on])
    ran = scene.rotate(fast=("--wait", "60", "--poll", "0.01"))
    assert ran.returncode == 0, ran.stdout
    assert "has not the form" in ran.stdout
    assert scene.world.alive == [scene.stored()] == [new]
    assert new not in person.shown + ran.stdout
    assert len(seen) > 3


def _asks_about(request, secret):
    return request.headers["authorization"].endswith(secret)


def test_three_wrong_values_stop_it_resumably(scene):
    Person(scene.unleak, ["one", "two", scene.leaked])
    ran = scene.rotate()
    assert ran.returncode == 4
    assert "no new key was given" in ran.stdout
    scene.unleak.terminal = "/nonexistent"
    scene.made()
    assert scene.incidents("resume", "--value-from", "env:NEW_KEY").returncode == 4
    assert scene.stored() != scene.leaked


def test_people_are_reminded_while_it_waits(scene, monkeypatch):
    monkeypatch.setattr(by_hand, "REMINDS", 0.02)
    scene.made()
    scene.rotate("--value-from", "env:NEW_KEY")
    ran = scene.incidents("resume", "--revoke-anyway", "--wait", "0.1")
    assert ran.returncode == 4
    assert ran.stdout.count("still waiting") > 1


def test_the_key_of_a_finding_is_replaced(scene, repo):
    new = scene.made()
    repo.write("app.env", f"STRIPE_KEY={scene.leaked}\n")
    repo.commit()
    report = f"{repo.path}/leaks.json"
    scene.unleak("scan", "--history", "--format", "json", "--output", report, str(repo.path))
    (found,) = json.loads((repo.path / "leaks.json").read_text())["findings"]
    finding = ("--finding", found["fingerprint"][:8], "--report", report)
    ran = scene.unleak("rotate", *finding, "--yes", *FAST, "--value-from", "env:NEW_KEY")
    assert ran.returncode == 4, ran.stdout
    assert scene.stored() == new


def test_nobody_is_asked_to_delete_a_key_that_a_secret_was_set_back_to(scene):
    scene.made()
    scene.rotate("--value-from", "env:NEW_KEY")
    secrets = scene.aws.client("secretsmanager")
    stages = secrets.describe_secret(SecretId=SECRET)["VersionIdsToStages"]
    new, old = sorted(stages, key=lambda version: "AWSCURRENT" not in stages[version])
    secrets.update_secret_version_stage(
        SecretId=SECRET, VersionStage="AWSCURRENT", MoveToVersionId=old, RemoveFromVersionId=new
    )
    ran = scene.incidents("resume", "--revoke-anyway")
    assert ran.returncode == 4
    assert "was set back to the leaked key" in ran.stdout
    assert "delete the key" not in ran.stdout


@pytest.fixture
def anthropic(aws, unleak, monkeypatch):
    """An organization with two keys, of which a secret holds one."""
    world = Anthropic()
    world.other = world.make(
        "of another service", shape=world.leaked.secret[:-9] + "x" * 5 + world.leaked.secret[-4:]
    )
    monkeypatch.setattr(rotation_wiring, "network", Network(world).https)
    monkeypatch.setattr(by_hand, "SETTLES", 1)
    monkeypatch.setattr(by_hand, "PATIENCE", 0.0)
    monkeypatch.setenv("ORG_ADMIN", world.admin.secret)
    monkeypatch.setenv("NEW_KEY", world.make("made by a person").secret)
    aws.secret(SECRET, json.dumps({"KEY": world.leaked.secret}))

    def rotate(*more):
        asked = (
            "--rule",
            world.rule,
            "--admin",
            "env:ORG_ADMIN",
            "--value-from",
            "env:NEW_KEY",
            "--yes",
            *FAST,
        )
        return unleak("rotate", "--stdin", *asked, *more, given=world.leaked.secret)

    world.rotate = rotate
    return world


def test_an_admins_credential_ends_the_key_that_a_person_named(unleak, anthropic):
    ran = anthropic.rotate()
    assert (ran.returncode, f"\n  {anthropic.leaked.id}  in use" in ran.stdout) == (2, True), ran.stdout
    assert anthropic.rotate("--key-id", anthropic.leaked.id).returncode == 4
    ran = unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway")
    assert ran.returncode == 0, ran.stdout
    assert "proven dead" in ran.stdout
    assert anthropic.leaked.fields == {"status": "inactive"}
    assert anthropic.other.fields == {}


def test_a_key_that_a_person_named_wrongly_is_made_to_work_again(unleak, anthropic):
    assert anthropic.rotate("--key-id", anthropic.other.id).returncode == 4
    for _ in range(2):
        ran = unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway", *FAST)
        assert ran.returncode == 4, ran.stdout
        assert anthropic.other.fields == {"status": "active"}
        assert anthropic.leaked.fields == {}
    assert "delete the key that ends in" in " ".join(ran.stdout.split())
    anthropic.leaked.live = False
    ran = unleak("incidents", "resume", unleak.only_id())
    assert ran.returncode == 0, ran.stdout
