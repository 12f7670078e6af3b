"""A whole rotation of a database password by the command line, with AWS Secrets Manager as the store."""

import json

import pytest
from servers.world import ADMIN, OLD, server

from unleak.core.secret import Secret
from unleak.rotate.database import parse
from unleak.rotate.ports import Credential

SECRET = "prod/payments"
FAST = ("--admin", "env:DB_ADMIN", "--wait", "0", "--grace", "0")


@pytest.fixture
def held(world, aws, monkeypatch):
    """The leaked connection string stands in a secret; returns what services would log in with now."""
    monkeypatch.setenv("DB_ADMIN", world.url("admin", ADMIN))
    aws.secret(SECRET, json.dumps({"url": world.url(), "pool": 5}))

    def login():
        server, password = parse(Secret(json.loads(aws.current(SECRET))["url"]))
        return Credential(server.user, password)

    return login


def test_a_password_is_replaced_once_somebody_says_that_services_use_the_new_one(world, unleak, held):
    ran = unleak("rotate", "--stdin", "--yes", *FAST, given=world.url())
    assert ran.returncode == 4, ran.stdout
    new = held()
    assert world.lives(new)
    assert world.lives(world.leaked)
    again = unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway")
    assert again.returncode == 0, again.stdout
    assert "proven dead" in again.stdout
    assert held() == new
    assert world.lives(new)
    assert not world.lives(world.leaked)
    assert not any(one in ran.stdout + again.stdout for one in (OLD, ADMIN, new.secret.reveal()))


def test_it_is_undone(world, unleak, held):
    assert unleak("rotate", "--stdin", "--yes", *FAST, given=world.url()).returncode == 4
    new = held()
    ran = unleak("incidents", "undo", unleak.only_id(), "--now")
    assert ran.returncode == 0, ran.stdout
    assert held().secret.reveal() == OLD
    assert world.lives(world.leaked)
    assert not world.lives(new)


def test_an_entry_of_a_configuration_is_looked_at(world, unleak, held, tmp_path):
    path = tmp_path / "unleak.toml"
    entry = f'[[keys]]\nname = "db"\nrule = "uri.*password"\ntargets = ["aws-sm://{SECRET}"]\n'
    path.write_text(entry + 'admin = "env:DB_ADMIN"\n')
    ran = unleak("doctor", "--config", str(path))
    assert ran.returncode == 0, ran.stdout
    assert "db: its key is accepted" in ran.stdout
    ran = unleak("rotate", "--expiring", "30d", "--plan", "--config", str(path))
    assert ran.returncode == 0, ran.stdout
    assert "does not expire" in ran.stdout
    assert not any(one in ran.stdout for one in (OLD, ADMIN))


def test_a_finding_leads_to_its_connection_string(world, unleak, held, tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / ".env").write_text(f"DATABASE_URL={world.url()}\n")
    report = tmp_path / "leaks.json"
    unleak("scan", str(tmp_path / "app"), "--format", "json", "--output", str(report))
    (found,) = json.loads(report.read_text())["findings"]
    asked = ("--finding", found["fingerprint"], "--report", str(report))
    ran = unleak("rotate", *asked, "--plan", *FAST)
    assert ran.returncode == 0, ran.stdout
    assert world.user in ran.stdout
    assert OLD not in ran.stdout


def test_another_server_is_not_asked_unless_the_user_says_so(world, unleak, held):
    other = world.url().replace("127.0.0.1", "db.acme.example")
    ran = unleak("rotate", "--stdin", "--plan", *FAST, given=other)
    assert ran.returncode == 2
    assert "--part host=127.0.0.1" in ran.stdout
    ran = unleak("rotate", "--stdin", "--plan", "--part", "host=127.0.0.1", *FAST, given=other)
    assert ran.returncode == 0, ran.stdout


def test_the_acting_connection_string_is_asked_for(world, unleak, held):
    ran = unleak("rotate", "--stdin", "--plan", given=world.url())
    assert ran.returncode == 2
    assert "--admin env:NAME" in ran.stdout
    assert OLD not in ran.stdout


def test_one_password_is_replaced_under_the_same_name(single, unleak, aws, monkeypatch):
    monkeypatch.setenv("DB_ADMIN", single.url("admin", ADMIN))
    aws.secret(SECRET, json.dumps({"url": single.url()}))
    plan = unleak("rotate", "--stdin", "--plan", "--same-user", *FAST, given=single.url())
    assert plan.returncode == 0, plan.stdout
    assert "DOWNTIME" in plan.stdout
    ran = unleak("rotate", "--stdin", "--yes", "--same-user", *FAST, given=single.url())
    assert ran.returncode == 4, ran.stdout
    assert not single.lives(single.leaked)
    undo = unleak("incidents", "undo", unleak.only_id())
    assert (undo.returncode, "no way back" in undo.stdout) == (4, True), undo.stdout
    again = unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway")
    assert again.returncode == 0, again.stdout
    assert "proven dead" in again.stdout
    said, password = parse(Secret(json.loads(aws.current(SECRET))["url"]))
    assert said.user == single.user
    assert single.lives(Credential("", password))
    assert not any(one in ran.stdout + again.stdout for one in (OLD, ADMIN, password.reveal()))


def test_to_contain_first_is_of_no_use_where_the_old_password_dies_at_once(single, unleak, aws, monkeypatch):
    monkeypatch.setenv("DB_ADMIN", single.url("admin", ADMIN))
    aws.secret(SECRET, json.dumps({"url": single.url()}))
    ran = unleak("rotate", "--stdin", "--plan", "--same-user", "--contain-first", *FAST, given=single.url())
    assert ran.returncode == 2
    assert "--contain-first is not needed" in " ".join(ran.stdout.split())
    assert single.lives(single.leaked)


@pytest.mark.parametrize("given", ["mariadb", "redis"])
def test_a_user_that_keeps_its_name_anyway_needs_no_such_option(given, unleak, aws, monkeypatch):
    world = server(given)
    monkeypatch.setenv("DB_ADMIN", world.url("admin", ADMIN))
    ran = unleak("rotate", "--stdin", "--plan", "--same-user", *FAST, given=world.url())
    assert ran.returncode == 2
    assert "keeps its name anyway" in ran.stdout
