"""A whole rotation of a key that a rule file describes, by the command line, with AWS Secrets Manager as the store."""

import json

import httpx
import pytest
from fakes.doppler import Service
from fakes.world import FAKES, Network, declared, service

from unleak.cli import declared_key, rotation_wiring
from unleak.rotate import keys
from unleak.scan.examples import expand

ADMIN = ("--admin", "env:DOPPLER_ADMIN")
SECRET = "prod/web"


@pytest.fixture
def doppler(aws, monkeypatch):
    """Doppler with a leaked service token, which a secret holds beside other fields."""
    world = Service()
    network = Network(world)
    monkeypatch.setattr(rotation_wiring, "network", network.https)
    monkeypatch.setenv("DOPPLER_ADMIN", world.admin.secret)
    aws.secret(SECRET, json.dumps({"DOPPLER_TOKEN": world.leaked.secret, "PORT": 8080}))
    world.network = network
    return world


@pytest.fixture
def rotate(unleak, doppler):
    """Rotates the leaked token, fast."""

    def run(*more, **environment):
        return unleak("rotate", "--stdin", *ADMIN, *more, given=doppler.leaked.secret, **environment)

    return run


@pytest.mark.parametrize("name", FAKES)
def test_keys_of_every_service_are_replaced(aws, unleak, monkeypatch, name):
    world = service(name)
    monkeypatch.setattr(rotation_wiring, "network", Network(world).https)
    monkeypatch.setenv("KEY_ADMIN", world.admin.secret)
    leaked = world.leaked.secret
    aws.secret(SECRET, json.dumps({"ID": world.leaked.id, "KEY": leaked, "PORT": 8080}))
    parts = [word for part in world.parts.items() for word in ("--part", "=".join(part))]
    asked = ("--rule", world.rule, "--admin", "env:KEY_ADMIN", *parts, "--wait", "0", "--grace", "0")
    if declared()[world.rule][1].id == "named" and not getattr(world, "shows", False):
        ran = unleak("rotate", "--stdin", "--plan", *asked, given=leaked)
        assert (ran.returncode, "--key-id ID" in ran.stdout) == (2, True), ran.stdout
        assert f"\n  {world.leaked.id}  " in ran.stdout
        assert leaked[-12:] not in ran.stdout
        assert f"\n  {world.admin.id} " not in ran.stdout
        asked += ("--key-id", world.leaked.id)
    ran = unleak("rotate", "--stdin", "--yes", *asked, given=leaked)
    assert ran.returncode == 4, ran.stdout
    new = json.loads(aws.current(SECRET))
    assert new["KEY"] != leaked, ran.stdout
    assert world.lives(new["KEY"])
    assert world.lives(leaked)
    ran = unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway")
    assert ran.returncode == 0, ran.stdout
    assert "proven dead" in ran.stdout
    assert json.loads(aws.current(SECRET)) == new
    assert world.lives(new["KEY"])
    assert not world.lives(leaked)


def posts(doppler):
    return sum(request.method == "POST" for request in doppler.network.requests)


def current(aws):
    return json.loads(aws.current(SECRET))["DOPPLER_TOKEN"]


def test_a_token_is_replaced_once_somebody_says_that_services_use_the_new_one(aws, unleak, doppler, rotate):
    ran = rotate("--yes")
    assert ran.returncode == 4, ran.stdout
    assert "cannot be told" in ran.stdout
    assert doppler.lives(doppler.leaked.secret)
    assert doppler.lives(current(aws))
    assert rotate("--yes").returncode == 2, "one key, one open rotation"
    ran = unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway")
    assert ran.returncode == 0, ran.stdout
    assert "proven dead" in ran.stdout
    assert "Disabling" not in ran.stdout
    assert json.loads(aws.current(SECRET))["PORT"] == 8080
    (new,) = doppler.listed
    assert new.secret == current(aws)
    assert new.name == f"unleak-{unleak.only_id()}"
    assert new.fields == {"access": "read"}
    assert posts(doppler) == 1


def test_it_can_be_undone(aws, unleak, doppler, rotate):
    assert rotate("--yes").returncode == 4
    assert unleak("incidents", "undo", unleak.only_id()).returncode == 4
    ran = unleak("incidents", "undo", unleak.only_id(), "--now")
    assert ran.returncode == 0, ran.stdout
    assert current(aws) == doppler.leaked.secret
    assert [one.secret for one in doppler.listed] == [doppler.leaked.secret]


