"""Clients of AWS, and the one place where its errors become ours, without any text of AWS's."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import botocore.loaders
import botocore.session
from botocore import exceptions as aws
from botocore.config import Config
from botocore.parsers import ResponseParserError

from unleak.core.errors import (
    AccessDenied,
    Conflict,
    LimitReached,
    NotFound,
    OutcomeUnknown,
    RotationError,
    UsageError,
)
from unleak.core.secret import Secret

ATTEMPTS = 4
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"}
NO_KEY = {"DecryptionFailure", "EncryptionFailure", "InvalidKeyId"}
"""The store may not use the KMS key of the secret, or there is no such key."""
REJECTED = {"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"}
WRONG_SECRET = {"SignatureDoesNotMatch", "InvalidSignatureException"}
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
THROTTLED = {
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
    "TooManyRequestsException", "RequestLimitExceeded", "TooManyUpdates",
}  # fmt: skip
MISSING = {
    "NoSuchEntity", "ResourceNotFoundException", "ParameterNotFound", "ParameterVersionNotFound",
    "ClusterNotFoundException", "ServiceNotFoundException",
}  # fmt: skip
NOT_SENT = (aws.EndpointConnectionError, aws.ConnectTimeoutError, aws.ProxyConnectionError, aws.SSLError)
CREDENTIALS = "name a profile with --aws-profile, or set AWS_PROFILE or AWS_ACCESS_KEY_ID"


@dataclass(frozen=True, slots=True)
class Pair:
    """An access key: its public id and its secret."""

    id: str
    secret: Secret


@dataclass(frozen=True, slots=True)
class Access:
    """With which credentials and where calls are made."""

    profile: str = ""
    """A profile of the user's AWS configuration; empty for the default chain."""
    region: str = ""
    """Empty for the one that the profile or the environment names."""
    pair: Pair | None = None
    """Sign with this pair instead of the profile's."""


def session(access: Access) -> boto3.Session:
    """A boto3 session for `access`; UsageError if the profile does not exist."""
    logging.getLogger("botocore").setLevel(logging.INFO)  # at DEBUG it logs keys and secrets in clear
    core, pair = botocore.session.Session(profile=access.profile or None), access.pair
    core.register_component("data_loader", _loader())
    try:
        core.get_scoped_config()
        return boto3.Session(
            aws_access_key_id=pair.id if pair else None,
            aws_secret_access_key=pair.secret.reveal() if pair else None,
            region_name=access.region or None,
            botocore_session=core,
        )
    except aws.ProfileNotFound:
        raise UsageError(f"there is no AWS profile {access.profile!r}", CREDENTIALS) from None


@cache
def _loader() -> botocore.loaders.Loader:
    """The descriptions of the services, which are large, parsed once for all clients."""
    return botocore.loaders.create_loader()


def client(access: Access, service: str, *, once: bool = False) -> Any:
    """A client of `service`; with `once`, no call of it is repeated by itself."""
    retries: Any = {"mode": "standard", "total_max_attempts": 1 if once else ATTEMPTS}
    config = Config(retries=retries, connect_timeout=5, read_timeout=20, user_agent_extra="unleak")
    with calling("create a client", service):
        opened = session(access)
        region = opened.region_name or ("us-east-1" if service in {"iam", "sts"} else None)
        return opened.client(service, region_name=region, config=config)  # type: ignore[call-overload]


@contextmanager
def calling(what: str, permission: str, *, changes: bool = False) -> Iterator[None]:
    """Turn the errors of botocore inside into ours.

    `what` says what is being done, for people; `permission` is the IAM action, such as
    `iam:CreateAccessKey`; `changes` means that an answer that never came leaves the outcome unknown.
    """
    try:
        yield
    except aws.ClientError as error:
        raise _refused(error, what, permission, changes) from None
    except (
        aws.NoCredentialsError,
        aws.PartialCredentialsError,
        aws.CredentialRetrievalError,
        aws.TokenRetrievalError,
        aws.SSOError,
    ):
        raise RotationError(
            f"could not {what}: there are no AWS credentials to act with", CREDENTIALS
        ) from None
    except aws.NoRegionError:
        raise RotationError(f"could not {what}: no AWS Region is set", "name it with --region") from None
    except NOT_SENT:
        raise _unreachable(what, permission) from None
    except (aws.HTTPClientError, aws.ConnectionError, ResponseParserError):
        raise (_unanswered(what, permission) if changes else _unreachable(what, permission)) from None
    except aws.BotoCoreError as error:
        raise RotationError(
            f"could not {what}: {type(error).__name__} while calling {permission}",
            "check the AWS configuration of this machine",
        ) from None


def _unreachable(what: str, permission: str) -> RotationError:
    service = permission.partition(":")[0]
    return RotationError(
        f"could not {what}: AWS ({service}) cannot be reached",
        "check the network, the Region and AWS_ENDPOINT_URL, then go on",
    )


def _unanswered(what: str, permission: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"could not tell whether AWS did {what}: no answer to {permission} came",
        "going on looks at what is there before doing anything",
    )


def _refused(error: aws.ClientError, what: str, permission: str, changes: bool) -> RotationError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    text = f"could not {what}"
    if code in DENIED:
        return AccessDenied(
            f"{text}: access denied to {permission}",
            f"allow {permission} to the identity that acts (docs/rotation.md tells the rights)",
        )
    if code in NO_KEY:
        return AccessDenied(
            f"{text}: its KMS key may not be used", "allow kms:Decrypt and kms:GenerateDataKey"
        )
    if code in REJECTED or code in WRONG_SECRET:
        hint = f"{CREDENTIALS}; see that this machine's clock is right"
        return RotationError(f"{text}: AWS does not accept the acting credentials", hint)
    if code in EXPIRED:
        return RotationError(f"{text}: the acting AWS credentials have expired", "sign in again, then go on")
    if code in THROTTLED:
        return RotationError(f"{text}: AWS throttles {permission}", "wait a minute, then go on")
    if code in MISSING:
        return NotFound(
            f"{text}: AWS does not know what {permission} names",
            "see that name and Region are right",
        )
    if code in {"LimitExceeded", "LimitExceededException"}:
        limit = (
            "two access keys a user are allowed" if "Key" in permission else "see the quotas of the service"
        )
        return LimitReached(f"{text}: the limit of AWS is reached", limit)
    if code in {"ResourceExistsException", "InvalidParameterException", "InvalidRequestException"}:
        return Conflict(f"{text}: it is not in the state that {permission} needs", "look at it, then go on")
    if status >= 500:
        return (
            _unanswered(what, permission)
            if changes
            else RotationError(f"{text}: AWS answered {status} to {permission}", "wait a minute, then go on")
        )
    known = code if code.isalnum() and len(code) < 60 else "an error"
    return RotationError(f"{text}: AWS answered {known} to {permission}", "see docs/rotation.md")


def error_code(error: aws.ClientError) -> str:
    """The code of an answer, such as `InvalidClientTokenId`."""
    return str(error.response.get("Error", {}).get("Code", ""))
