"""JSON Web Tokens: header and claims have to be JSON; one that has expired is of little use."""

import base64
import binascii
import json
import time
from typing import Any

from unleak.core.model import Severity
from unleak.scan.ports import Outcome, Verdict

UNSIGNED = {"none", ""}
REGISTERED = {"iss", "sub", "aud", "exp", "nbf", "iat", "jti"}
"""A token that a service issued has at least one of these claims."""
SAMPLE = "1234567890"
"""The subject of the token that jwt.io shows."""


def check(value: str) -> Verdict:
    """Rejected unless header and claims parse, doubtful for samples; expired ones are less severe."""
    header, _, rest = value.partition(".")
    claims = rest.partition(".")[0]
    named, claimed = _json(header), _json(claims)
    if named is None or claimed is None or not isinstance(named.get("alg"), str):
        return Verdict(Outcome.REJECTED)
    if named["alg"].lower() in UNSIGNED:
        return Verdict(Outcome.DOUBTFUL, severity=Severity.LOW)
    if not REGISTERED & claimed.keys() or claimed.get("sub") == SAMPLE:
        return Verdict(Outcome.DOUBTFUL)
    expires = claimed.get("exp")
    expired = isinstance(expires, int | float) and expires < time.time()
    return Verdict(Outcome.PLAUSIBLE, severity=Severity.LOW if expired else None)


def _json(segment: str) -> dict[str, Any] | None:
    bare = segment.rstrip("=")
    try:
        parsed = json.loads(base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None
