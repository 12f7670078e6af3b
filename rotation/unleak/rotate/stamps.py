"""When the variables of a write-only secret were last written, as one text: its version."""

from collections.abc import Mapping


def version(found: Mapping[str, str]) -> str:
    """`NAME=2026-01-01T00:00:00Z,…`, in the order that they are given in."""
    return ",".join(f"{name}={stamp}" for name, stamp in found.items())


def stamps(text: str) -> dict[str, str]:
    """What `version` was made of."""
    pairs = [one.partition("=") for one in text.split(",")]
    return {name: stamp for name, _, stamp in pairs}
