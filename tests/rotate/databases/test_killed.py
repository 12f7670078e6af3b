"""kill -9 around the changes that a rotation of a user's one password makes, then resume."""

import json

import pytest
from servers.world import ADMIN, OLD

from unleak.core.secret import Secret
from unleak.rotate.database import parse
from unleak.rotate.ports import Credential

SECRET = "prod/payments"
FAST = ("--admin", "env:DB_ADMIN", "--wait", "0", "--grace", "0")
SET = {"postgresql": "sql:ALTER", "rabbitmq": "http:PUT"}
CLOSED = {"postgresql": "sql:end", "rabbitmq": "http:DELETE"}

pytestmark = pytest.mark.slow


class Scene:
    """A secret holds the connection string, and the program is killed."""

    def __init__(self, world, unleak, aws, folder):
        self.world, self.unleak, self.aws, self.log = world, unleak, aws, folder / "calls"
        self.shown = ""
        aws.secret(SECRET, json.dumps({"url": world.url(), "pool": 5}))

    def run(self, *arguments, fate="0:", given=""):
        ran = self.unleak(*arguments, given=given, faults=True, UNLEAK_TEST_CALL=fate,
                          UNLEAK_TEST_LOG=str(self.log), UNLEAK_TEST_SECRET=OLD)  # fmt: skip
        self.shown += ran.stdout
        return ran.returncode

    def rotate(self, fate="0:"):
        return self.run("rotate", "--stdin", "--yes", "--same-user", *FAST, fate=fate, given=self.world.url())

    def resume(self, fate="0:"):
        return self.run("incidents", "resume", self.unleak.only_id(), "--revoke-anyway", fate=fate)

    def stored(self):
        """What services read."""
        text = json.loads(self.aws.current(SECRET))
        assert text["pool"] == 5
        server, password = parse(Secret(text["url"]))
        assert server.user == self.world.user
        return Credential("", password)

    def one_live_password(self):
        """The stored one; nothing is left pending, and nothing secret was shown or written down."""
        stored = self.stored()
        assert stored.secret.reveal() != OLD
        assert self.world.lives(stored)
        assert not self.world.lives(self.world.leaked)
        told = self.aws.client("secretsmanager").describe_secret(SecretId=SECRET)["VersionIdsToStages"]
        assert not any("AWSPENDING" in stages for stages in told.values())
        assert "SHOWN" not in self.log.read_text()
        state = self.log.parent / "state"
        texts = [self.shown.encode(), *(path.read_bytes() for path in state.rglob("*") if path.is_file())]
        for secret in (OLD, stored.secret.reveal()):
            assert not any(secret.encode() in text for text in texts)


@pytest.fixture
def scene(single, unleak, aws, tmp_path, monkeypatch):
    monkeypatch.setenv("DB_ADMIN", single.url("admin", ADMIN))
    return Scene(single, unleak, aws, tmp_path)


def calls(scene):
    return [line.split()[0] for line in scene.log.read_text().splitlines()]


def test_the_changes_are_those_that_are_killed(scene, single):
    assert scene.rotate() == 4, scene.shown
    assert scene.resume() == 0, scene.shown
    assert calls(scene) == [
        "PutSecretValue",
        SET[single.kind],
        *["UpdateSecretVersionStage"] * 2,
        CLOSED[single.kind],
    ]
    scene.one_live_password()


@pytest.mark.parametrize("fate", [
    "PutSecretValue:after", "set:before", "set:after", "UpdateSecretVersionStage:before",
])  # fmt: skip
def test_killed_on_the_way_to_the_new_password(scene, single, fate):
    assert scene.rotate(fate.replace("set", SET[single.kind])) == -9, scene.shown
    was = single.lives(single.leaked)
    assert was == (fate in {"PutSecretValue:after", "set:before"})
    assert scene.resume() == 0, scene.shown
    scene.one_live_password()


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_the_end(scene, single, when):
    assert scene.rotate() == 4, scene.shown
    assert scene.resume(f"{CLOSED[single.kind]}:{when}") == -9, scene.shown
    assert scene.resume() == 0, scene.shown
    scene.one_live_password()


def test_killed_before_it_was_set_and_undone(scene, single):
    assert scene.rotate(f"{SET[single.kind]}:before") == -9, scene.shown
    assert scene.run("incidents", "undo", scene.unleak.only_id()) == 0, scene.shown
    assert scene.stored().secret.reveal() == OLD
    assert single.lives(single.leaked)
    told = scene.aws.client("secretsmanager").describe_secret(SecretId=SECRET)["VersionIdsToStages"]
    assert not any("AWSPENDING" in stages for stages in told.values())
