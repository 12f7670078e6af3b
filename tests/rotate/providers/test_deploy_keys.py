"""SSH deploy keys, against fakes of the forges (forges/)."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fakes.world import Network
from forges.world import FORGES, forge

from unleak.core.errors import AccessDenied, NotFound, OutcomeUnknown, RotationError
from unleak.core.model import Liveness
from unleak.core.secret import Secret
from unleak.rotate import ssh_keys
from unleak.rotate.forges import Repository
from unleak.rotate.ports import Credential
from unleak.rotate.providers.deploy_keys import DeployKeys
from unleak.rotate.ssh_keys import ED25519, OPENSSH, Form

ROTATION = "0a1b2c3d4e"
LATER = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Bench:
    """A provider, the repository behind it, and the network between them."""

    def __init__(self, name):
        self.world = forge(name)
        self.network = Network(self.world)
        self.provider = self.world.provider(self.network)
        self.unseen = Credential("", self.world.leaked.private)
        self.leaked = Credential(f"{self.world.held.id}", self.world.leaked.private)

    @property
    def identity(self):
        return self.provider.verify(self.unseen).identity

    def made(self):
        """The newest key."""
        return self.world.rows[-1]

    def fault(self, method, fault):
        self.network.where = lambda request: request.method == method
        self.network.fault = fault


@pytest.fixture(params=FORGES)
def bench(request):
    return Bench(request.param)


def test_a_key_is_told_by_its_public_half(bench):
    identity = bench.identity
    assert identity.credential_id == f"{bench.world.held.id}"
    assert identity.scopes == ("read",)
    assert identity.account == bench.world.repository.address
    assert bench.provider.refusal(identity) == ""


def test_of_keys_with_the_same_title_the_leaked_one_is_deleted(bench):
    """The title of the rotation, too, is no reason to delete the key that a rotation is about."""
    world = bench.world
    before, after = world.rows[0], world.add("production")
    before.title = "production"
    identity = bench.identity
    bench.provider.revoke(identity, identity.credential_id)
    assert world.rows == [before, after]
    assert not world.opens(world.leaked.private.reveal())


def test_the_leaked_key_is_never_taken_for_what_a_rotation_issued(bench):
    identity = bench.identity
    bench.world.held.title = f"unleak-{ROTATION}"
    assert bench.provider.find(identity, ROTATION) == ()


@pytest.mark.parametrize("writes", [False, True])
def test_a_new_key_has_the_same_rights(bench, writes):
    bench.world.held.writes = writes
    identity = bench.identity
    new = bench.provider.issue(identity, ROTATION)
    made = bench.made()
    assert (made.title, made.writes, f"{made.id}") == (f"unleak-{ROTATION}", writes, new.id)
    assert "comment" not in made.key
    answer = bench.provider.verify(new)
    assert answer.liveness is Liveness.LIVE, answer.why
    assert bench.provider.differs(identity, answer.identity) == ""
    assert bench.world.opens(bench.world.leaked.private.reveal())


@pytest.mark.parametrize(("planned", "now"), [(True, False), (False, True)])
def test_write_access_that_the_old_key_has_not_all_the_time_is_not_given(bench, planned, now):
    bench.world.held.writes = planned
    identity = bench.identity
    bench.world.held.writes = now
    bench.provider.issue(identity, ROTATION)
    assert not bench.made().writes


def test_a_new_key_that_may_do_more_is_noticed(bench):
    identity = bench.identity
    new = bench.provider.issue(identity, ROTATION)
    bench.made().writes = True
    assert bench.provider.differs(identity, bench.provider.verify(new).identity) == "it may write"


def test_a_new_key_expires_with_the_old_one():
    bench = Bench("gitlab")
    bench.world.held.more["expires_at"] = LATER
    identity = bench.identity
    new = bench.provider.issue(identity, ROTATION)
    assert bench.made().more["expires_at"] == LATER
    assert bench.provider.differs(identity, bench.provider.verify(new).identity) == ""
    bench.made().more.clear()
    assert "expire" in bench.provider.differs(identity, bench.provider.verify(new).identity)


@pytest.mark.parametrize(("name", "more"), [
    ("github", {"verified": False}), ("github", {"enabled": False}), ("gitlab", {"expires_at": "2020-01-01T00:00:00Z"}),
])  # fmt: skip
def test_a_key_that_is_listed_and_opens_nothing_is_neither_live_nor_dead(name, more):
    bench = Bench(name)
    identity = bench.identity
    bench.world.held.more.update(more)
    answer = bench.provider.verify(bench.leaked)
    assert (answer.liveness, "lists it as" in answer.why) == (Liveness.UNKNOWN, True)
    with pytest.raises(RotationError, match="no new key"):
        bench.provider.issue(identity, ROTATION)
    assert len(bench.world.rows) == 2


def test_a_deleted_key_is_dead_and_deleting_it_again_is_no_error(bench):
    identity = bench.identity
    new = bench.provider.issue(identity, ROTATION)
    for _ in range(2):
        bench.provider.revoke(identity, identity.credential_id)
    assert bench.provider.key(identity, identity.credential_id) is None
    assert bench.provider.verify(bench.leaked).liveness is Liveness.DEAD
    assert bench.provider.verify(new).liveness is Liveness.LIVE
    with pytest.raises(NotFound):
        bench.provider.issue(identity, ROTATION)


def test_a_key_that_was_never_seen_there_may_open_something_else(bench):
    bench.world.rows.remove(bench.world.held)
    answer = bench.provider.verify(bench.unseen)
    assert answer.liveness is Liveness.UNKNOWN
    assert bench.world.leaked.fingerprint in answer.why
    assert bench.provider.verify(bench.leaked).liveness is Liveness.DEAD


def test_every_page_is_read(bench):
    bench.world.rows.remove(bench.world.held)
    for number in range(4):
        bench.world.add(f"host {number}")
    held = bench.world.add("production", bench.world.leaked)
    assert bench.identity.credential_id == f"{held.id}"
    assert len(bench.provider.keys(bench.identity).keys) == 6


@pytest.mark.parametrize("reply", [
    httpx.Response(401), httpx.Response(403), httpx.Response(404), httpx.Response(500), httpx.Response(302),
    httpx.Response(200, text="<html>Sign in</html>"), httpx.Response(200, json={}), httpx.Response(204),
    httpx.Response(200, json=[{"id": 7, "title": "x", "key": "ssh-ed25519"}]), httpx.Response(200, json=[{}]),
])  # fmt: skip
@pytest.mark.parametrize("page", [1, 2])
def test_only_a_complete_list_proves_a_key_dead(bench, reply, page):
    bench.world.rows.remove(bench.world.held)
    bench.world.add("another"), bench.world.add("one more")
    bench.network.where = lambda request: request.url.params.get("page", "1") == f"{page}"
    bench.network.fault = lambda request, answer: reply
    assert bench.provider.verify(bench.leaked).liveness is Liveness.UNKNOWN


def test_a_list_that_ends_in_silence_proves_nothing(bench):
    def silent(request, answer):
        raise httpx.ReadTimeout("")

    bench.fault("GET", silent)
    assert bench.provider.verify(bench.leaked).liveness is Liveness.UNKNOWN


def test_an_unclear_issue_is_found_by_its_title_and_not_repeated(bench):
    def lost(request, answer):
        answer()
        raise httpx.ReadTimeout("")

    identity = bench.identity
    bench.fault("POST", lost)
    with pytest.raises(OutcomeUnknown):
        bench.provider.issue(identity, ROTATION)
    assert sum(request.method == "POST" for request in bench.network.requests) == 1
    assert bench.provider.find(identity, ROTATION) == (f"{bench.made().id}",)
    assert bench.provider.find(identity, "ffffffffff") == ()


@pytest.mark.parametrize("reply", [
    httpx.Response(201, text="<html>"), httpx.Response(201, json={}), httpx.Response(201, json={"id": True}),
    httpx.Response(200, json={"id": 7}), httpx.Response(502), httpx.Response(408),
])  # fmt: skip
def test_an_answer_to_issue_that_says_nothing_is_unclear(bench, reply):
    identity = bench.identity
    bench.fault("POST", lambda request, answer: reply)
    with pytest.raises(OutcomeUnknown):
        bench.provider.issue(identity, ROTATION)


@pytest.mark.parametrize("status", [401, 403, 404, 422, 429, 500])
def test_refusals_are_clear_and_hold_nothing_secret(bench, status):
    def echo(request, answer):
        return httpx.Response(status, json={"message": f"{request.headers} {request.content.decode()}"})

    identity = bench.identity
    bench.network.fault = echo
    secrets = (bench.world.admin, bench.world.leaked.private.reveal())
    for call in (lambda: bench.provider.issue(identity, ROTATION), lambda: bench.provider.keys(identity),
                 bench.provider.acting, lambda: bench.provider.find(identity, ROTATION)):  # fmt: skip
        with pytest.raises(RotationError) as raised:
            call()
        assert isinstance(raised.value, AccessDenied) == (status in {401, 403})
        assert raised.value.hint
        assert not any(secret[-12:] in f"{raised.value!r} {raised.value}" for secret in secrets)


def test_the_forge_is_sent_the_public_half_alone(bench):
    identity = bench.identity
    new = bench.provider.issue(identity, ROTATION)
    bench.provider.verify(new)
    bench.provider.revoke(identity, identity.credential_id)
    for request in bench.network.requests:
        text = f"{request.url} {request.headers} {request.content.decode()}"
        for private in (new.secret.reveal(), bench.world.leaked.private.reveal()):
            assert not any(line in text for line in private.splitlines()[1:-1])
        assert bench.world.admin not in f"{request.url}"


def test_the_plan_tells_how_far_the_proof_reaches(bench):
    bench.world.held.writes = True
    outline = bench.provider.outline(bench.identity)
    assert "POST https://" in outline.issue
    assert "unleak-ID" in outline.issue
    assert "ed25519, OPENSSH PRIVATE KEY" in outline.issue
    text = " ".join(outline.warnings)
    assert f"dead for {bench.world.repository.address} alone" in text
    assert "authorized_keys" in text
    assert bench.world.leaked.fingerprint in text
    assert ("personal access token" in text) == (bench.world.name == "github")
    assert ("protected branches" in text) == (bench.world.name == "gitlab")
    assert bench.world.admin not in f"{outline}"


def test_a_key_in_an_older_form_keeps_its_kind(bench):
    old = ssh_keys.made(Form("RSA PRIVATE KEY", "rsa-2048"))
    bench.world.rows[-1].key = old.public
    identity = bench.provider.verify(Credential("", old.private)).identity
    new = bench.provider.issue(identity, ROTATION)
    assert ssh_keys.read(new.secret).form == old.form
    assert bench.provider.verify(new).liveness is Liveness.LIVE


def test_what_is_no_private_key_is_not_asked_about(bench):
    for text in ("x", bench.world.leaked.private.reveal().replace("A", "B", 3)):
        assert bench.provider.verify(Credential("", Secret(text))).liveness is Liveness.UNKNOWN
    assert bench.network.requests == []


@pytest.mark.parametrize(("name", "address"), [
    ("github", "https://git.acme.example/api/v3/repos/acme/shop/keys"),
    ("gitlab", "https://git.acme.example:8443/api/v4/projects/acme%2Fshop/deploy_keys"),
])  # fmt: skip
def test_other_servers_are_asked_at_their_own_address(name, address):
    network = Network(forge(name))
    network.world.answer = lambda request: httpx.Response(200, json=[])
    host = address.partition("//")[2].partition("/")[0]
    provider = DeployKeys(Repository(name, host, "acme/shop"), "env:ADMIN", Secret("x" * 20), network.https())
    provider.acting()
    asked = network.requests[0]
    assert f"https://{asked.headers['host']}{asked.url.raw_path.decode()}".startswith(f"{address}?")


def test_numbers_of_requests_are_as_few_as_a_complete_list_allows(bench):
    bench.provider.verify(bench.leaked)
    assert [request.method for request in bench.network.requests] == ["GET", "GET"]
    assert json.loads(bench.network.world.answer(bench.network.requests[-1]).content) == []


def test_new_pairs_differ():
    one, other = (ssh_keys.made(Form(OPENSSH, ED25519)) for _ in range(2))
    assert one.blob != other.blob
