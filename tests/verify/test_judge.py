"""LIVE and DEAD only on an answer that the rule file names; whose it is, without the key."""

import json
from datetime import UTC, datetime

import pytest

from unleak.core.model import Liveness
from unleak.core.verification import Condition
from unleak.verify import judge
from unleak.verify.ports import Reply

LIVE, DEAD, UNKNOWN = Liveness.LIVE, Liveness.DEAD, Liveness.UNKNOWN
JSON = {"content-type": "application/json"}
HTML = {"content-type": "text/html; charset=utf-8"}
PAGE = b"<!DOCTYPE html><title>Sign in</title>"


def said(question, reply: Reply, **conditions):
    asked = question(**conditions)
    return judge.judge(asked.verification, asked, reply)


@pytest.mark.parametrize(("status", "headers", "body", "expected"), [
    (200, JSON, b"{}", LIVE),
    (200, {}, b"", LIVE),
    (401, JSON, b"{}", DEAD),
    (401, {}, b"", DEAD),
    (200, HTML, PAGE, UNKNOWN),
    (401, HTML, PAGE, UNKNOWN),
    (200, {}, b"\n <html>", UNKNOWN),
    (403, JSON, b"{}", UNKNOWN),
    (404, JSON, b"{}", UNKNOWN),
    (407, JSON, b"{}", UNKNOWN),
    (429, JSON, b"{}", UNKNOWN),
    (500, JSON, b"{}", UNKNOWN),
    (302, JSON, b"{}", UNKNOWN),
    (204, JSON, b"", UNKNOWN),
])  # fmt: skip
def test_by_status(question, status, headers, body, expected) -> None:
    answer = said(question, Reply(status, headers, body))
    assert answer.liveness is expected
    assert bool(answer.why) == (expected is UNKNOWN)


CONDITIONS = {
    "contains": (Condition(contains=("yes", "sure")), b"yes, sure", b"yes"),
    "lacks": (Condition((200,), lacks=("error",)), b"{}", b'{"error": 1}'),
    "json": (Condition(json="body.ok == `true`"), b'{"ok": true}', b'{"ok": "true"}'),
    "json on no JSON": (Condition(json="body.error != `true`"), b"{}", b"not json"),
    "status of the answer": (
        Condition(json="status == `200` && body.a"),
        b'{"a": 1}',
        b'{"a": 0.0, "a": null}',
    ),
    "deep JSON": (Condition(json="body.a"), b'{"a": 1}', b"[" * 100_000),
    "wrong type": (Condition(json="length(body.a) > `0`"), b'{"a": [1]}', b'{"a": 7}'),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_by_body(question, name: str) -> None:
    condition, holds, fails = CONDITIONS[name]
    for side, expected in (("live", LIVE), ("dead", DEAD)):
        given = {"live": (Condition((299,)),), "dead": ()} | {side: (condition,)}
        assert said(question, Reply(200, JSON, holds), **given).liveness is expected
        assert said(question, Reply(200, JSON, fails), **given).liveness is UNKNOWN


def test_a_page_may_hold_the_words_of_the_provider(question) -> None:
    condition = Condition((403,), contains=("invalid_token",))
    reply = Reply(403, HTML, PAGE + b"invalid_token")
    assert said(question, reply, dead=(condition,)).liveness is DEAD


def test_both_at_once_is_neither(question) -> None:
    both = {"live": (Condition((200,)),), "dead": (Condition(contains=("revoked",)),)}
    answer = said(question, Reply(200, JSON, b'"revoked"'), **both)
    assert (answer.liveness, "both" in answer.why) == (UNKNOWN, True)


def test_without_a_dead_condition_nothing_means_dead(question) -> None:
    assert said(question, Reply(401, JSON, b"{}"), dead=()).liveness is UNKNOWN


def test_a_body_that_was_cut_proves_only_what_it_holds(question) -> None:
    cut = Reply(200, JSON, b'{"yes": 1', whole=False)
    assert said(question, cut).liveness is LIVE
    assert said(question, cut, live=(Condition(contains=("yes",)),)).liveness is LIVE
    assert said(question, cut, live=(Condition((200,), lacks=("error",)),)).liveness is UNKNOWN
    assert said(question, cut, live=(Condition(json="body"),)).liveness is UNKNOWN


def test_a_wrong_expression_is_no_crash(question) -> None:
    answer = said(question, Reply(200, JSON, b"{}"), live=(Condition(json="body..x"),))
    assert "rules check" in answer.why
    assert list(judge.problems(["body.a", "body..x"])) == ["`body..x` is no JMESPath expression"]


# --- whose it is -------------------------------------------------------------------------------------

FIELDS = {"account": "body.org", "principal": "body.user", "credential_id": "body.id", "scopes": "body.scopes",
          "created": "body.made", "expires": "header.expiry"}  # fmt: skip


def identity(question, body, **headers):
    reply = Reply(200, JSON | headers, json.dumps(body).encode())
    return said(question, reply, identify=tuple(FIELDS.items())).identity


def test_identity(question) -> None:
    body = {"org": "Acme", "user": 17, "id": "k1", "scopes": ["read", "write"], "made": 1767225600}
    found = identity(question, body, expiry="2026-02-01 10:00:00 UTC")
    assert (found.provider, found.account, found.principal, found.credential_id) == (
        "acme",
        "Acme",
        "17",
        "k1",
    )
    assert found.scopes == ("read", "write")
    assert found.created == datetime(2026, 1, 1, tzinfo=UTC)
    assert found.expires == datetime(2026, 2, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(("given", "scopes"), [
    ("read, write", ("read", "write")),
    ({"read": True, "write": False}, ("read",)),
    ([1, ["x"], None, "a"], ("1", "a")),
    (7, ()),
])  # fmt: skip
def test_scopes(question, given, scopes) -> None:
    assert identity(question, {"org": "Acme", "scopes": given}).scopes == scopes


@pytest.mark.parametrize(("given", "year"), [
    (1767225600000, 2026), ("1767225600", 2026), ("2026-01-01T00:00:00Z", 2026), ("2026-01-01", 2026),
    (True, None), (0, None), (10**30, None), ("soon", None), ([], None),
])  # fmt: skip
def test_moments(question, given, year) -> None:
    found = identity(question, {"org": "Acme", "made": given})
    assert (found.created.year if found.created else None) == year


def test_nothing_known_is_no_identity(question) -> None:
    assert identity(question, {"org": {"a": 1}, "user": None, "id": False}) is None


def test_the_key_is_in_no_name(question) -> None:
    key = "k3y-" + "q7w2" * 6
    body = {"org": f"<{key}>", "user": key[3:17], "id": "ok", "scopes": [key]}
    found = identity(question, body)
    assert (found.account, found.principal, found.credential_id, found.scopes) == ("", "", "ok", ())


def test_names_are_one_line_of_bounded_length(question) -> None:
    found = identity(question, {"org": "a\x1b[31m\nb", "user": "x" * 999, "scopes": ["s"] * 999})
    assert found.account == "a [31m b"
    assert len(found.principal) == judge.LONGEST
    assert len(found.scopes) == judge.MOST_SCOPES


@pytest.mark.parametrize(
    ("text", "expected"), [("team_7_bot_x", "teams/7"), ("team_x_bot", None), (None, None)]
)
def test_a_text_is_rewritten_or_not_there(text, expected) -> None:
    found = judge.search(r"rewrite(name, 'team_(\d+)_bot.*', 'teams/\1')", {"name": text})
    assert found == expected
