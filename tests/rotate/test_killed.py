"""kill -9 before and after every change that a rotation or its undo makes, then resume."""

import base64
import binascii
import json
import sqlite3

import pytest
from consoles import service
from fakes.doppler import Service
from fakes.served import ADDRESS, served

FORWARD = [
    "TagUser",
    "CreateAccessKey",
    "PutSecretValue",
    "PutSecretValue",
    *["UpdateSecretVersionStage"] * 4,
    "UpdateAccessKey",
    "DeleteAccessKey",
    "UntagUser",
]
BACK = [
    "UpdateAccessKey",
    "UpdateSecretVersionStage",
    "UpdateSecretVersionStage",
    "DeleteAccessKey",
    "UntagUser",
]
DECLARED = ["POST", "PutSecretValue", "PutSecretValue", *["UpdateSecretVersionStage"] * 4, "DELETE"]
DECLARED_BACK = ["UpdateSecretVersionStage", "UpdateSecretVersionStage", "DELETE"]
BY_HAND = ["PutSecretValue", "PutSecretValue", *["UpdateSecretVersionStage"] * 4, "POST"]
BY_HAND_BACK = ["UpdateSecretVersionStage", "UpdateSecretVersionStage"]
SECOND = "prod/backup"


def moments(changes):
    """Before the first change and after each: what stands before a later one stands after the one it follows."""
    return [(1, "before"), *((at, "after") for at in range(1, len(changes) + 1))]


pytestmark = pytest.mark.slow


@pytest.fixture
def scene(aws, unleak, tmp_path):
    """Two secrets hold the leaked key."""
    aws.json_secret()
    aws.json_secret(SECOND)
    return Scene(aws, unleak, tmp_path)


class Scene:
    """Runs the program with a fate and holds what it left against what must be true."""

    def __init__(self, aws, unleak, folder):
        self.aws, self.unleak, self.folder = aws, unleak, folder
        self.log = folder / "calls"
        self.shown, self.last = "", 0
        self.keys = [aws.leaked]

    def run(self, *arguments, fate="0:", given=""):
        ran = self.unleak(
            *arguments,
            given=given,
            faults=True,
            UNLEAK_TEST_CALL=fate,
            UNLEAK_TEST_LOG=str(self.log),
            UNLEAK_TEST_SECRET=self.aws.leaked["SecretAccessKey"],
        )
        self.shown += ran.stdout
        self.last = ran.returncode
        return ran

    def rotate(self, *more, fate="0:", wait="20"):
        given = f"{self.aws.leaked['AccessKeyId']} {self.aws.leaked['SecretAccessKey']}"
        self.run("rotate", "--stdin", "--yes", "--quiet", "0", "--grace", "0", "--wait", wait, *more,
                 fate=fate, given=given)  # fmt: skip
        return self.unleak.only_id()

    def calls(self):
        return [line.split()[0] for line in self.log.read_text().splitlines()]

    def nothing_leaked(self, *keys):
        rows = [line.split() for line in self.log.read_text().splitlines()]
        assert max(int(count) for _, count, _ in rows) <= 2
        assert all(shown == "hidden" for *_, shown in rows)
        for key in keys:
            secret = key["SecretAccessKey"]
            assert secret not in self.shown
            for text in everything(self.folder / "state"):
                assert secret.encode() not in text


def everything(folder):
    """Every file as it is, and every value of every database decoded as deeply as it goes."""
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        yield path.read_bytes()
        if path.suffix == ".sqlite":
            yield from values(path)


def values(path):
    with sqlite3.connect(path) as database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608
                for value in row:
                    yield from decoded(value)
    database.close()


def decoded(value):
    if isinstance(value, str):
        value = value.encode()
    if not isinstance(value, bytes):
        return
    yield value
    try:
        inner = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return
    if inner:
        yield from decoded(inner)


def test_the_changes_are_those_that_are_killed(scene):
    scene.rotate("--consumer", "http://127.0.0.1:9/", wait="0")
    scene.run("incidents", "resume", scene.unleak.only_id(), "--revoke-anyway")
    assert scene.calls() == FORWARD


@pytest.mark.parametrize(("at", "when"), moments(FORWARD))
def test_a_rotation_survives(scene, at, when):
    anyway = ("--consumer", "http://127.0.0.1:9/")
    if FORWARD[at - 1] in {"UpdateAccessKey", "DeleteAccessKey", "UntagUser"}:
        rotation = scene.rotate(*anyway, wait="0")
        fate = f"{FORWARD[at - 1]}:{when}"
        killed = scene.run("incidents", "resume", rotation, "--revoke-anyway", fate=fate)
        assert killed.returncode == -9
    else:
        rotation = scene.rotate(*anyway, fate=f"{at}:{when}", wait="0")
        assert scene.last == -9
    resumed = scene.run("incidents", "resume", rotation, "--revoke-anyway")
    assert resumed.returncode == 0, scene.shown
    one_live_key(scene)


