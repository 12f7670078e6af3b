"""The secret stores of a rotation, each opened when it is first needed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, cast

from unleak.core.errors import UsageError
from unleak.core.model import SecretRef
from unleak.rotate.ports import Credential, Store
from unleak.rotate.rotation import Options
from unleak.rotate.store_ports import WriteOnly
from unleak.rotate.stores import STORES
from unleak.rotate.write_only import WRITE_ONLY

SEARCHABLE = tuple(scheme for scheme in STORES if scheme != "env")
"""Files are named, not searched for."""
SCHEMES = (*STORES, *WRITE_ONLY)
SEARCHED = "aws-sm"
"""Where the leaked value is looked for unless the user says otherwise."""


class Known(NamedTuple):
    """Where a service is."""

    option: str
    """The field of the options that holds its address."""
    variable: str
    """The environment variable that names another one."""
    default: str


ADDRESSES = {
    "doppler": Known("doppler", "DOPPLER_API_HOST", "https://api.doppler.com"),
    "gitlab-ci": Known("gitlab", "GITLAB_HOST", "https://gitlab.com"),
    "azure-kv": Known("azure", "AZURE_KEY_VAULT_URL", "https://{}.vault.azure.net"),
    "gcp-sm": Known(
        "google", "CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER", "https://secretmanager.googleapis.com"
    ),
    "k8s": Known("kubernetes", "KUBECONFIG", ""),
    **dict.fromkeys(
        ("vercel", "vercel-sensitive"), Known("vercel", "VERCEL_API_URL", "https://api.vercel.com")
    ),
    **dict.fromkeys(
        ("github-actions", "github-dependabot"), Known("github", "GITHUB_API_URL", "https://api.github.com")
    ),
}


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
        return iter(SCHEMES)

    def __len__(self) -> int:
        return len(SCHEMES)

    @property
    def write_only(self) -> Mapping[str, WriteOnly]:
        """Those whose values cannot be read."""
        return cast(Mapping[str, WriteOnly], self)

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
        schemes = {*self._opened, *(ref.partition("://")[0] for ref in options.restarts)} & ADDRESSES.keys()
        if any(ADDRESSES[one] == ADDRESSES["vercel"] for one in schemes):
            options = replace(options, vercel_team=team_of(options))
        used: dict[str, Any] = {ADDRESSES[one].option: address_of(one, options) for one in schemes}
        return replace(options, **used)

    def _open(self, scheme: str) -> Any:
        opener: Any = WRITE_ONLY[scheme] if scheme in WRITE_ONLY else STORES[scheme]
        if scheme.startswith("aws-"):
            return opener(self.access)
        if scheme == "vault-kv":
            from unleak.verify.vault_client import Place, place

            given = self.options
            return opener(Place(given.vault, given.vault_namespace) if given.vault else place())
        if ADDRESSES.get(scheme) == ADDRESSES["vercel"]:
            return opener(address_of(scheme, self.options), team_of(self.options))
        if scheme in ADDRESSES:
            return opener(address_of(scheme, self.options))
        return opener()


def address_of(scheme: str, options: Options) -> str:
    """Where a service is: where the rotation began, else as the environment says. UsageError if that is no address."""
    from unleak.verify.rest_client import address

    known = ADDRESSES[scheme]
    if pinned := str(getattr(options, known.option)):
        return pinned
    if scheme == "k8s":
        from unleak.verify.kubeconfig import server

        return server()
    return address(known.variable, known.default)


def team_of(options: Options) -> str:
    """The team at Vercel, in the same way."""
    from unleak.verify.vercel_client import team

    return options.vercel_team if options.vercel else team()


def reference(text: str) -> SecretRef:
    """`aws-sm://name#FIELD`; UsageError for anything else."""
    scheme, found, rest = text.partition("://")
    name, _, field = rest.partition("#")
    if not found or scheme not in SCHEMES or not name:
        raise UsageError(
            "--target takes a reference such as aws-sm://prod/payments#STRIPE_KEY",
            f"known stores: {', '.join(SCHEMES)}",
        )
    return SecretRef(scheme, name, field)
