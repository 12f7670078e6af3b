"""What AWS answers becomes one of our errors, with our words only."""

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
)

from unleak.core.errors import AccessDenied, Conflict, LimitReached, NotFound, OutcomeUnknown, RotationError
from unleak.core.secret import Secret
from unleak.verify.aws_client import Access, Pair, calling, client

CODES = {
    "AccessDeniedException": AccessDenied,
    "ResourceNotFoundException": NotFound,
    "NoSuchEntity": NotFound,
    "LimitExceeded": LimitReached,
    "InvalidRequestException": Conflict,
    "InvalidParameterException": Conflict,
    "DecryptionFailure": AccessDenied,
    "ExpiredTokenException": RotationError,
    "UnrecognizedClientException": RotationError,
    "ThrottlingException": RotationError,
    "odd text: chosen": RotationError,
}


def refused(code, status=400):
    error = {"Error": {"Code": code, "Message": "chosen by the provider"}}
    return ClientError(error | {"ResponseMetadata": {"HTTPStatusCode": status}}, "PutSecretValue")


def outcome(error, *, changes=True):
    with (
        pytest.raises(RotationError) as raised,
        calling("put it", "secretsmanager:PutSecretValue", changes=changes),
    ):
        raise error
    return raised.value


@pytest.mark.parametrize("code", CODES)
def test_codes(code):
    ours = outcome(refused(code))
    assert type(ours) is CODES[code]
    assert "put it" in ours.message
    assert "chosen" not in str(ours)
    assert ours.__cause__ is None
    assert ours.hint


def test_an_answer_that_never_came_leaves_a_change_unknown():
    lost = ConnectionClosedError(endpoint_url="https://x")
    assert isinstance(outcome(lost), OutcomeUnknown)
    assert isinstance(outcome(refused("ServiceFailure", 500)), OutcomeUnknown)
    assert not isinstance(outcome(lost, changes=False), OutcomeUnknown)
    assert not isinstance(outcome(refused("ServiceFailure", 500), changes=False), OutcomeUnknown)


def test_a_call_that_was_never_sent_is_known_not_to_have_happened():
    assert not isinstance(outcome(EndpointConnectionError(endpoint_url="https://x")), OutcomeUnknown)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (NoCredentialsError(), "no AWS credentials"),
        (NoRegionError(), "no AWS Region"),
        (ParamValidationError(report="secret-looking"), "ParamValidationError"),
    ],
)
def test_what_is_wrong_here(error, says):
    ours = outcome(error)
    assert says in ours.message
    assert "secret-looking" not in str(ours)


def test_a_pair_signs_with_everything_else_of_the_profile(tmp_path, monkeypatch):
    config = tmp_path / "config"
    config.write_text("[profile p]\nregion = eu-north-1\nendpoint_url = http://127.0.0.1:9\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    opened = client(Access("p", pair=Pair("AKIA" + "Q" * 16, Secret("s" * 40))), "secretsmanager")
    assert opened.meta.region_name == "eu-north-1"
    assert opened.meta.endpoint_url == "http://127.0.0.1:9"
    assert opened._get_credentials().access_key == "AKIA" + "Q" * 16
