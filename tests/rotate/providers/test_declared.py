"""What every declared provider has to do, against a fake of its service (fakes/) or a real server.

A new service brings its rule file and its fake; nothing is added here.
"""

import json
import re

import httpx
import pytest
from fakes.world import FAKES, body, declared, fake

from unleak.core.errors import AccessDenied, OutcomeUnknown, RotationError
from unleak.core.model import Liveness
from unleak.core.rotating import Exchange
from unleak.rotate.ports import Trait

ROTATION = "0a1b2c3d4e"
PLACES = re.compile(r"\{(\+?)\w+\}")
"""In an address of a rule file."""


def template_of(bench, request: httpx.Request) -> Exchange | None:
    """Of which of the rule file's requests this is one: the one with the fewest places that fits."""
    url, fitting = f"{request.headers['host']}{request.url.path}", []
    for said in bench.said.exchanges():
        path = said.request.url.partition("?")[0].removeprefix("https://")
        if said.request.method == request.method and re.fullmatch(
            PLACES.sub(lambda place: ".+" if place[1] else "[^/]+", path), url
        ):
            fitting += [said] if states(said, request) else []
    return min(fitting, key=lambda said: said.request.url.partition("?")[0].count("{"), default=None)


def shape(said: Exchange | None) -> tuple[str, ...]:
    """What tells requests apart; some are made with two credentials."""
    return (said.request.method, said.request.url, said.request.json) if said else ()


def states(said: Exchange, request: httpx.Request) -> bool:
    """Whether the request makes the statement of `said`, if that makes one."""
    statement = json.loads(said.request.json or "{}").get("statement")
    made = PLACES.sub(".+", re.sub(r"([().])", r"\\\1", statement)) if statement else ""
    return not made or re.fullmatch(made, body(request)["statement"]) is not None


def only(bench, said: Exchange) -> None:
    """Let the fault meet the requests of `said` alone."""
    bench.network.where = lambda request: shape(template_of(bench, request)) == shape(said)


def sent(bench, said: Exchange) -> int:
    """How many requests of `said` there were."""
    only(bench, said)
    return sum(map(bench.network.where, bench.network.requests))


def lost(request, answer):
    """The request is carried out, and its answer never comes."""
    answer()
    raise httpx.ReadTimeout("")


def test_a_key_is_identified(bench):
    answer = bench.provider.verify(bench.leaked)
    assert answer.liveness is Liveness.LIVE, answer.why
    assert answer.identity.credential_id == bench.world.leaked.id
    assert bench.provider.refusal(answer.identity) == ""


def test_a_new_key_has_the_same_rights_or_fewer(bench):
    identity, world = bench.identity, bench.world
    new = bench.provider.issue(identity, ROTATION)
    made = world.by_id(new.id)
    assert made.name.endswith(f"unleak-{ROTATION}") or Trait.NAME not in bench.provider.traits
    assert made.fields == world.rights | world.narrowed
    assert world.no_longer(made)
    answer = bench.provider.verify(new)
    assert answer.identity.credential_id == new.id
    assert bench.provider.differs(identity, answer.identity) == ""
    assert world.lives(world.leaked.secret)


def test_a_new_key_that_may_do_more_is_noticed(bench):
    """Those of a service without `wider` are all alike, or it does not tell what they may do."""
    identity, world = bench.identity, bench.world
    new = bench.provider.issue(identity, ROTATION)
    if world.wider:
        world.by_id(new.id).fields.update(world.wider)
        assert bench.provider.differs(identity, bench.provider.verify(new).identity)


def test_keys_are_listed_with_the_providers_time(bench):
    identity = bench.identity
    new = bench.provider.issue(identity, ROTATION)
    keys = bench.provider.keys(identity)
    assert {new.id, bench.world.leaked.id} <= set(keys.ids)
    assert bench.provider.key(identity, new.id).active
    assert bench.provider.key(identity, "0" * 20) is None
    assert bench.provider.last_used(identity, new.id) is None or Trait.LAST_USE in bench.provider.traits


def test_an_unclear_issue_is_found_again_and_not_repeated(bench):
    identity = bench.identity
    before = set(bench.provider.keys(identity).ids)
    only(bench, bench.said.issue)
    bench.network.fault = lost
    with pytest.raises(OutcomeUnknown):
        bench.provider.issue(identity, ROTATION)
    bench.network.fault = None
    assert sent(bench, bench.said.issue) == 1
    (stray,) = set(bench.provider.keys(identity).ids) - before
    named = (stray,) if Trait.NAME in bench.provider.traits else ()
    assert bench.provider.find(identity, ROTATION) == named
    assert bench.provider.find(identity, "ffffffffff") == ()
    bench.provider.revoke(identity, stray)
    assert bench.provider.find(identity, ROTATION) == ()
    assert set(bench.provider.keys(identity).ids) == before


@pytest.mark.parametrize("reply", [
    httpx.Response(200, text="<html>Sign in</html>", headers={"content-type": "text/html"}),
    httpx.Response(200, json={}), httpx.Response(201, json=[]), httpx.Response(502), httpx.Response(408),
])  # fmt: skip
def test_an_answer_to_issue_that_says_nothing_is_unclear(bench, reply):
    identity = bench.identity
    only(bench, bench.said.issue)
    bench.network.fault = lambda request, answer: reply
    with pytest.raises(OutcomeUnknown):
        bench.provider.issue(identity, ROTATION)


