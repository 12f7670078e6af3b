"""What is PostgreSQL's own: roles, what they own, how their sessions begin."""

import psycopg
import pytest
from servers import postgresql
from servers.world import OLD

from unleak.core.errors import Conflict, NotFound
from unleak.core.model import Liveness
from unleak.core.secret import Secret
from unleak.rotate.ports import Credential
from unleak.rotate.postgresql_roles import Roles

ROTATION, NEXT = "0a1b2c3d4e", "5f6a7b8c9d"
NEW = f"payments_{ROTATION}"


@pytest.fixture
def world():
    made = postgresql.running()
    made.fresh()
    return made


@pytest.fixture
def provider(world):
    return world.provider()


@pytest.fixture
def identity(world, provider):
    return provider.verify(world.leaked).identity


def row(session, query):
    return session.execute(query).fetchone()


def test_the_new_login_acts_as_the_old_role_and_begins_as_it_does(world, provider, identity):
    world.root.execute("""ALTER ROLE payments SET search_path = "$user", 'od"d; x', ledger""")
    world.root.execute("ALTER ROLE payments IN DATABASE pay SET work_mem = '7MB'")
    new = provider.issue(identity, ROTATION)
    assert new.id == NEW
    session = world.session(new.secret.reveal(), new.id)
    assert row(session, "SELECT session_user, current_user") == (NEW, "payments")
    assert row(session, "SHOW search_path") == ("""\"$user", "od""d; x", ledger""",)
    assert row(session, "SHOW work_mem") == ("7MB",)
    session.execute("CREATE TABLE ledger.more ()")
    owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'more'"
    assert row(world.root, owner) == ("payments",)
    role = "SELECT rolconnlimit, rolvaliduntil::date::text, rolcreaterole, rolsuper FROM pg_roles WHERE rolname = %s"
    assert world.root.execute(role, (NEW,)).fetchone() == (50, "2099-01-01", False, False)


def test_the_old_role_keeps_what_it_owns_without_a_login(world, provider, identity):
    new = provider.issue(identity, ROTATION)
    provider.revoke(identity, "payments")
    said = "SELECT rolcanlogin, rolpassword FROM pg_authid WHERE rolname = 'payments'"
    assert row(world.root, said) == (False, None)
    world.session(new.secret.reveal(), new.id)
    with pytest.raises(psycopg.OperationalError):
        world.session(OLD)


def test_a_second_rotation_follows_the_first_and_leaves_nothing_of_it(world, provider, identity):
    first = provider.issue(identity, ROTATION)
    provider.revoke(identity, "payments")
    again = provider.verify(first).identity
    assert (again.credential_id, again.principal) == (NEW, "payments")
    second = provider.issue(again, NEXT)
    assert second.id == f"payments_{NEXT}"
    provider.revoke(again, NEW)
    assert world.root.execute("SELECT count(*) FROM pg_roles WHERE rolname = %s", (NEW,)).fetchone() == (0,)
    session = world.session(second.secret.reveal(), second.id)
    assert row(session, "SELECT current_user") == ("payments",)
    assert provider.keys(again).ids == (second.id,)


def test_a_login_that_was_given_rights_of_its_own_is_not_dropped(world, provider, identity):
    new = provider.issue(identity, ROTATION)
    world.root.execute(f"GRANT CREATE ON DATABASE pay TO {NEW}")
    second = provider.issue(provider.verify(new).identity, NEXT)
    provider.revoke(identity, NEW)
    session = world.session(second.secret.reveal(), second.id)
    assert row(session, "SELECT has_database_privilege(session_user, 'pay', 'CREATE')") == (True,)
    assert provider.key(identity, NEW) is None


def test_a_revocation_that_was_cut_short_is_finished(world, provider, identity):
    session = world.session(OLD)
    provider.set_active(identity, "payments", False)
    session.call()
    assert provider.key(identity, "payments")
    provider.revoke(identity, "payments")
    with pytest.raises(psycopg.OperationalError):
        session.call()


@pytest.mark.parametrize(("change", "reason"), [("SUPERUSER", "superuser"), ("REPLICATION", "replicates")])
def test_what_membership_does_not_carry_over_is_refused(world, provider, identity, change, reason):
    world.root.execute(f"ALTER ROLE payments {change}")
    assert reason in provider.refusal(identity)


def test_a_server_of_another_language_is_refused(provider, identity, monkeypatch):
    said = {"standby": False, "lc": "de_DE.UTF-8"}
    monkeypatch.setattr(Roles, "one", lambda roles, query, *values: said)
    assert "does not answer in English" in provider.refusal(identity)


def test_a_server_that_asks_for_no_password_is_not_believed(world, provider):
    rules = world.folder / "data" / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text("host all payments 127.0.0.1/32 trust\n" + before)
    world.root.execute("SELECT pg_reload_conf()")
    try:
        answers = {provider.verify(Credential("", Secret(one))).liveness for one in (OLD, "wrong")}
    finally:
        rules.write_text(before)
        world.root.execute("SELECT pg_reload_conf()")
    assert answers == {Liveness.UNKNOWN}


def test_an_expired_password_is_not_dead(world, provider):
    world.root.execute("ALTER ROLE payments VALID UNTIL '2001-01-01'")
    answer = provider.verify(world.leaked)
    assert answer.liveness is Liveness.UNKNOWN
    assert "was valid until 2001" in answer.why


def test_a_role_in_the_way_and_a_role_that_is_gone(world, provider, identity):
    world.root.execute(f"CREATE ROLE {NEW}")
    with pytest.raises(Conflict, match="not of this rotation"):
        provider.issue(identity, ROTATION)
    assert provider.find(identity, ROTATION) == ()
    provider.revoke(identity, "payments")
    with pytest.raises(NotFound, match="no login role"):
        provider.issue(identity, NEXT)
