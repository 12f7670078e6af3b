"""What a provider says of a key."""

from dataclasses import dataclass

from unleak.core.model import Identity, Liveness


@dataclass(frozen=True, slots=True)
class Answer:
    """UNKNOWN is an answer: the provider was asked, and it could not be told."""

    liveness: Liveness
    identity: Identity | None = None
    """Set when the key lives."""
    why: str = ""
    """For UNKNOWN: what came instead of an answer."""
