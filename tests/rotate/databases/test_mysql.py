"""What is MySQL's own: its hashes, and two passwords of which one is retained."""

import pytest
from servers import mysql
from servers.world import ADMIN, OLD

from unleak.cli import rotation_wiring
from unleak.core.errors import Conflict
from unleak.core.model import Liveness
from unleak.core.secret import Secret
from unleak.rotate.database import parse
from unleak.rotate.mysql_accounts import NATIVE, SHA2, made, matches, sha256_crypt
from unleak.rotate.ports import Credential
from unleak.rotate.providers.mysql import MySQL
from unleak.rotate.rotation import Options

ROTATION = "0a1b2c3d4e"


@pytest.fixture
def world():
    made = mysql.running()
    made.fresh()
    return made


@pytest.fixture
def provider(world):
    return world.provider()


@pytest.fixture
def identity(world, provider):
    return provider.verify(world.leaked).identity


def held(world):
    return world.users["payments", mysql.HOST]


def test_the_hash_is_that_of_the_servers():
    """The example of hashcat's mode 7401, which is MySQL's caching_sha2_password."""
    salt = bytes.fromhex("F9CC98CE08892924F50A213B6BC571A2C11778C5")
    digest = "625479393559393965414D45316477456B484F41316E64484742577A2E3162785353526B7554584647562F"
    assert sha256_crypt(b"hashcat", salt) == bytes.fromhex(digest).decode()


@pytest.mark.parametrize("plugin", [SHA2, NATIVE])
def test_a_hash_is_known_again(plugin):
    kept = made(plugin, Secret(OLD))
    assert matches(plugin, kept, Secret(OLD))
    assert not matches(plugin, kept, Secret(OLD + "x"))
    assert not matches("authentication_ldap_simple", kept, Secret(OLD))
    assert len(made(SHA2, Secret(OLD))) == 70


def test_the_native_hash_is_the_same_as_mariadbs():
    from unleak.rotate.mariadb_accounts import digest_of

    assert made(NATIVE, Secret(OLD)) == digest_of(Secret(OLD))


def test_accounts_of_the_older_plugin_keep_it(world, monkeypatch):
    monkeypatch.setattr(mysql.Server, "plugin", NATIVE)
    world.fresh()
    provider = world.provider()
    identity = provider.verify(world.leaked).identity
    provider.claim(identity, ROTATION)
    new = provider.issue(identity, ROTATION)
    assert held(world)["plugin"] == NATIVE
    assert world.lives(new)
    assert world.lives(world.leaked)


def test_the_new_password_can_be_taken_back(world, provider, identity):
    provider.claim(identity, ROTATION)
    new = provider.issue(identity, ROTATION)
    provider.revoke(identity, new.id)
    provider.release(identity)
    assert held(world)["said"] == {"metadata": {}}
    assert world.lives(world.leaked)
    assert not world.lives(new)


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
    with pytest.raises(Exception, match="Lost connection"):
        session.call()


@pytest.mark.parametrize("change", [
    {"plugin": "authentication_ldap_simple"}, {"said": {"additional_password": "$A$005$theirs"}},
    {"said": {"multi_factor_authentication": [{}]}},
])  # fmt: skip
def test_an_account_with_another_way_in_is_refused(world, provider, identity, change):
    held(world).update(change)
    assert "another way to log in" in provider.refusal(identity)


def test_a_password_that_somebody_set_meanwhile_stops_it(world, provider, identity):
    provider.claim(identity, ROTATION)
    held(world)["first"] = made(SHA2, Secret("theirs"))
    with pytest.raises(Conflict, match="somebody changed it"):
        provider.issue(identity, ROTATION)
    assert world.lives(Credential("", Secret("theirs")))


def test_old_and_read_only_servers_are_refused(world, provider, identity):
    world.settings["version"] = "8.0.21"
    assert "older one" in provider.refusal(identity)
    world.settings |= {"version": "8.0.36-28", "read_only": 1}
    assert "read-only" in provider.refusal(identity)


def test_a_locked_account_is_not_dead(world, provider):
    held(world)["locked"] = True
    answer = provider.verify(world.leaked)
    assert (answer.liveness, "locked" in answer.why) == (Liveness.UNKNOWN, True)


def test_the_server_says_that_it_is_not_mariadb(world, monkeypatch):
    monkeypatch.setenv("DB_ADMIN", world.url("admin", ADMIN))
    server, _ = parse(Secret(world.url()))
    assert server.kind == "mariadb"
    provider = rotation_wiring.provider(Options(admin="env:DB_ADMIN"), server)
    assert isinstance(provider, MySQL)
    assert provider.server.kind == "mysql"
