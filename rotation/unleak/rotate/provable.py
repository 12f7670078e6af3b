"""Whether the leaked value can be replaced alone in what holds it: tried with a made-up one, before one is issued."""

import secrets
from collections.abc import Mapping

from unleak.core.errors import RotationError
from unleak.core.secret import Secret
from unleak.rotate.logins import swap
from unleak.rotate.ports import Credential, Holder, StoreReader, Trait
from unleak.rotate.store_ports import Checks


def refusals(
    leaked: Credential,
    holders: tuple[Holder, ...],
    stores: Mapping[str, StoreReader],
    traits: frozenset[Trait],
) -> list[str]:
    """Refusals for secrets in which the value could not be replaced alone, or that could not hold the new text."""
    found = []
    length = len(leaked.secret.reveal())
    tried = Credential("x" * len(leaked.id), Secret(secrets.token_hex(length)[:length]))
    for holder in holders:
        if not (holder.problem or holder.write_only):
            store = stores[holder.ref.store]
            try:
                text = store.read(holder.ref.name, holder.version)
                changed = swap(text, leaked, tried, traits, str(holder.ref))
                if isinstance(store, Checks):
                    store.check(holder.ref.name, changed)
            except RotationError as error:
                found.append(error.message)
    return found
