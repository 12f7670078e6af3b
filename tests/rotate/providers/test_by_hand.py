"""What is asked and sent about keys that a person issues, against fakes of their services (consoles.py)."""

import httpx
import pytest
from consoles import SERVICES, Console, service
from fakes.world import Network

from unleak.cli import declared_key
from unleak.core.errors import RotationError, UsageError
from unleak.core.model import Liveness
from unleak.core.secret import Secret
from unleak.rotate.ports import Credential, Trait
from unleak.rotate.providers.by_hand import ByHand
from unleak.scan import rulefile, ruleset

REVOKING = [name for name, said in SERVICES.items() if said.revoke]


class Bench:
    """A provider, the world behind it, and the network between them."""

    def __init__(self, world: Console) -> None:
        self.world, self.network = world, Network(world)
        found = declared_key.required(world.rule)
        self.kind = declared_key.kind(found, {}, world.parts, acting=False)
        wanted = self.kind.revoking and self.kind.revoking.admin
        admin = Secret(world.admin.secret) if wanted else None
        self.provider = ByHand(self.kind, "env:ADMIN" if wanted else "", admin, self.network.https())
        self.leaked = Credential("", Secret(world.leaked.secret))

    @property
    def identity(self):
        return self.provider.verify(self.leaked).identity


@pytest.fixture(params=SERVICES)
def bench(request):
    return Bench(service(request.param))


@pytest.fixture(params=REVOKING)
def revoking(request):
    return Bench(service(request.param))


def test_a_key_is_told_live_from_dead(bench):
    answer = bench.provider.verify(bench.leaked)
    assert answer.liveness is Liveness.LIVE, answer.why
    assert bench.world.leaked.secret not in f"{answer.identity}"
    bench.world.delete(bench.world.leaked.secret)
    assert bench.provider.verify(bench.leaked).liveness is Liveness.DEAD


def test_its_id_is_its_own(bench):
    other = bench.provider.verify(Credential("", Secret(bench.world.new().secret))).identity
    assert other.credential_id != bench.identity.credential_id
    assert bench.provider.differs(bench.identity, other) == ""


def test_the_form_is_known(bench):
    value = bench.world.new().secret
    assert bench.provider.candidates(value) == [value]
    assert bench.provider.candidates(f"{value} or so") == [value]
    assert bench.provider.candidates("no key") == []


def test_the_plan_says_where_a_person_does_what(bench):
    outline = bench.provider.outline(bench.identity)
    assert outline.by_hand.console.startswith("https://")
    assert bool(outline.by_hand.request) == (bench.world.said.revoke is not None)
    told = bool(bench.identity.account or bench.identity.principal)
    assert any("does not tell whose a key is" in warning for warning in outline.warnings) == (not told)
    assert bench.world.leaked.secret[-12:] not in f"{outline}"
    assert Trait.BY_HAND in bench.provider.traits


def test_no_program_issues_a_key(bench):
    with pytest.raises(RotationError, match="only a person"):
        bench.provider.issue(bench.identity, "0a1b2c3d4e")


def test_a_request_revokes_the_leaked_key_alone(revoking):
    world, identity = revoking.world, revoking.identity
    other = world.new().secret
    revoking.provider.revoke(identity, identity.credential_id)
    assert not world.lives(world.leaked.secret)
    assert world.lives(other)
    assert revoking.provider.verify(revoking.leaked).liveness is Liveness.DEAD
    urls = " ".join(f"{request.url}" for request in revoking.network.requests)
    assert (world.leaked.secret in urls) == (world.rule == "npm.access-token")  # which has no other way


@pytest.mark.parametrize("revoking", [name for name in REVOKING if name != "square"], indirect=True)
def test_revoking_again_is_no_error(revoking):
    """What Square answers then is not documented; before it is asked, so is the key."""
    identity = revoking.identity
    for _ in range(2):
        revoking.provider.revoke(identity, identity.credential_id)


def test_only_a_key_that_was_asked_about_is_revoked(revoking):
    with pytest.raises(RotationError, match="only a person"):
        revoking.provider.revoke(None, "0" * 32)
    assert revoking.network.requests == []


@pytest.mark.parametrize("status", [403, 418, 429, 500, 302])
def test_a_refusal_is_clear_and_holds_nothing_secret(revoking, status):
    identity, said = revoking.identity, revoking.world.said
    revoking.network.where = lambda request: request.method == said.revoke[0]
    revoking.network.fault = lambda request, answer: httpx.Response(status, text=request.content.decode())
    with pytest.raises(RotationError) as raised:
        revoking.provider.revoke(identity, identity.credential_id)
    assert raised.value.hint
    assert revoking.world.leaked.secret[-12:] not in f"{raised.value!r}"


def test_every_service_that_says_how_or_revoke_has_a_fake():
    """One row for every file that says how, and for every request that revokes."""
    definitions = rulefile.read_all(ruleset.files())
    faked = {said.rule for said in SERVICES.values()}
    how = {one.rule.service for one in definitions if one.rule.replacement.how}
    assert how <= {rule.partition(".")[0] for rule in faked}
    for found in definitions:
        if found.revocation and not found.revocation.listing:  # those are in test_named_by_hand.py
            assert faked & set(found.revocation.rules), found.rule.id


def test_keys_that_nobody_can_judge_are_not_replaced():
    """No question that tells a dead one, no address, or a question that needs another secret."""
    assert declared_key.definition("stripe.webhook") is None
    with pytest.raises(UsageError, match="cannot be rotated"):
        declared_key.required("stripe.webhook")
    assert declared_key.required("stripe.secret-live").by_hand
    for found in rulefile.read_all(ruleset.files()):
        if found.by_hand:
            assert found.rotation is None or found.rotation.by_hand
            assert found.rule.verification.dead
            assert found.rule.replacement.console


def test_a_slack_token_that_is_asked_about_from_elsewhere_is_not_dead():
    """Slack answers `invalid_auth` for addresses that a workspace does not allow, as well."""
    bench = Bench(service("slack"))
    identity, refused = bench.identity, {"ok": False, "error": "invalid_auth"}
    bench.network.fault = lambda request, answer: httpx.Response(200, json=refused)
    assert bench.provider.verify(bench.leaked).liveness is Liveness.UNKNOWN
    with pytest.raises(RotationError):
        bench.provider.revoke(identity, identity.credential_id)
