"""A JSON Web Token: header and claims parse; expired ones and those meant for browsers are of low severity."""

from unleak.scan import webtoken
from unleak.scan.ports import Outcome, Verdict

REGISTERED = {"iss", "sub", "aud", "exp", "nbf", "iat", "jti"}
"""A token that a service issued has at least one of these claims."""


def check(value: str) -> Verdict:
    """Rejected unless header and claims parse (RFC 7519); doubtful without any registered claim."""
    token = webtoken.parse(value)
    if token is None:
        return Verdict(Outcome.REJECTED)
    verdict = webtoken.judge(token)
    if verdict.outcome is Outcome.PLAUSIBLE and not REGISTERED & token.claims.keys():
        return Verdict(Outcome.DOUBTFUL)
    return verdict
