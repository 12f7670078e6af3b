"""What is Redis' own: hashes, where ACL users are kept, and servers that are not alone."""

import hashlib

import pytest
from servers import redis
from servers.world import ADMIN, OLD, free_port

from unleak.core.errors import Conflict, RotationError
from unleak.core.model import Liveness

ROTATION = "0a1b2c3d4e"


@pytest.fixture
def world():
    made = redis.running()
    made.fresh()
    return made


def rotate(provider, world):
    identity = provider.verify(world.leaked).identity
    provider.claim(identity, ROTATION)
    new = provider.issue(identity, ROTATION)
    provider.revoke(identity, identity.credential_id)
    provider.release(identity)
    return hashlib.sha256(new.secret.reveal().encode()).hexdigest()


def test_the_acl_file_has_the_new_password_alone_and_no_mark(world):
    before = world.rights(world.user)
    digest = rotate(world.provider(), world)
    kept = world.acl.read_text()
    assert digest in kept
    assert hashlib.sha256(OLD.encode()).hexdigest() not in kept
    assert "unleak:" not in kept
    assert world.rights(world.user) == before


class Configured(redis.Server):
    """Keeps its users in its configuration file."""

    def start(self):
        self.file = self.folder / "redis.conf"
        self.file.write_text(f"port {self.port}\nbind 127.0.0.1\nuser admin on >{ADMIN} +@all ~* &*\n")
        self.file.chmod(0o666)
        self.configuration = ()
        self.folder.chmod(0o777)
        self.root = self.spawn(redis.program("redis-server"), str(self.file), "--save", "")


class Forgetful(redis.Server):
    """Keeps its users nowhere."""

    configuration = ("--user", "admin", "on", f">{ADMIN}", "+@all", "~*", "&*")


def test_without_an_acl_file_the_configuration_is_rewritten():
    world = Configured()
    world.fresh()
    digest = rotate(world.provider(), world)
    assert digest in world.file.read_text()
    world.process.kill()


def test_a_server_that_keeps_nothing_is_warned_of():
    world = Forgetful()
    world.fresh()
    provider = world.provider()
    assert "forgets its ACL users" in " ".join(
        provider.outline(provider.verify(world.leaked).identity).warnings
    )
    rotate(provider, world)
    world.process.kill()


def test_what_cannot_be_kept_stops_the_rotation_until_it_can(world):
    provider = world.provider()
    identity = provider.verify(world.leaked).identity
    provider.claim(identity, ROTATION)
    world.root.execute_command("ACL SETUSER", "admin", "-acl|save")
    with pytest.raises(RotationError, match="keep the change"):
        provider.revoke(identity, identity.credential_id)
    with pytest.raises(RotationError, match="keep the change"):
        provider.release(identity)
    assert provider.claimed_by(identity) == ROTATION
    world.root.execute_command("ACL SETUSER", "admin", "+@all")
    provider.release(identity)
    assert hashlib.sha256(OLD.encode()).hexdigest() not in world.acl.read_text()


def test_a_user_without_password_is_not_taken_for_one_with(world):
    world.root.execute_command("ACL SETUSER", world.user, "nopass")
    answer = world.provider().verify(world.leaked)
    assert answer.liveness is Liveness.UNKNOWN
    assert "nopass" in answer.why


def test_a_user_that_is_off_is_not_dead(world):
    world.root.execute_command("ACL SETUSER", world.user, "off")
    answer = world.provider().verify(world.leaked)
    assert answer.liveness is Liveness.UNKNOWN
    assert "switched off" in answer.why


def test_other_passwords_stay(world):
    world.root.execute_command("ACL SETUSER", world.user, ">another")
    provider = world.provider()
    assert "1 other password" in " ".join(provider.outline(provider.verify(world.leaked).identity).warnings)
    rotate(provider, world)
    world.session("another").close()


def test_a_password_that_somebody_removed_is_not_replaced(world):
    provider = world.provider()
    identity = provider.verify(world.leaked).identity
    provider.claim(identity, ROTATION)
    world.root.execute_command("ACL SETUSER", world.user, f"<{OLD}", ">theirs")
    with pytest.raises(Conflict, match="somebody removed it"):
        provider.issue(identity, ROTATION)


def test_a_mark_that_somebody_took_away_stops_it(world):
    provider = world.provider()
    identity = provider.verify(world.leaked).identity
    with pytest.raises(Conflict, match="was taken away"):
        provider.issue(identity, ROTATION)


def test_a_node_of_several_is_refused(world):
    provider = world.provider()
    identity = provider.verify(world.leaked).identity
    world.root.replicaof("127.0.0.1", free_port())
    try:
        assert "every node keeps ACL users by itself" in provider.refusal(identity)
    finally:
        world.root.replicaof("NO", "ONE")
