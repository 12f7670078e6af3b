"""What the header and the claims of a JSON Web Token say of it."""

import time
from typing import Any, NamedTuple

from unleak.core.model import Severity
from unleak.scan import base64json
from unleak.scan.ports import Outcome, Verdict

UNSIGNED = {"none", ""}
SAMPLE = "1234567890"
"""The subject of the token that jwt.io shows."""
EMULATED = "supabase-demo"
"""The issuer of the keys that Supabase prints for local development."""
PUBLIC = "anon"
"""The role of Supabase's keys that are meant for browsers."""


class Token(NamedTuple):
    """The two readable segments."""

    header: dict[str, Any]
    claims: dict[str, Any]


def parse(value: str) -> Token | None:
    """The segments of `value`, up to the signature; None if they are no JSON or name no algorithm."""
    header, _, rest = value.partition(".")
    named, claimed = base64json.whole(header), base64json.whole(rest.partition(".")[0])
    if named is None or claimed is None or not isinstance(named.get("alg"), str):
        return None
    return Token(named, claimed)


def judge(token: Token) -> Verdict:
    """Doubtful for samples and without a signature; of low severity if expired or meant to be public."""
    claims = token.claims
    if token.header["alg"].lower() in UNSIGNED:
        return Verdict(Outcome.DOUBTFUL, severity=Severity.LOW)
    if claims.get("sub") == SAMPLE or claims.get("iss") == EMULATED:
        return Verdict(Outcome.DOUBTFUL)
    expires = claims.get("exp")
    expired = isinstance(expires, int | float) and expires < time.time()
    harmless = expired or claims.get("role") == PUBLIC
    return Verdict(Outcome.PLAUSIBLE, severity=Severity.LOW if harmless else None, parts=_parts(claims))


def _parts(claims: dict[str, Any]) -> dict[str, str]:
    project = claims.get("ref") if claims.get("iss") == "supabase" else None
    return {"project": project} if isinstance(project, str) else {}