def test_disabled_and_enabled(bench):
    identity, key_id = bench.identity, bench.world.leaked.id
    if Trait.DISABLE not in bench.provider.traits:
        with pytest.raises(RotationError, match="cannot be disabled"):
            bench.provider.set_active(identity, key_id, False)
        return
    bench.provider.set_active(identity, key_id, False)
    assert not bench.provider.key(identity, key_id).active
    assert bench.provider.verify(bench.under_way).liveness is not Liveness.LIVE
    bench.provider.set_active(identity, key_id, True)
    assert bench.provider.key(identity, key_id).active
    assert bench.provider.verify(bench.leaked).liveness is Liveness.LIVE


def test_a_revoked_key_is_dead_and_revoking_it_again_is_no_error(bench):
    identity = bench.identity
    new = bench.provider.issue(identity, ROTATION)
    for _ in range(2):
        bench.provider.revoke(identity, bench.world.leaked.id)
    assert bench.provider.key(identity, bench.world.leaked.id) is None
    assert bench.provider.verify(bench.under_way).liveness is Liveness.DEAD
    assert bench.provider.verify(new).liveness is Liveness.LIVE
    assert not bench.world.lives(bench.world.leaked.secret)


def test_a_key_that_the_acting_credential_does_not_see_is_refused(bench):
    identity = bench.identity
    bench.provider.revoke(identity, identity.credential_id)
    assert "does not see it" in bench.provider.refusal(identity)


def test_what_cannot_be_carried_over_is_refused(bench):
    identity, leaked = bench.identity, bench.world.leaked
    for fields in bench.world.refused:
        leaked.fields = bench.world.rights | fields
        assert bench.provider.refusal(identity), fields


def test_who_acts_is_told_and_a_dead_credential_is_refused(bench):
    identity = bench.identity
    assert "env:ADMIN" in bench.provider.acting().principal
    bench.provider.revoke(identity, bench.world.leaked.id)
    bench.provider._admin = bench.leaked.secret
    with pytest.raises(RotationError, match="env:ADMIN"):
        bench.provider.acting()


REFUSALS = {401: AccessDenied, 403: AccessDenied, 404: RotationError, 418: RotationError, 429: RotationError,
            500: RotationError, 302: RotationError}  # fmt: skip


@pytest.mark.parametrize("status", REFUSALS)
def test_refusals_are_clear_and_hold_nothing_secret(bench, status):
    """The service answers with all that it was sent, as some do."""
    identity = bench.identity

    def echo(request, answer):
        text = f"{request.url} {request.headers} {request.content.decode()}"
        return httpx.Response(
            status, json={"error": text}, headers={"location": f"https://x.example/?{text[:9]}"}
        )

    bench.network.fault = echo
    calls = {
        "issue": lambda: bench.provider.issue(identity, ROTATION),
        "list": lambda: bench.provider.keys(identity),
        "revoke": lambda: bench.provider.revoke(identity, identity.credential_id),
        "find": lambda: bench.provider.find(identity, ROTATION),
    }
    for name, call in calls.items():
        said = {"issue": bench.said.issue, "revoke": bench.said.revoke}.get(name, bench.said.listing)
        only(bench, said)
        gone = name == "revoke" and any(status in one.status and not one.reads_body for one in said.gone)
        if gone:
            continue
        with pytest.raises(RotationError) as raised:
            call()
        assert isinstance(raised.value, REFUSALS[status]), (name, raised.value)
        assert raised.value.hint
        text = f"{raised.value!r} {raised.value}".replace(bench.world.leaked.id, "")  # may stand in the key
        assert not any(
            secret[at : at + 12] in text for secret in bench.secrets for at in range(len(secret) - 11)
        )
    why = bench.provider.verify(bench.leaked).why
    assert not any(secret[-12:] in why for secret in bench.secrets)


def test_the_plan_shows_the_request_and_nothing_secret(bench):
    outline = bench.provider.outline(bench.identity)
    assert f"{bench.said.issue.request.method} https://" in outline.issue
    assert ("unleak-ID" in outline.issue) == (Trait.NAME in bench.provider.traits)
    text = f"{outline}".replace(bench.world.leaked.id, "")  # may stand in the key
    assert not any(secret[-12:] in text for secret in bench.secrets)


def test_no_credential_stands_in_an_address(bench):
    identity = bench.identity
    new = bench.provider.issue(identity, ROTATION)
    bench.provider.find(identity, ROTATION)
    bench.provider.revoke(identity, new.id)
    urls = " ".join(f"{request.url}" for request in bench.network.requests)
    assert not any(secret in urls for secret in (*bench.secrets, new.secret.reveal()))


def test_every_key_can_be_proved_dead():
    assert all(
        said.verify or (rule.verification and rule.verification.dead) for rule, said in declared().values()
    )


def test_where_the_same_answer_may_mean_a_wrong_part_only_a_key_that_lived_is_dead(bench):
    if bench.said.verify is None or bench.said.pair:
        return
    bench.provider.revoke(bench.identity, bench.world.leaked.id)
    assert bench.provider.verify(bench.leaked).liveness is Liveness.UNKNOWN
    assert bench.provider.verify(bench.under_way).liveness is Liveness.DEAD


def test_every_rule_that_says_rotate_has_a_fake():
    """Rules of one [rotate] share a fake."""
    said = {name: rotation for name, (_, rotation) in declared().items()}
    faked = {id(said[fake(name).rule]) for name in FAKES}
    assert faked == set(map(id, said.values()))
