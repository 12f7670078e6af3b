"""What is MariaDB's own: ways to log in, and a revocation of several statements."""

import pytest
from servers import mariadb
from servers.world import OLD

from unleak.core.errors import Conflict
from unleak.core.model import Liveness
from unleak.core.secret import Secret
from unleak.rotate.mariadb_accounts import digest_of

ROTATION = "0a1b2c3d4e"


@pytest.fixture
def world():
    made = mariadb.running()
    made.fresh()
    return made


@pytest.fixture
def provider(world):
    return world.provider()


@pytest.fixture
def identity(world, provider):
    return provider.verify(world.leaked).identity


def alter(world, text, *values):
    world.execute(f"ALTER USER payments@'127.0.0.1' {text}", *values)


def test_the_hash_is_the_servers_own(world):
    assert world.execute("SELECT PASSWORD(%s)", OLD) == ((digest_of(Secret(OLD)),),)


def test_an_account_with_another_way_in_is_refused(world, provider, identity):
    alter(world, "IDENTIFIED VIA unix_socket OR mysql_native_password USING %s", digest_of(Secret(OLD)))
    assert "another way to log in" in provider.refusal(identity)
    alter(world, "IDENTIFIED VIA mysql_native_password USING %s OR mysql_native_password USING %s",
          digest_of(Secret(OLD)), digest_of(Secret("theirs")))  # fmt: skip
    assert "another way to log in" in provider.refusal(identity)
    provider.claim(identity, ROTATION)
    with pytest.raises(Conflict, match="somebody changed it"):
        provider.issue(identity, ROTATION)


def test_a_password_that_somebody_changed_meanwhile_is_not_touched(world, provider, identity):
    provider.claim(identity, ROTATION)
    provider.issue(identity, ROTATION)
    alter(world, "IDENTIFIED VIA mysql_native_password USING %s", digest_of(Secret(OLD)))
    with pytest.raises(Conflict, match="somebody changed"):
        provider.revoke(identity, identity.credential_id)
    assert world.lives(world.leaked)


def test_a_revocation_that_was_cut_short_is_finished(world, provider, identity, monkeypatch):
    provider.claim(identity, ROTATION)
    provider.issue(identity, ROTATION)
    session = world.session(OLD)
    with monkeypatch.context() as patch:
        patch.setattr(provider, "_close_sessions", lambda admin: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            provider.revoke(identity, identity.credential_id)
    assert not world.lives(world.leaked)
    session.call()
    assert provider.key(identity, identity.credential_id)
    provider.revoke(identity, identity.credential_id)
    assert provider.key(identity, identity.credential_id) is None
    with pytest.raises(Exception, match=r"."):
        session.call()


def test_a_locked_account_and_a_wrong_host_are_not_dead(world, provider):
    alter(world, "ACCOUNT LOCK")
    answer = provider.verify(world.leaked)
    assert (answer.liveness, "locked" in answer.why) == (Liveness.UNKNOWN, True)
    world.execute("RENAME USER payments@'127.0.0.1' TO payments@'192.0.2.7'")
    answer = provider.verify(world.leaked)
    assert (answer.liveness, "wrong host" in answer.why) == (Liveness.UNKNOWN, True)


def test_a_read_only_server_is_refused(world, provider, identity):
    world.execute("SET GLOBAL read_only = 1")
    try:
        assert "read-only" in provider.refusal(identity)
    finally:
        world.execute("SET GLOBAL read_only = 0")
