"""Secrets of GitHub Actions and Dependabot. A place is `OWNER/REPO`, `OWNER/REPO@ENVIRONMENT` or `ORGANISATION`.

A value is sent sealed for the place's public key, so that GitHub's interface cannot give it out again. There is no
compare-and-swap: the time of the last write is looked at right before writing.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from unleak.core.errors import NotFound, RotationError, UsageError
from unleak.core.install import need
from unleak.core.model import SecretRef
from unleak.core.secret import Secret
from unleak.rotate.beside import moved
from unleak.rotate.ports import Credential, Holder, Sweep
from unleak.rotate.stamps import version
from unleak.rotate.variables import split
from unleak.verify.rest_client import Rest, Service

EXTRA = "github"
SELECTED = "selected"
"""The visibility of an organisation's secret that the repositories of a list are given."""


class GitHubSecrets:
    """What one token may write."""

    scheme: ClassVar[str]
    kind: ClassVar[str]
    """As it stands in addresses."""
    environments: ClassVar[bool]
    """Whether environments have secrets of their own."""

    def __init__(self, address: str) -> None:
        need("nacl", EXTRA)
        self.address = address
        self._rest = Rest(Service("GitHub", address, "Authorization", "Bearer ", "GITHUB_TOKEN"))

    # --- what is there ---------------------------------------------------------------------------

    def find(self, leaked: Credential) -> Sweep:
        """UsageError: nothing can be searched for what cannot be read."""
        raise UsageError(
            f"secrets of {self.scheme} cannot be read, and so not searched",
            f"name those that hold the key: --target {self.scheme}://OWNER/REPO?NAME",
        )

    def look(self, ref: SecretRef, leaked: Credential) -> Holder:
        """One secret, or two that hold the id and the secret of a key."""
        place, names = split(ref.name)
        if ref.field or len(names) not in {1, 2}:
            raise UsageError(  # what was given may be a key that was typed in the wrong place
                f"a target of {self.scheme} does not say which secret is meant",
                f"such as {self.scheme}://OWNER/REPO?NAME, or ?ID_NAME,SECRET_NAME for a key that has an id",
            )
        stamps = {name: self.stamp(ref.name, name) for name in names}
        self._public_key(place)
        return Holder(ref, version(stamps), whole=len(names) == 2, reportable=False, write_only=True)

    def stamp(self, name: str, variable: str) -> str:
        """Its `updated_at`, in whole seconds."""
        return str(self._row(split(name)[0], variable)["updated_at"])

    # --- writing ---------------------------------------------------------------------------------

    def write(self, name: str, variable: str, value: Secret, expected: str) -> str:
        """Seal and send it; who may use an organisation's secret stays as it was."""
        place, _ = split(name)
        key, row = self._public_key(place), self._row(place, variable)
        body = {
            "encrypted_value": sealed(key["key"], value),
            "key_id": key["key_id"],
            **self._seen_by(place, row),
        }
        if str(row["updated_at"]) != expected:
            raise moved(f"{self.scheme}://{name}")
        self._rest.call(
            f"write {variable} of {place}", "PUT", f"{self._path(place)}/{quote(variable)}", body=body
        )
        return self.stamp(name, variable)

    # --- inside ----------------------------------------------------------------------------------

    def _row(self, place: str, variable: str) -> Any:
        return self._rest.call(
            f"look at {variable} of {place}", "GET", f"{self._path(place)}/{quote(variable)}"
        )

    def _public_key(self, place: str) -> Any:
        return self._rest.call(f"get the public key of {place}", "GET", f"{self._path(place)}/public-key")

    def _seen_by(self, place: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """The repositories that an organisation gives its secret to, which has to be said again."""
        if "visibility" not in row:
            return {}
        said: dict[str, Any] = {"visibility": row["visibility"]}
        if row["visibility"] == SELECTED:
            path = f"{self._path(place)}/{quote(row['name'])}/repositories"
            found = self._rest.rows(f"see who may use {row['name']} of {place}", path, within="repositories")
            said["selected_repository_ids"] = [one["id"] for one in found]
        return said

    def _path(self, place: str) -> str:
        where, _, environment = place.partition("@")
        owner, _, repository = where.partition("/")
        if not owner or "/" in repository or (environment and not (repository and self.environments)):
            more = ", OWNER/REPO@ENVIRONMENT" if self.environments else ""
            raise NotFound(
                f"a target of {self.scheme} names no place",
                f"name a repository or an organisation: OWNER/REPO{more}, ORG",
            )
        if not repository:
            return f"/orgs/{quote(owner)}/{self.kind}/secrets"
        at = f"/repos/{quote(owner)}/{quote(repository)}"
        return (
            f"{at}/environments/{quote(environment, safe='')}/secrets"
            if environment
            else f"{at}/{self.kind}/secrets"
        )


class Actions(GitHubSecrets):
    """Secrets that jobs are given."""

    scheme, kind, environments = "github-actions", "actions", True


class Dependabot(GitHubSecrets):
    """Secrets that updates of dependencies are given."""

    scheme, kind, environments = "github-dependabot", "dependabot", False


def sealed(key: str, value: Secret) -> str:
    """A sealed box of libsodium for a public key in base64, in base64."""
    from nacl.exceptions import CryptoError
    from nacl.public import PublicKey, SealedBox

    try:
        return b64encode(SealedBox(PublicKey(b64decode(key))).encrypt(value.reveal().encode())).decode()
    except (CryptoError, ValueError, TypeError):
        raise RotationError("GitHub's public key is none", "check GITHUB_API_URL, then go on") from None