def one_live_key(scene):
    aws = scene.aws
    new = aws.current_key()
    assert aws.keys() == {new["AccessKeyId"]: "Active"}
    assert aws.lives(new)
    assert new["AccessKeyId"] != aws.leaked["AccessKeyId"]
    assert aws.current_key(SECOND) == new
    assert aws.current() == aws.current(SECOND) == aws.json_text(new).replace("\\/", "/")
    assert aws.tags() == {}
    scene.nothing_leaked(aws.leaked, new)


@pytest.mark.parametrize(("at", "when"), moments(BACK))
def test_an_undo_survives(scene, at, when):
    aws = scene.aws
    rotation = scene.rotate("--contain-first", "--consumer", "http://127.0.0.1:9/", wait="0")
    new = aws.current_key()
    assert new["AccessKeyId"] != aws.leaked["AccessKeyId"]
    killed = scene.run("incidents", "undo", rotation, "--now", fate=f"{at}:{when}")
    assert killed.returncode == -9
    again = (
        scene.run("incidents", "resume", rotation)
        if at % 2
        else scene.run("incidents", "undo", rotation, "--now")
    )
    if at % 2:  # the wait for services, which --now had skipped, is back
        again = scene.run("incidents", "undo", rotation, "--now") if again.returncode == 4 else again
    assert again.returncode == 0, scene.shown
    assert aws.keys() == {aws.leaked["AccessKeyId"]: "Active"}
    assert aws.current() == aws.current(SECOND) == aws.json_text(aws.leaked)
    assert aws.tags() == {}
    scene.nothing_leaked(aws.leaked, new)


def test_a_rotation_that_issued_nothing_is_undone(scene):
    rotation = scene.rotate(fate="CreateAccessKey:before")
    assert scene.run("incidents", "undo", rotation).returncode == 0, scene.shown
    assert scene.aws.keys() == {scene.aws.leaked["AccessKeyId"]: "Active"}
    assert json.loads(scene.unleak("incidents", "list", "--format", "json").stdout)[0]["status"] == "undone"


class DeclaredScene(Scene):
    """The same for a provider that a rule file describes; its fake lives on when the program dies."""

    def __init__(self, aws, unleak, folder):
        super().__init__(aws, unleak, folder)
        self.doppler = Service()
        for name in ("prod/payments", SECOND):
            aws.secret(name, json.dumps({"TOKEN": self.doppler.leaked.secret, "PORT": 8080}))

    def rotate(self, *more, fate="0:", wait="0"):
        given = self.doppler.leaked.secret
        self.run("rotate", "--stdin", "--yes", "--admin", "env:ADMIN", *more, fate=fate, given=given)
        return self.unleak.only_id()

    def token(self, name="prod/payments"):
        """The token in the current text of a secret, whose neighbour did not change."""
        text = json.loads(self.aws.current(name))
        assert text == {"TOKEN": text["TOKEN"], "PORT": 8080}
        return text["TOKEN"]

    def only(self, token):
        """`token` is the one that lives, and both secrets hold it."""
        assert [one.secret for one in self.doppler.listed] == [token]
        assert self.token() == self.token(SECOND) == token
        hidden = [{"SecretAccessKey": one.secret} for one in self.doppler.held]
        self.nothing_leaked(*hidden)


@pytest.fixture
def declared(aws, unleak, tmp_path, monkeypatch):
    """Two secrets hold a leaked token of Doppler."""
    scene = DeclaredScene(aws, unleak, tmp_path)
    with served(scene.doppler) as address:
        monkeypatch.setenv(ADDRESS, address)
        monkeypatch.setenv("ADMIN", scene.doppler.admin.secret)
        yield scene


def test_the_changes_of_a_declared_provider_are_those_that_are_killed(declared):
    rotation = declared.rotate()
    declared.run("incidents", "resume", rotation, "--revoke-anyway")
    assert declared.calls() == DECLARED


@pytest.mark.parametrize(("at", "when"), moments(DECLARED))
def test_a_rotation_of_a_declared_provider_survives(declared, at, when):
    if DECLARED[at - 1] == "DELETE":
        rotation = declared.rotate()
        declared.run("incidents", "resume", rotation, "--revoke-anyway", fate=f"DELETE:{when}")
    else:
        rotation = declared.rotate(fate=f"{at}:{when}")
    assert declared.last == -9, declared.shown
    resumed = declared.run("incidents", "resume", rotation, "--revoke-anyway")
    assert resumed.returncode == 0, declared.shown
    declared.only(declared.token())
    assert declared.token() != declared.doppler.leaked.secret


@pytest.mark.parametrize(("at", "when"), moments(DECLARED_BACK))
def test_an_undo_of_a_declared_provider_survives(declared, at, when):
    rotation = declared.rotate()
    declared.run("incidents", "undo", rotation, "--now", fate=f"{at}:{when}")
    assert declared.last == -9, declared.shown
    again = declared.run("incidents", "undo", rotation, "--now")
    assert again.returncode == 0, declared.shown
    declared.only(declared.doppler.leaked.secret)


