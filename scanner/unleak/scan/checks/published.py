"""Values that vendors print in their documentation or build into emulators: everybody has them."""

import hashlib

from unleak.scan.ports import Outcome, Verdict

DIGESTS = frozenset(
    {
        "0011cc25eb4320717494d2703e8cba85",  # storage emulator
        "aa6547439583c3a275d4542a0df6c1ad",  # Cosmos DB emulator
        "41ef4bb0b23661e66301aac36066912d",  # RFC 7617
        "53f5da0aaa93d64cd5772c554cbf940f",  # RFC 6749
        "7f75367e7881255134e1375e723d1dea",  # jwt.io
        "2cafc0970149a84f3b9e62eaf169f36f",  # Stripe's documentation
        "f2d6ca16515033e5dce14eba840b979d",  # Stripe's documentation, older
        "c85debb55f2f204d868cc1552c42faa1",  # Supabase's local development
        "dba72c00f41f4e4c435e2491a5e1ce01",  # NuGet's documentation
        "a0702bc91d699f600970f4dc4992b13e",  # NuGet's documentation
    }
)
"""The first 32 digits of SHA-256, so that no scanner stumbles over this file."""


def check(value: str) -> Verdict:
    """Rejected if it is one of them."""
    digest = hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return Verdict(Outcome.REJECTED if digest in DIGESTS else Outcome.PLAUSIBLE)