def test_an_issue_without_an_answer_is_found_and_made_good(aws, unleak, doppler, rotate):
    """What the lost request made is revoked, and only then another is made."""

    def lost(request, answer):
        answer()
        doppler.network.fault = None
        raise httpx.ReadTimeout("")

    doppler.network.where = lambda request: request.method == "POST"
    doppler.network.fault = lost
    ran = rotate("--yes")
    assert ran.returncode == 4
    assert "no clear answer" in ran.stdout
    assert posts(doppler) == 1
    ran = unleak("incidents", "resume", unleak.only_id())
    assert "which this rotation issued" in ran.stdout
    assert posts(doppler) == 2
    assert {one.secret for one in doppler.listed} == {doppler.leaked.secret, current(aws)}


def test_what_shows_up_late_is_revoked_at_the_end(aws, unleak, doppler, rotate):
    late = []

    def lost(request, answer):
        doppler.network.fault = None
        late.append(answer)
        raise httpx.ReadTimeout("")

    doppler.network.where = lambda request: request.method == "POST"
    doppler.network.fault = lost
    assert rotate("--yes").returncode == 4
    assert unleak("incidents", "resume", unleak.only_id()).returncode == 4
    late[0]()
    assert len(doppler.listed) == 3
    ran = unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway")
    assert ran.returncode == 0, ran.stdout
    assert [one.secret for one in doppler.listed] == [current(aws)]


def test_the_plan_tells_what_is_requested_and_what_cannot_be_seen(doppler, rotate):
    ran = rotate("--plan", "--format", "json")
    plan = json.loads(ran.stdout)
    text = " ".join(plan["steps"])
    assert "POST https://api.doppler.com/v3/configs/config/tokens" in text
    assert '"project": "web", "config": "prd"' in text
    assert '"access": "read"' in text
    assert "disable" not in text
    assert "tag" not in text
    assert any("pick-up cannot be proved" in warning for warning in plan["warnings"])
    assert any("--part access=VALUE" in warning for warning in plan["warnings"])
    assert plan["identity"]["details"] == {"project": "web", "config": "prd"}
    assert plan["refusals"] == []
    assert posts(doppler) == 0
    assert "access `read/write`" not in rotate("--plan", "--part", "access=read/write").stdout
    assert '"access":"read/write"' in rotate("--plan", "--part", "access=read/write").stdout.replace(
        "\n", ""
    ).replace(" ", "")


def test_what_a_provider_cannot_do_is_refused(doppler, rotate):
    plan = json.loads(rotate("--plan", "--format", "json", "--contain-first").stdout)
    assert any("can only be revoked" in refusal for refusal in plan["refusals"])


@pytest.mark.parametrize(("more", "says"), [
    (("--admin", ""), "--admin env:NAME"), (("--admin", "env:NOT_SET"), "is not set"),
    (("--rule", "stripe.webhook"), "cannot be rotated"), (("--rule", "acme.key"), "no such rule"),
])  # fmt: skip
def test_what_is_missing_is_said(doppler, rotate, more, says):
    ran = rotate("--plan", *more)
    assert ran.returncode == 2
    assert says in ran.stdout


def test_a_credential_in_place_of_its_reference_is_not_repeated(doppler, rotate):
    for reference in (doppler.admin.secret, f"env:{doppler.admin.secret}"):
        ran = rotate("--plan", "--admin", reference)
        assert ran.returncode == 2
        assert doppler.admin.secret[-8:] not in ran.stdout


def test_no_secret_is_in_anything_that_is_kept(aws, unleak, doppler, rotate, tmp_path):
    rotate("--yes")
    ran = unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway")
    shown = unleak("incidents", "show", unleak.only_id(), "--format", "json").stdout
    kept = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())
    for held in doppler.held:
        assert held.secret[-12:].encode() not in kept
        assert held.secret[-12:] not in ran.stdout + shown


def test_the_key_of_a_finding_is_rotated(aws, unleak, doppler, repo):
    repo.write("app.env", f"DOPPLER_TOKEN={doppler.leaked.secret}\n")
    repo.commit()
    unleak("scan", "--history", "--format", "json", "--output", f"{repo.path}/leaks.json", str(repo.path))
    (found,) = json.loads((repo.path / "leaks.json").read_text())["findings"]
    finding = ("--finding", found["fingerprint"][:8], "--report", f"{repo.path}/leaks.json")
    ran = unleak("rotate", *finding, *ADMIN, "--yes")
    assert ran.returncode == 4, ran.stdout
    assert current(aws) != doppler.leaked.secret


