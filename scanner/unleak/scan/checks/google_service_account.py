"""Google service-account files: JSON with a private key."""

import json
import re
from typing import Any

from unleak.scan.ports import Outcome, Verdict

ARMOUR = re.compile(r"-----(?:BEGIN|END) (?:RSA )?PRIVATE KEY-----|\s")
KEY = re.compile(r'"private_key"\s*:\s*"([^"]+)"')


def check(value: str) -> Verdict:
    """Proven if it is such a file; the canonical value is the key's base64."""
    parsed = _parse(value)
    key = parsed.get("private_key")
    named = isinstance(parsed.get("client_email"), str)
    if not isinstance(key, str) or not key.startswith("-----BEGIN ") or not named:
        return Verdict(Outcome.REJECTED)
    body = ARMOUR.sub("", key)
    return Verdict(Outcome.PROVEN, canonical=body) if len(body) > 100 else Verdict(Outcome.REJECTED)


def _parse(value: str) -> dict[str, Any]:
    for text in (value, value.replace('\\"', '"').replace("\\\\", "\\")):
        try:
            parsed = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        if isinstance(parsed, dict):
            return parsed
    return {}