class ByHandScene(Scene):
    """The same for keys that a person issues."""

    def __init__(self, aws, unleak, folder, world):
        super().__init__(aws, unleak, folder)
        self.world, self.leaked = world, world.leaked.secret
        self.new = world.new().secret
        for name in ("prod/payments", SECOND):
            aws.secret(name, json.dumps({"TOKEN": self.leaked, "PORT": 8080}))

    def rotate(self, *more, fate="0:", wait="0"):
        asked = ("--rule", self.world.rule, "--value-from", "env:NEW_KEY", "--wait", wait, "--poll", "0.01")
        self.run("rotate", "--stdin", "--yes", *asked, *more, fate=fate, given=self.leaked)
        return self.unleak.only_id()

    def only(self, key):
        """`key` is the one that lives, and both secrets hold it."""
        assert self.world.alive == [key]
        for name in ("prod/payments", SECOND):
            assert json.loads(self.aws.current(name)) == {"TOKEN": key, "PORT": 8080}
        self.nothing_leaked(*({"SecretAccessKey": one.secret} for one in self.world.held))


@pytest.fixture
def by_hand(aws, unleak, tmp_path, monkeypatch, request):
    """Two secrets hold a leaked key, and the person has made the new one."""
    scene = ByHandScene(aws, unleak, tmp_path, service(request.param))
    with served(scene.world) as address:
        monkeypatch.setenv(ADDRESS, address)
        monkeypatch.setenv("NEW_KEY", scene.new)
        yield scene


@pytest.mark.parametrize("by_hand", ["github"], indirect=True)
def test_the_changes_of_keys_that_a_person_issues_are_those_that_are_killed(by_hand):
    rotation = by_hand.rotate()
    by_hand.run("incidents", "resume", rotation, "--revoke-anyway")
    assert by_hand.calls() == BY_HAND


@pytest.mark.parametrize("by_hand", ["github"], indirect=True)
@pytest.mark.parametrize(("at", "when"), moments(BY_HAND))
def test_a_rotation_of_a_key_that_a_person_issued_survives(by_hand, at, when):
    if BY_HAND[at - 1] == "POST":
        rotation = by_hand.rotate()
        by_hand.run("incidents", "resume", rotation, "--revoke-anyway", fate=f"POST:{when}")
    else:
        rotation = by_hand.rotate(fate=f"{at}:{when}")
    assert by_hand.last == -9, by_hand.shown
    resumed = by_hand.run("incidents", "resume", rotation, "--revoke-anyway")
    assert resumed.returncode == 0, by_hand.shown
    by_hand.only(by_hand.new)


@pytest.mark.parametrize("by_hand", ["stripe"], indirect=True)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", [1, 3])
def test_a_rotation_that_a_person_ends_survives(by_hand, at, when):
    rotation = by_hand.rotate(fate=f"{at}:{when}")
    assert by_hand.last == -9, by_hand.shown
    by_hand.run("incidents", "resume", rotation, "--revoke-anyway")
    assert by_hand.last == 4, by_hand.shown
    by_hand.world.delete(by_hand.leaked)
    by_hand.run("incidents", "resume", rotation)
    assert by_hand.last == 0, by_hand.shown
    by_hand.only(by_hand.new)


@pytest.mark.parametrize("by_hand", ["stripe"], indirect=True)
def test_another_key_may_be_given_for_one_that_a_crash_lost(by_hand, monkeypatch):
    """Nobody can see whether the first one lives, so a person is told to delete it."""
    rotation = by_hand.rotate(fate="1:before")
    first, second = by_hand.new, by_hand.world.new().secret
    monkeypatch.setenv("NEW_KEY", second)
    ran = by_hand.run("incidents", "resume", rotation, "--revoke-anyway")
    assert f"delete the key that ends in {first[-4:]}" in " ".join(ran.stdout.split())
    by_hand.world.delete(first)
    by_hand.world.delete(by_hand.leaked)
    by_hand.run("incidents", "resume", rotation)
    assert by_hand.last == 0, by_hand.shown
    by_hand.only(second)


@pytest.mark.parametrize("by_hand", ["stripe"], indirect=True)
@pytest.mark.parametrize(("at", "when"), moments(BY_HAND_BACK))
def test_an_undo_that_a_person_ends_survives(by_hand, at, when):
    rotation = by_hand.rotate()
    by_hand.run("incidents", "undo", rotation, "--now", fate=f"{at}:{when}")
    assert by_hand.last == -9, by_hand.shown
    by_hand.run("incidents", "undo", rotation, "--now")
    assert by_hand.last == 4, by_hand.shown
    by_hand.world.delete(by_hand.new)
    by_hand.run("incidents", "resume", rotation)
    assert by_hand.last == 0, by_hand.shown
    by_hand.only(by_hand.leaked)
