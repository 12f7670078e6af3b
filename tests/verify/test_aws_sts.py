"""Live, dead or unknown: only an explicit answer means dead."""

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from unleak.core.model import Liveness
from unleak.core.secret import Secret
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