def test_a_new_key_of_another_form_is_found_where_it_was_put():
    """A service may have changed the form of its keys since the old one was issued."""
    kind = declared_key.kind(declared_key.required("heroku.api-key"), {}, {})
    for form in ("${uuid}", "HRKU-AA${alnum:58}"):
        key = expand(form, 7)
        assert key in kind.candidates(f'{{"KEY": "{key}"}}')


@pytest.fixture
def dockerhub(aws, monkeypatch):
    """Docker Hub with two tokens, of which a secret holds one."""
    world = service("dockerhub")
    world.other = world.make("of another service", **world.rights)
    monkeypatch.setattr(rotation_wiring, "network", Network(world).https)
    monkeypatch.setenv("KEY_ADMIN", world.admin.secret)
    aws.secret(SECRET, json.dumps({"KEY": world.leaked.secret}))
    return world


def named(world, key_id, *more):
    """The command line that names a key."""
    return ("rotate", "--stdin", "--rule", world.rule, "--admin", "env:KEY_ADMIN", "--part", "username=ada",
            "--part", "acting_id=none", "--key-id", key_id, *more)  # fmt: skip


def test_a_key_that_a_person_named_wrongly_works_again(aws, unleak, monkeypatch, dockerhub):
    monkeypatch.setattr(keys, "PATIENCE", 0.0)
    leaked = dockerhub.leaked.secret
    ran = unleak(*named(dockerhub, dockerhub.other.id, "--yes", "--wait", "0", "--grace", "0"), given=leaked)
    assert ran.returncode == 4, ran.stdout
    ran = unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway")
    assert ran.returncode == 4
    assert "is not the leaked key" in ran.stdout
    assert dockerhub.other.fields["is_active"]
    assert dockerhub.lives(dockerhub.other.secret)
    ran = unleak("incidents", "undo", unleak.only_id(), "--now")
    assert ran.returncode == 0, ran.stdout
    assert json.loads(aws.current(SECRET))["KEY"] == leaked
    assert {one.secret for one in dockerhub.listed} == {leaked, dockerhub.other.secret}


def test_the_plan_says_that_a_persons_word_is_no_proof(aws, unleak, dockerhub):
    leaked = dockerhub.leaked.secret
    plan = json.loads(
        unleak(*named(dockerhub, dockerhub.leaked.id, "--plan", "--format", "json"), given=leaked).stdout
    )
    assert any("nothing but your word" in warning for warning in plan["warnings"])
    dockerhub.other.fields["is_active"] = False
    for key_id, says in (
        (dockerhub.other.id, "not active"),
        (leaked, "does not see it"),
        ("x", "does not see it"),
    ):
        ran = unleak(*named(dockerhub, key_id, "--plan"), given=leaked)
        assert ran.returncode == 2
        assert says in ran.stdout
        assert leaked[-12:] not in ran.stdout


def test_an_id_is_taken_only_where_nothing_else_tells_it(doppler, rotate):
    ran = rotate("--plan", "--key-id", "1")
    assert ran.returncode == 2
    assert "leave --key-id out" in ran.stdout


def test_a_key_that_the_provider_shows_has_not_to_be_named(aws, unleak, monkeypatch):
    world = service("datadog")
    other = world.make("of another service", shape=expand(world.shape, 99)[:-4] + world.leaked.secret[-4:])
    monkeypatch.setattr(rotation_wiring, "network", Network(world).https)
    monkeypatch.setenv("KEY_ADMIN", world.admin.secret)
    aws.secret(SECRET, json.dumps({"KEY": world.leaked.secret}))
    who = ("--rule", world.rule, "--admin", "env:KEY_ADMIN", "--part", "site=datadoghq.eu")
    asked = ("rotate", "--stdin", *who, "--plan", "--format", "json")
    plan = json.loads(unleak(*asked, given=world.leaked.secret).stdout)
    assert plan["identity"]["credential_id"] == world.leaked.id
    assert not any("your word" in warning for warning in plan["warnings"])
    ran = unleak(*asked, "--key-id", other.id, given=world.leaked.secret)
    assert ran.returncode == 2
    assert "it is another one" in ran.stdout
    world.shows = False
    ran = unleak(*asked, given=world.leaked.secret)
    assert ran.returncode == 2
    assert f"\n  {other.id} " in ran.stdout
    plan = json.loads(unleak(*asked, "--key-id", world.leaked.id, given=world.leaked.secret).stdout)
    assert any("your word" in warning for warning in plan["warnings"])
