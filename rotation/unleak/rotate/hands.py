"""The steps of a plan that are a person's where no request does them."""

from unleak.rotate.ports import Outline
from unleak.rotate.rotation import Options


def issue_step(outline: Outline, options: Options) -> str:
    """What issues the new key."""
    hands = outline.by_hand
    if hands is None:
        return f"issue {outline.issue}"
    source = f"take it from {options.value_from}" if options.value_from else "ask for it unseen"
    how = f" ({hands.how.removesuffix('.')})" if hands.how else ""
    return f"BY HAND: you make a new key at {hands.console}{how}; then {source}, see that it works"


def delete_step(outline: Outline, key_id: str, last4: str) -> str:
    """What deletes the leaked key."""
    hands = outline.by_hand
    if hands is None:
        return f"delete {key_id}"
    if hands.request:
        return f"revoke the key that ends in {last4} ({hands.request})"
    return f"BY HAND: you delete the key that ends in {last4} at {hands.console}"
