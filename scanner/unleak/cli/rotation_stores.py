"""The secret stores of a rotation, each opened when it is first needed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from unleak.core.errors import UsageError
from unleak.core.model import SecretRef
from unleak.rotate.ports import Credential, Store
from unleak.rotate.rotation import Options
from unleak.rotate.stores import STORES

SEARCHABLE = tuple(scheme for scheme in STORES if scheme != "env")
"""Files are named, not searched for."""
SEARCHED = "aws-sm"
"""Where the leaked value is looked for unless the user says otherwise."""


@dataclass(slots=True)
class Stores(Mapping[str, Store]):
    """By the scheme of their references."""

    access: Any
    """With which credentials AWS is called; its type comes with an extra."""
    options: Options
    _opened: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, scheme: str) -> Store:
        if scheme not in self._opened:
            self._opened[scheme] = self._open(scheme)
        store: Store = self._opened[scheme]
        return store

    def __iter__(self) -> Iterator[str]:
        return iter(STORES)

    def __len__(self) -> int:
        return len(STORES)

    def act_with(self, credential: Credential) -> None:
        """Those of AWS sign with `credential` from now on."""
        from unleak.verify.aws_client import Pair

        self.access = replace(self.access, pair=Pair(credential.id, credential.secret))
        for scheme in [scheme for scheme in self._opened if scheme.startswith("aws-")]:
            self._opened[scheme].act_with(credential)

    def pinned(self) -> Options:
        """The options with the places that were used, so that a rotation goes on in the same ones."""
        from unleak.verify.aws_client import session

        vault = self._opened.get("vault-kv")
        options = replace(self.options, region=session(self.access).region_name or "")
        if vault:
            options = replace(options, vault=vault.where.address, vault_namespace=vault.where.namespace)
        return options

    def _open(self, scheme: str) -> Store:
        if scheme.startswith("aws-"):
            return STORES[scheme](self.access)
        if scheme == "vault-kv":
            from unleak.verify.vault_client import Place, place

            given = self.options
            return STORES[scheme](Place(given.vault, given.vault_namespace) if given.vault else place())
        return STORES[scheme]()


def reference(text: str) -> SecretRef:
    """`aws-sm://name#FIELD`; UsageError for anything else."""
    scheme, found, rest = text.partition("://")
    name, _, field = rest.partition("#")
    if not found or scheme not in STORES or not name:
        raise UsageError(
            "--target takes a reference such as aws-sm://prod/payments#STRIPE_KEY",
            f"known stores: {', '.join(STORES)}",
        )
    return SecretRef(scheme, name, field)
