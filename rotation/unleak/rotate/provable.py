"""Whether the leaked value can be replaced alone in what holds it: tried with a made-up one, before one is issued."""

import secrets
from collections.abc import Mapping

from unleak.core.errors import RotationError
from unleak.core.secret import Secret
from unleak.rotate.logins import swap
from unleak.rotate.ports import Credential, Holder, StoreReader, Trait


def refusals(
    leaked: Credential,
    holders: tuple[Holder, ...],
    stores: Mapping[str, StoreReader],
    traits: frozenset[Trait],
) -> list[str]:
    """Refusals for secrets in which the value could not be replaced alone."""
    found = []
    tried = Credential("x" * len(leaked.id), Secret(secrets.token_hex(16)))
    for holder in holders:
        if not (holder.problem or holder.write_only):
            store = stores[holder.ref.store]
            try:
                swap(store.read(holder.ref.name, holder.version), leaked, tried, traits, str(holder.ref))
            except RotationError as error:
                found.append(error.message)
    return found
