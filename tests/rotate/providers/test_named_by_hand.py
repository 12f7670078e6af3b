"""Keys that a person makes, of which an admin's credential ends the leaked one, once a person has said which it is."""

import httpx
import pytest
from fakes.world import Network
from organizations import Anthropic, OpenAI

from unleak.cli import declared_key
from unleak.core.errors import OutcomeUnknown, RotationError, UsageError
from unleak.core.model import Liveness
from unleak.core.secret import Secret
from unleak.rotate.ports import Credential
from unleak.rotate.providers.by_hand import ByHand
from unleak.scan import rulefile, ruleset


class Bench:
    """A provider, the world behind it, and the network between them."""

    def __init__(self, world, key_id=None):
        self.world, self.network = world, Network(world)
        given = world.parts | ({"key_id": key_id} if key_id else {})
        self.kind = declared_key.kind(declared_key.required(world.rule), {}, given)
        self.provider = ByHand(self.kind, "env:ADMIN", Secret(world.admin.secret), self.network.https())
        self.leaked = Credential("", Secret(world.leaked.secret))
        self.identity = self.provider.verify(self.leaked).identity


@pytest.fixture(params=[Anthropic, OpenAI], ids=["anthropic", "openai"])
def world(request):
    world = request.param()
    world.other = world.make("of another service")
    world.third = world.make("of a third", shape=world.other.secret[:-4] + world.leaked.secret[-4:])
    return world


def test_the_keys_are_listed_that_it_can_be(world):
    bench = Bench(world)
    reason = bench.provider.refusal(bench.identity)
    assert f"\n  {world.leaked.id} " in reason
    assert f"\n  {world.third.id} " in reason or world.rule.startswith("anthropic")
    assert f"\n  {world.other.id} " not in reason
    assert world.leaked.secret[-12:] not in reason


def test_another_one_is_refused(world):
    for key_id, says in ((world.other.id, "another one"), ("key-9", "does not see it")):
        bench = Bench(world, key_id)
        assert says in bench.provider.refusal(bench.identity)


def test_the_named_key_is_ended(world):
    bench = Bench(world, world.leaked.id)
    assert bench.provider.refusal(bench.identity) == ""
    outline = bench.provider.outline(bench.identity)
    assert world.leaked.id in outline.by_hand.request
    assert any("nothing but your word" in warning for warning in outline.warnings)
    assert bench.identity.details["key_id"] == world.leaked.id
    bench.provider.revoke(bench.identity, bench.identity.credential_id)
    assert bench.provider.verify(bench.leaked).liveness is Liveness.DEAD
    assert bench.provider.verify(Credential("", Secret(world.other.secret))).liveness is Liveness.LIVE


def test_a_wrong_one_works_again_where_that_can_be(world):
    bench = Bench(world, world.third.id)
    bench.provider.revoke(bench.identity, bench.identity.credential_id)
    third = Credential("", Secret(world.third.secret))
    assert bench.provider.verify(bench.leaked).liveness is Liveness.LIVE
    assert bench.provider.verify(third).liveness is Liveness.DEAD
    if world.back:
        bench.provider.set_active(bench.identity, bench.identity.credential_id, True)
        assert bench.provider.verify(third).liveness is Liveness.LIVE
    else:
        with pytest.raises(RotationError, match="cannot be disabled"):
            bench.provider.set_active(bench.identity, bench.identity.credential_id, True)


def test_a_new_key_is_never_taken_for_the_named_one(world):
    bench = Bench(world, world.leaked.id)
    new = bench.provider.verify(Credential("", Secret(world.other.secret))).identity
    with pytest.raises(RotationError, match="left as it is"):
        bench.provider.revoke(bench.identity, new.credential_id)
    assert bench.provider.verify(bench.leaked).liveness is Liveness.LIVE


def test_nothing_is_ended_once_the_leaked_key_is_dead(world):
    bench = Bench(world, world.third.id)
    world.leaked.live = False
    with pytest.raises(RotationError, match="left as it is"):
        bench.provider.revoke(bench.identity, bench.identity.credential_id)
    assert world.third.live
    assert world.third.fields == {}


def test_an_answer_that_says_nothing_is_unclear(world):
    bench = Bench(world, world.leaked.id)
    bench.network.where = lambda request: request.method in {"POST", "DELETE"}
    bench.network.fault = lambda request, answer: httpx.Response(502)
    with pytest.raises(OutcomeUnknown):
        bench.provider.revoke(bench.identity, bench.identity.credential_id)


def test_without_a_credential_a_person_does_all_of_it(world):
    found = declared_key.required(world.rule)
    kind = declared_key.kind(found, {}, {}, acting=False)
    provider = ByHand(kind, "", None, Network(world).https())
    identity = provider.verify(Credential("", Secret(world.leaked.secret))).identity
    assert provider.refusal(identity) == ""
    assert provider.outline(identity).by_hand.request == ""
    assert any("--admin" in warning for warning in provider.outline(identity).warnings)
    if world.parts:
        with pytest.raises(UsageError, match="project"):
            declared_key.kind(found, {}, {})


def test_every_revocation_of_a_named_key_has_a_fake():
    definitions = rulefile.read_all(ruleset.files())
    revocations = [one.revocation for one in definitions if one.revocation and one.revocation.listing]
    assert all({Anthropic.rule, OpenAI.rule} & set(one.rules) for one in revocations)
    assert revocations
