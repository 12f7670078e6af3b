"""Answers that are still good, so that a key is not asked about at every scan. Holds no key and no address."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from unleak.core.clock import Clock, SystemClock
from unleak.core.model import Identity, Liveness
from unleak.verify.answer import Answer
from unleak.verify.ports import Question

LASTING = {Liveness.LIVE: timedelta(minutes=10), Liveness.DEAD: timedelta(days=7)}
"""A live key may be revoked at any moment; a dead one hardly ever comes back."""
MOST = 10_000
"""Answers that are kept, the newest."""


class Memory:
    """Answers by key and request, with their ends."""

    def __init__(
        self,
        load: Callable[[], bytes | None] = lambda: None,
        save: Callable[[bytes], object] = lambda data: None,
        clock: Clock | None = None,
    ) -> None:
        """`load` and `save` are where it is kept; what cannot be read is forgotten."""
        self._save, self._clock = save, clock or SystemClock()
        self._entries = _entries(load())
        self._changed = False

    def get(self, question: Question) -> Answer | None:
        """The answer to `question`, if it is known and good."""
        try:
            entry = self._entries[name(question)]
            if datetime.fromisoformat(entry["until"]) <= self._clock.now():
                return None
            return Answer(Liveness(entry["liveness"]), _identity(entry["identity"]))
        except (KeyError, TypeError, ValueError):
            return None

    def put(self, question: Question, answer: Answer) -> None:
        """Remember `answer`, if it is one that lasts."""
        if lasting := LASTING.get(answer.liveness):
            until = (self._clock.now() + lasting).isoformat()
            identity = asdict(answer.identity) if answer.identity else None
            self._entries.pop(name(question), None)
            self._entries[name(question)] = {
                "liveness": str(answer.liveness), "identity": identity, "until": until,
            }  # fmt: skip
            self._changed = True

    def close(self) -> None:
        """Keep what was learned, without what has ended."""
        if not self._changed:
            return
        now = self._clock.now().isoformat()
        good = {key: entry for key, entry in self._entries.items() if str(entry.get("until", "")) > now}
        newest = dict(list(good.items())[-MOST:])
        self._save(json.dumps(newest, default=datetime.isoformat).encode())


def name(question: Question) -> str:
    """Names the key and the request, so that a changed rule file asks anew. Tells neither."""
    verification = asdict(question.verification) if question.verification else None
    asked = [question.rule_id if verification is None else "", verification, sorted(question.parts.items())]
    return hashlib.sha256(json.dumps([question.fingerprint, asked]).encode("utf-8")).hexdigest()


def _entries(stored: bytes | None) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads(stored or b"{}")
    except ValueError:
        return {}
    valid = isinstance(found, dict) and all(isinstance(entry, dict) for entry in found.values())
    return found if valid else {}


def _identity(fields: dict[str, Any] | None) -> Identity | None:
    if fields is None:
        return None
    moments = {
        key: datetime.fromisoformat(fields[key]) if fields[key] else None for key in ("created", "expires")
    }
    return Identity(**fields | moments | {"scopes": tuple(fields["scopes"])})
