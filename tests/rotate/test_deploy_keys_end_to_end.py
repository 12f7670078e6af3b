"""A whole rotation of a deploy key, by the command line, with AWS Secrets Manager and a file as stores."""

import json

import pytest
from fakes.served import ADDRESS, served
from fakes.world import Network
from forges.world import FORGES, forge

from unleak.cli import rotation_wiring
from unleak.rotate import ssh_keys

SECRET = "prod/web"
ADMIN = ("--admin", "env:FORGE_ADMIN")


def held(aws):
    """The key that the secret holds now."""
    return json.loads(aws.current(SECRET))["KEY"].removesuffix("\n")


@pytest.fixture
def world(request, aws, monkeypatch):
    """A forge with a leaked deploy key, which a secret holds beside other fields."""
    made = forge(getattr(request, "param", "github"))
    made.network = Network(made)
    monkeypatch.setattr(rotation_wiring, "network", made.network.https)
    monkeypatch.setenv("FORGE_ADMIN", made.admin)
    made.text = made.leaked.private.reveal()
    aws.secret(SECRET, json.dumps({"KEY": made.text + "\n", "PORT": 22}))
    made.place = ("--part", f"{made.part}={made.path}")
    made.fast = ("--wait", "0", "--grace", "0")
    return made


@pytest.mark.parametrize("world", FORGES, indirect=True)
def test_a_key_is_replaced_and_proved_dead(aws, unleak, world, tmp_path):
    ran = unleak("rotate", "--stdin", "--yes", *world.place, *ADMIN, *world.fast, given=world.text + "\n")
    assert ran.returncode == 4, ran.stdout
    assert f"dead for {world.repository.address} alone" in ran.stdout.replace("\n", " ").replace("  ", " ")
    new = held(aws)
    assert new != world.text
    assert world.opens(new)
    assert world.opens(world.text)
    ran = unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway")
    assert ran.returncode == 0, ran.stdout
    assert "proven dead" in ran.stdout
    assert not world.opens(world.text)
    assert [row.title for row in world.rows] == ["laptop", f"unleak-{unleak.only_id()}"]
    assert json.loads(aws.current(SECRET)) == {"KEY": new + "\n", "PORT": 22}
    kept = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())
    shown = unleak("incidents", "show", unleak.only_id(), "--format", "json").stdout
    for private in (new, world.text):
        assert not any(
            line in ran.stdout + shown or line.encode() in kept for line in private.splitlines()[1:-1]
        )
    assert world.admin.encode() not in kept


def test_the_key_of_a_finding_is_replaced_in_a_file_of_variables(unleak, world, repo, tmp_path):
    """The finding has Windows' lines; the file has the key in one line, and in several."""
    repo.write("deploy.pem", world.text.replace("\n", "\r\n") + "\r\n")
    repo.commit()
    unleak("scan", "--history", "--format", "json", "--output", f"{repo.path}/leaks.json", str(repo.path))
    (found,) = json.loads((repo.path / "leaks.json").read_text())["findings"]
    env = tmp_path / ".env"
    line = world.text.replace("\n", "\\n")
    env.write_text(f'PORT=22\nKEY="{line}\\n"\nSAME="{world.text}\n"\n')
    finding = ("--finding", found["fingerprint"][:8], "--report", f"{repo.path}/leaks.json")
    ran = unleak("rotate", *finding, *world.place, *ADMIN, *world.fast, "--yes", "--target", f"env://{env}")
    assert ran.returncode == 4, ran.stdout
    (new,) = set(ssh_keys.candidates(env.read_text()))
    line = new.replace("\n", "\\n")
    assert env.read_text() == f'PORT=22\nKEY="{line}\\n"\nSAME="{new}\n"\n'
    assert world.opens(new)


def test_it_can_be_undone(aws, unleak, world):
    ran = unleak("rotate", "--stdin", "--yes", *world.place, *ADMIN, *world.fast, given=world.text)
    assert ran.returncode == 4, ran.stdout
    ran = unleak("incidents", "undo", unleak.only_id(), "--now")
    assert ran.returncode == 0, ran.stdout
    assert held(aws) == world.text
    assert [row.title for row in world.rows] == ["laptop", "production"]


def test_the_plan_names_the_key_as_a_scan_does(unleak, world):
    ran = unleak("rotate", "--stdin", "--plan", *world.place, *ADMIN, given=world.text)
    assert ran.returncode == 0, ran.stdout
    assert f"{world.held.id} (secret …{world.text.splitlines()[-2][-4:]})" in ran.stdout


