"""JSON in base64, as tokens carry it: url-safe or not, with padding or without."""

import base64
import json
from typing import Any

URL_SAFE = bytes.maketrans(b"-_", b"+/")


def whole(text: str) -> dict[str, Any] | None:
    """The object that all of `text` holds; None if it holds none."""
    try:
        parsed = json.loads(_decoded(text))
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def leading(text: str) -> dict[str, Any] | None:
    """The object that `text` begins with, whatever follows it; None if it begins with none."""
    try:
        parsed, _ = json.JSONDecoder().raw_decode(_decoded(text).decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _decoded(text: str) -> bytes:
    """The bytes that `text` stands for. Raises ValueError."""
    bare = text.encode("ascii").rstrip(b"=").translate(URL_SAFE)
    kept = bare[: len(bare) - (len(bare) % 4 == 1)]
    return base64.b64decode(kept + b"=" * (-len(kept) % 4), validate=True)
