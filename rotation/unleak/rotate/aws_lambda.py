"""A rotation function for AWS Secrets Manager: `unleak.rotate.aws_lambda.handler`.

It is configured by environment variables of the function: `UNLEAK_RULE` is the rule of the keys (empty for
access keys of IAM users), `UNLEAK_ADMIN` refers to the credential that makes the changes, such as
`aws-sm://ops/doppler#TOKEN`, and `UNLEAK_PARTS` gives public parts as `name=value,…`.
deploy/rotation-lambda.yaml sets all of it up.
"""

import os
import re
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from unleak.cli import declared_key, rotation_wiring, verify
from unleak.core.clock import SystemClock
from unleak.core.errors import RotationError, UnleakError, UsageError
from unleak.core.rotating import KEY_ID, Rotating
from unleak.core.secret import Secret
from unleak.rotate.ports import Credential
from unleak.rotate.replace import leaves_of
from unleak.rotate.rotation import Options
from unleak.rotate.scheduled import Scheduled

MOST = 20
"""Pieces of a text that are tried as keys, where none stands alone."""
_ID = re.compile(r"(?<![A-Z0-9])AKIA[A-Z2-7]{16}(?![A-Z0-9])")


def handler(event: Mapping[str, Any], context: object) -> None:
    """One step (`Step`) of a rotation of the secret `SecretId` to the version `ClientRequestToken`.

    Raises UnleakError, which holds no secret, for whatever goes wrong: Secrets Manager calls again.
    """
    try:
        name, token, step = (str(event[key]) for key in ("SecretId", "ClientRequestToken", "Step"))
        steps = _steps(_scheduled(name))
        if step not in steps:
            raise UsageError(f"Secrets Manager knows the steps {', '.join(steps)}, and no other")
        steps[step](token)
    except UnleakError:
        raise
    except Exception as error:  # its text may hold a secret, and AWS logs it
        place = traceback.extract_tb(error.__traceback__)[-1]
        raise RotationError(
            f"bug: {type(error).__name__} in {place.name} ({Path(place.filename).name}:{place.lineno})"
        ) from None


def _steps(scheduled: Scheduled) -> dict[str, Callable[[str], None]]:
    return {
        "createSecret": scheduled.create,
        "setSecret": scheduled.set,
        "testSecret": scheduled.test,
        "finishSecret": scheduled.finish,
    }


def _unfit(said: Rotating | None, parts: Mapping[str, str]) -> str:
    """Why the settings of the function would name another key after its first rotation; empty if they would not."""
    if said and said.pair:
        return "their ids change with them, and the function would ask with the old one"
    if KEY_ID in parts:
        return f"{KEY_ID} would name another key than that of the secret after the first rotation"
    return ""


def _scheduled(name: str) -> Scheduled:
    from unleak.rotate.stores.aws_secretsmanager import SecretsManager
    from unleak.verify.aws_client import Access

    rule, admin = os.environ.get("UNLEAK_RULE", ""), os.environ.get("UNLEAK_ADMIN", "")
    given = [part for part in os.environ.get("UNLEAK_PARTS", "").split(",") if part]
    found = declared_key.required(rule) if rule else None
    if found and not found.rotation:
        raise UsageError(f"only a person can issue keys of {rule}", "replace them with unleak rotate")
    parts = verify.given_parts(given)
    if found and (reason := _unfit(found.rotation, parts)):
        raise UsageError(
            f"keys of {rule} are not replaced on a schedule: {reason}", "replace them with unleak rotate"
        )
    kind = declared_key.kind(found, {}, parts) if found else None
    provider = rotation_wiring.provider(Options(rule=rule, admin=admin), kind)

    def candidates(text: str) -> list[Credential]:
        ids = _ID.findall(text) if kind is None else [""]
        values = list(provider.candidates(text))
        alone = set(leaves_of(text))
        likely = [value for value in values if value in alone] or values[:MOST]
        return [Credential(key_id, Secret(value)) for key_id in dict.fromkeys(ids) for value in likely]

    return Scheduled(name, SecretsManager(Access()), provider, candidates, SystemClock())
