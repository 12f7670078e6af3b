"""A token that carries JSON in base64: it parses; whose it is, is shown.

Sentry's source (`orgauthtoken_token`), Grafana Cloud's access-policy tokens, 1Password's service-account tokens,
Mapbox's description of its tokens and Miro's `miro.origin` are where the names are from.
"""

from unleak.scan import base64json
from unleak.scan.ports import Outcome, Verdict

OPENS = "eyJ"
"""`{"` in base64."""
PUBLIC = {
    "org": "organization",
    "o": "organization",
    "region_url": "region",
    "miro.origin": "region",
    "signInAddress": "address",
    "u": "user",
}
"""Keys of payloads that say whose the token is, and what the part is called."""


def check(value: str) -> Verdict:
    """Proven if the payload is a JSON object, else doubtful; plausible for forms without a payload."""
    start = value.find(OPENS)
    if start < 0:
        return Verdict(Outcome.PLAUSIBLE)
    payload = base64json.leading(value[start:].partition(".")[0].replace("=", ""))
    if not payload:
        return Verdict(Outcome.DOUBTFUL)
    named = {name: payload[key] for key, name in PUBLIC.items() if isinstance(payload.get(key), str)}
    return Verdict(Outcome.PROVEN, parts=named)