@pytest.mark.parametrize(("more", "says"), [
    ((), "--part repository="), (("--part", "repository=shop"), "no repository"),
    (("--part", "repository=acme/shop", "--part", "project=acme/shop"), "--part repository="),
    (("--part", "repository=acme/shop", "--part", "host=a b"), "no repository"),
    (("--part", "repository=acme/shop"), "Administration"), (("--part", "project=../shop", *ADMIN), "no repository"),
    (("--part", "repository=acme/shop", "--same-user", *ADMIN), "leave it out"),
    (("--part", "repository=acme/shop", "--key-id", "7", *ADMIN), "leave --key-id out"),
    (("--part", "repository=acme/shop", "--part", "hots=x.example", *ADMIN), "not used for such keys"),
])  # fmt: skip
@pytest.mark.parametrize("rule", [(), ("--rule", "private-key.pem")], ids=["", "rule"])
def test_what_is_missing_is_said(unleak, world, more, says, rule):
    ran = unleak("rotate", "--stdin", "--plan", *rule, *more, given=world.text)
    assert (ran.returncode, says in ran.stdout) == (2, True), ran.stdout
    assert world.network.requests == []


def test_a_configuration_names_the_repository(unleak, world, tmp_path):
    """Also of a key that only the store holds, by its age."""
    old = world.held.more["created_at"] = "2020-01-01T00:00:00Z"
    config = tmp_path / "unleak.toml"
    config.write_text(
        '[[keys]]\nname = "deploy"\nrule = "private-key.pem"\nadmin = "env:FORGE_ADMIN"\nmax_age_days = 90\n'
        f'targets = ["aws-sm://{SECRET}#KEY"]\nparts = {{ repository = "acme/shop" }}\n'
    )
    asked = ("--config", str(config))
    plan = json.loads(
        unleak("rotate", "--stdin", "--plan", "--format", "json", *asked, given=world.text).stdout
    )
    assert [one["ref"] for one in plan["holders"]] == [f"aws-sm://{SECRET}#KEY"]
    ran = unleak("doctor", *asked)
    assert "deploy: env:FORGE_ADMIN acts" in ran.stdout.replace("\n", " "), ran.stdout
    ran = unleak("rotate", "--expiring", "1h", "--plan", *asked)
    assert ran.returncode == 0, ran.stdout
    assert f"is 90 days old on {old[:4]}" in ran.stdout
    assert "POST https://api.github.com/repos/acme/shop/keys" in ran.stdout.replace("\n", "").replace(
        " " * 9, ""
    )


def test_a_key_of_another_repository_is_told_and_nothing_done(unleak, world):
    other = ssh_keys.made(world.leaked.form)
    ran = unleak("rotate", "--stdin", "--plan", *world.place, *ADMIN, given=other.private.reveal())
    assert ran.returncode == 2
    assert "another repository" in ran.stdout
    assert other.fingerprint in ran.stdout.replace("\n", "")


@pytest.mark.parametrize("given", ["x", "two of them"])
def test_what_is_no_private_key_is_refused(unleak, world, given):
    given = f"{world.text}\n{world.text}" if given == "two of them" else given
    ran = unleak(
        "rotate", "--stdin", "--plan", "--rule", "private-key.pem", *world.place, *ADMIN, given=given
    )
    assert ran.returncode == 2
    assert "from -----BEGIN" in ran.stdout


def test_it_cannot_be_typed(unleak, world):
    ran = unleak("rotate", "--plan", "--rule", "private-key.pem", *world.place, *ADMIN)
    assert ran.returncode == 2
    assert "--stdin" in ran.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "fate", ["POST:before", "POST:after", "PutSecretValue:after", "DELETE:before", "DELETE:after"]
)
def test_killed_around_a_change_it_goes_on(aws, unleak, monkeypatch, tmp_path, fate):
    """One key lives in the end, the stored one, and nothing is left over."""
    world = forge("github")
    aws.secret(SECRET, json.dumps({"KEY": world.leaked.private.reveal()}))
    monkeypatch.setenv("FORGE_ADMIN", world.admin)
    asked = (
        "rotate",
        "--stdin",
        "--yes",
        "--part",
        "repository=acme/shop",
        *ADMIN,
        "--wait",
        "0",
        "--grace",
        "0",
    )
    with served(world) as address:
        monkeypatch.setenv(ADDRESS, address)

        def run(*arguments, at="0:", given=""):
            return unleak(*arguments, given=given, faults=True, UNLEAK_TEST_CALL=at,
                          UNLEAK_TEST_LOG=str(tmp_path / "calls"), UNLEAK_TEST_SECRET=world.admin)  # fmt: skip

        ran = run(*asked, at=fate, given=world.leaked.private.reveal())
        if fate.startswith("DELETE"):
            assert ran.returncode == 4, ran.stdout
            ran = run("incidents", "resume", unleak.only_id(), "--revoke-anyway", at=fate)
        assert ran.returncode == -9, ran.stdout
        ran = run("incidents", "resume", unleak.only_id(), "--revoke-anyway")
    assert ran.returncode == 0, ran.stdout
    assert [row.title for row in world.rows] == ["laptop", f"unleak-{unleak.only_id()}"]
    assert world.opens(held(aws))
    assert "SHOWN" not in (tmp_path / "calls").read_text()
