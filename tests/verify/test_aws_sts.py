"""Live, dead or unknown: only an explicit answer means dead."""

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

from unleak.core.model import Liveness
from unleak.core.secret import Secret
from unleak.verify import aws_sts
from unleak.verify.answer import Answer
from unleak.verify.aws_sts import account_of, verify

KEY = "AKIA" + "QYLPMN5H" * 2


def ask():
    return verify(KEY, Secret("s" * 40), "eu-west-1")


def test_a_key_that_answers_lives(answers):
    answers(None)
    answer = ask()
    assert answer.liveness is Liveness.LIVE
    assert answer.identity.account == "123456789012"
    assert answer.identity.principal.endswith("user/a")
    assert answer.identity.credential_id == KEY


def test_a_key_that_aws_does_not_know_is_dead(answers):
    answers("InvalidClientTokenId")
    assert ask().liveness is Liveness.DEAD


@pytest.mark.parametrize(
    ("what", "status", "why"),
    [
        ("SignatureDoesNotMatch", 403, "not its secret"),
        ("AccessDenied", 403, "access denied"),
        ("Throttling", 400, "throttles"),
        ("ExpiredToken", 403, "expired"),
        ("InternalFailure", 500, "answered 500"),
        ("Whatever", 400, "answered Whatever"),
        ("chosen by &lt;b", 400, "answered an error"),
        ("chosen by <b>", 400, "cannot be reached"),
        (EndpointConnectionError(endpoint_url="https://x"), 0, "cannot be reached"),
        (ReadTimeoutError(endpoint_url="https://x"), 0, "cannot be reached"),
    ],
)
def test_everything_else_is_unknown(answers, what, status, why):
    answers(what, status)
    answer = ask()
    assert answer.liveness is Liveness.UNKNOWN
    assert why in answer.why
    assert "chosen by" not in answer.why


@pytest.mark.parametrize(
    ("key_id", "account"),
    [
        ("AKIA" + "QYLPMN5H" + "FIQR7XYA", "052310077262"),
        ("AKIA" + "I" + "A" * 15, ""),
        ("AKIA" + "J" + "A" * 15, ""),
        ("AKIA" + "0" * 16, ""),
        ("AKIA", ""),
    ],
)
def test_the_account_stands_in_the_id(key_id, account):
    assert account_of(key_id) == account


def test_a_region_that_does_not_know_the_key_is_no_proof_of_death(monkeypatch):
    """A Region that the account has not switched on answers every key so."""
    asked = []

    def ask_region(key_id, secret, region):
        asked.append(region)
        dead = Answer(Liveness.DEAD)
        return (dead, "us-east-1") if len(asked) == 1 else (Answer(Liveness.LIVE), "")

    monkeypatch.setattr(aws_sts, "_ask", ask_region)
    answer = verify(KEY, Secret("s" * 40), "ap-east-1")
    assert answer.liveness is Liveness.UNKNOWN
    assert "us-east-1" in answer.why
    assert asked == ["ap-east-1", "us-east-1"]


@pytest.mark.parametrize(("region", "hosts"), [("eu-west-1", 2), ("us-east-1", 1), ("cn-northwest-1", 2)])
def test_dead_is_asked_for_in_the_home_region_of_the_partition(answers, monkeypatch, region, hosts):
    answers("InvalidClientTokenId")
    seen, send = [], URLLib3Session.send
    monkeypatch.setattr(
        URLLib3Session, "send", lambda self, request: (seen.append(request.url), send(self, request))[1]
    )
    assert verify(KEY, Secret("s" * 40), region).liveness is Liveness.DEAD
    assert len(seen) == hosts
    assert ("cn-north-1" if region.startswith("cn") else "us-east-1") in seen[-1]
