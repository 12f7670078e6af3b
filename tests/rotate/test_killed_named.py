"""kill -9 around what is done to a key that a person named, then resume."""

import json

import pytest
from fakes.dockerhub import Service
from fakes.served import ADDRESS, served
from fakes.world import Network

from unleak.cli import rotation_wiring
from unleak.rotate import keys

SECRET = "prod/web"

pytestmark = pytest.mark.slow


class Scene:
    """Docker Hub with two tokens, of which a secret holds one; the fake lives on when the program dies."""

    def __init__(self, aws, unleak, log):
        self.aws, self.unleak, self.log, self.world = aws, unleak, log, Service()
        self.other = self.world.make("of another service", **self.world.rights)
        aws.secret(SECRET, json.dumps({"KEY": self.world.leaked.secret}))

    def switched(self, key_id):
        """A rotation that waits for the word that services use the new key."""
        asked = ("--rule", self.world.rule, "--admin", "env:ADMIN", "--key-id", key_id, "--part", "username=ada",
                 "--part", "acting_id=none", "--wait", "0", "--grace", "0")  # fmt: skip
        self.run("rotate", "--stdin", "--yes", *asked, given=self.world.leaked.secret)
        return self.unleak.only_id()

    def run(self, *arguments, fate="0:", given=""):
        return self.unleak(*arguments, given=given, faults=True, UNLEAK_TEST_CALL=fate, UNLEAK_TEST_LOG=str(self.log),
                           UNLEAK_TEST_SECRET=self.world.leaked.secret)  # fmt: skip

    def resumed(self, rotation, fate="0:"):
        return self.run("incidents", "resume", rotation, "--revoke-anyway", fate=fate)


@pytest.fixture
def scene(aws, unleak, tmp_path, monkeypatch):
    made = Scene(aws, unleak, tmp_path / "calls")
    with served(made.world) as address:
        monkeypatch.setenv(ADDRESS, address)
        monkeypatch.setenv("ADMIN", made.world.admin.secret)
        yield made


@pytest.mark.parametrize("fate", ["PATCH:before", "PATCH:after", "DELETE:before", "DELETE:after"])
def test_the_right_one_is_ended(scene, fate):
    rotation = scene.switched(scene.world.leaked.id)
    assert scene.resumed(rotation, fate).returncode == -9
    ran = scene.resumed(rotation)
    assert ran.returncode == 0, ran.stdout
    new = json.loads(scene.aws.current(SECRET))["KEY"]
    assert {one.secret for one in scene.world.listed} == {new, scene.other.secret}
    assert scene.other.fields["is_active"]


@pytest.mark.parametrize("fate", ["PATCH:before", "PATCH:after"])
def test_a_wrong_one_works_in_the_end(scene, monkeypatch, fate):
    rotation = scene.switched(scene.other.id)
    assert scene.resumed(rotation, fate).returncode == -9
    monkeypatch.setattr(rotation_wiring, "network", Network(scene.world).https)
    monkeypatch.setattr(keys, "PATIENCE", 0.0)
    ran = scene.unleak("incidents", "resume", rotation, "--revoke-anyway")
    assert ran.returncode == 4
    assert "is not the leaked key" in ran.stdout
    assert scene.other.fields["is_active"]
    ran = scene.unleak("incidents", "undo", rotation, "--now")
    assert ran.returncode == 0, ran.stdout
    assert {one.secret for one in scene.world.listed} == {scene.world.leaked.secret, scene.other.secret}
    assert json.loads(scene.aws.current(SECRET))["KEY"] == scene.world.leaked.secret
