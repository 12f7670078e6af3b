"""What providers document and what looks harmless in a rule file."""

import httpx
import pytest

from unleak.core.errors import AccessDenied, RotationError
from unleak.core.secret import Secret
from unleak.rotate.ports import Credential


def told(bench):
    """What the provider says of the leaked key."""
    answer = bench.provider.verify(bench.leaked)
    assert answer.identity, answer.why
    return answer.identity


@pytest.mark.parametrize("bench", ["vercel"], indirect=True)
def test_a_vercel_token_for_one_project_is_not_replaced_by_one_for_the_team(bench):
    """The request that issues can name a team alone."""
    assert bench.provider.refusal(told(bench)) == ""
    bench.world.leaked.fields["projectId"] = "prj_1"
    assert "scope" in bench.provider.refusal(told(bench))


@pytest.mark.parametrize("bench", ["vercel"], indirect=True)
def test_a_vercel_token_that_is_listed_as_revoked_is_gone(bench):
    identity = told(bench)
    new = bench.provider.issue(identity, "0a1b2c3d4e")
    bench.provider.revoke(identity, new.id)
    assert bench.provider.find(identity, "0a1b2c3d4e") == ()
    assert bench.provider.key(identity, new.id) is None


@pytest.mark.parametrize("bench", ["gitlab", "gitlab_user", "gitlab_group"], indirect=True)
def test_a_deleted_acting_token_does_not_make_the_leaked_one_gone(bench):
    """GitLab answers 401 to both; taken for gone, the leaked token would be left as it is."""
    identity = told(bench)
    bench.provider.act_with(Credential("", Secret("glpat-deleted")))
    with pytest.raises(AccessDenied):
        bench.provider.key(identity, identity.credential_id)


@pytest.mark.parametrize("bench", ["snowflake"], indirect=True)
def test_a_snowflake_token_that_may_not_be_removed_is_not_taken_for_gone(bench):
    """Snowflake says so of a user, too, whom the acting role may not change."""
    identity = told(bench)
    text = "SQL compilation error:\nUser 'ADA' does not exist or not authorized."
    bench.network.where = lambda request: b" remove " in request.content
    bench.network.fault = lambda request, answer: httpx.Response(
        422, json={"code": "002003", "message": text}
    )
    with pytest.raises(RotationError):
        bench.provider.revoke(identity, identity.credential_id)


@pytest.mark.parametrize("bench", ["google_robot"], indirect=True)
def test_that_a_google_key_expires_by_itself_is_said(bench):
    """The request that issues takes no expiry."""
    identity = told(bench)
    assert not any("expires" in text for text in bench.provider.outline(identity).warnings)
    bench.world.leaked.fields["until"] = "2027-01-01T00:00:00Z"
    assert any("expires" in text for text in bench.provider.outline(identity).warnings)


@pytest.mark.parametrize("bench", ["mailgun"], indirect=True)
def test_an_expiry_that_cannot_be_read_is_not_taken_for_never(bench):
    identity = told(bench)

    def elsewhere(request, answer):
        reply = answer()
        items = [one | {"expires_at": "Sun, 03 Jan 2027 00:00 CET"} for one in reply.json().get("items", [])]
        return httpx.Response(200, json={"items": items}) if items else reply

    bench.network.where = lambda request: request.method == "GET" and request.url.path == "/v1/keys"
    bench.network.fault = elsewhere
    for call in (bench.provider.outline, lambda known: bench.provider.issue(known, "0a1b2c3d4e")):
        with pytest.raises(RotationError, match="expires"):
            call(identity)
    assert not any(request.method == "POST" for request in bench.network.requests)
