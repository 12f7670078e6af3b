"""Google service-account files: they parse; the private key is the secret, account and key id are shown."""

import json
import re
from typing import Any

from unleak.scan.ports import Outcome, Verdict

ARMOUR = re.compile(r"-----(?:BEGIN|END) (?:RSA )?PRIVATE KEY-----|\s")
PUBLIC = ("client_email", "private_key_id", "project_id")
"""Fields that say whose key it is."""
SHORTEST = 100
"""No private key has fewer characters."""


def check(value: str) -> Verdict:
    """Proven if it is such a file; the canonical value is the key's base64."""
    parsed = _parse(value)
    key = parsed.get("private_key")
    named = isinstance(parsed.get("client_email"), str)
    if not isinstance(key, str) or not key.startswith("-----BEGIN ") or not named:
        return Verdict(Outcome.REJECTED)
    body = ARMOUR.sub("", key)
    if len(body) <= SHORTEST:
        return Verdict(Outcome.REJECTED)
    parts = {name: text for name in PUBLIC if isinstance(text := parsed.get(name), str)}
    return Verdict(Outcome.PROVEN, canonical=body, parts=parts)


def _parse(value: str) -> dict[str, Any]:
    for text in (value, value.replace('\\"', '"').replace("\\\\", "\\")):
        try:
            parsed = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        if isinstance(parsed, dict):
            return parsed
    return {}
