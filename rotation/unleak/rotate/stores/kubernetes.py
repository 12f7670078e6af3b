"""Secrets of Kubernetes. A place is `NAMESPACE/NAME`, and the fields of its data are variables.

Texts wait in a Secret of their own in the same namespace, which no pod mounts. The version of a Secret is sent with
every write, so that the server itself refuses one that comes after somebody else's.
"""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlencode

from unleak.core.errors import AccessDenied, Conflict, NotFound
from unleak.core.secret import Secret
from unleak.rotate.beside import PLACE, moved
from unleak.rotate.variables import Values, Variables, split
from unleak.verify.kubernetes_client import Cluster

PAGE = 20
"""Secrets that are read at once; one may be as large as a megabyte."""
PASSED = "type!=kubernetes.io/service-account-token,type!=helm.sh/release.v1"
"""Secrets that no person writes."""
MOUNTED = (
    "containers that get it as environment variables keep the old key until they are restarted (--restart "
    "k8s://NAMESPACE/deployment/NAME); mounted files follow within a minute or two, except by subPath"
)


class KubernetesSecrets(Variables):
    """The Secrets of one cluster."""

    scheme = "k8s"

    def __init__(self, address: str) -> None:
        self.address = address
        self._cluster = Cluster(address)

    # --- reading ---------------------------------------------------------------------------------

    def places(self) -> Iterator[tuple[str, Values | None]]:
        """Of the whole cluster, or where that is denied, of the context's namespace."""
        try:
            yield from self._listed("/api/v1/secrets")
        except AccessDenied:
            yield from self._listed(f"/api/v1/namespaces/{quote(self._cluster.namespace)}/secrets")

    def variables(self, place: str) -> Values:
        """None for a value that is no text."""
        return _values(self._get(place))

    def kept(self, name: str) -> Mapping[str, Secret]:
        """What the Secret of our own holds."""
        with suppress(NotFound):
            found = self._get(_beside(split(name)[0]))
            return {key: value for key, value in _values(found).items() if value}
        return {}

    def problem(self, name: str) -> str:
        """What would be refused later."""
        immutable = self._get(split(name)[0]).get("immutable")
        return (
            "it is immutable: make a new Secret of another name, and have its pods use that"
            if immutable
            else ""
        )

    def note(self, name: str) -> str:
        """Who else writes it."""
        owners = self._get(split(name)[0])["metadata"].get("ownerReferences") or []
        made = ", ".join(f"{row['kind']} {row['name']}" for row in owners)
        return (
            f"{MOUNTED}. It is made by {made}, which may write the old key back: change it there, too"
            if made
            else MOUNTED
        )

    # --- writing ---------------------------------------------------------------------------------

    def change(self, place: str, before: Mapping[str, Secret], after: Mapping[str, Secret]) -> None:
        """In one call, of the very version that still has the values from before."""
        found = self._get(place)
        now = _values(found)
        if any(now.get(name) != value for name, value in before.items()):
            raise moved(f"{self.scheme}://{place}")
        version = {"resourceVersion": found["metadata"]["resourceVersion"]}
        try:
            self._send("write", "PATCH", place, {"metadata": version, "data": _data(after)})
        except Conflict:
            raise moved(f"{self.scheme}://{place}") from None

    def keep(self, name: str, version: str, text: Secret) -> None:
        """In the Secret of our own, which is made if need be."""
        beside, data = _beside(split(name)[0]), _data({version: text})
        with suppress(NotFound):
            self._send("keep a text in", "PATCH", beside, {"data": data})
            return
        namespace, own = _where(beside)
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "Opaque",
            "metadata": {"name": own, "labels": {"app.kubernetes.io/managed-by": "unleak"}},
            "data": data,
        }
        path = f"/api/v1/namespaces/{quote(namespace)}/secrets"
        self._cluster.call(f"keep a text of {name}", "POST", path, body)

    def drop(self, name: str, version: str) -> None:
        """Out of it, and the Secret with the last one."""
        beside, kept = _beside(split(name)[0]), self.kept(name)
        with suppress(NotFound):
            if kept.keys() <= {version}:
                self._send("remove", "DELETE", beside)
            elif version in kept:
                self._send("remove a text of", "PATCH", beside, {"data": {version: None}})

    # --- inside ----------------------------------------------------------------------------------

    def _listed(self, path: str) -> Iterator[tuple[str, Values | None]]:
        query = {"limit": str(PAGE), "fieldSelector": PASSED}
        while True:
            found = self._cluster.call("list the Secrets", "GET", f"{path}?{urlencode(query)}")
            for row in found["items"]:
                if not row["metadata"]["name"].startswith(f"{PLACE}-"):
                    yield f"{row['metadata']['namespace']}/{row['metadata']['name']}", _values(row)
            if not found["metadata"].get("continue"):
                return
            query["continue"] = found["metadata"]["continue"]

    def _get(self, place: str) -> Any:
        return self._send("read", "GET", place)

    def _send(self, what: str, method: str, place: str, body: object = None) -> Any:
        namespace, name = _where(place)
        path = f"/api/v1/namespaces/{quote(namespace)}/secrets/{quote(name)}"
        return self._cluster.call(f"{what} Secret {place}", method, path, body)


def _where(place: str) -> tuple[str, str]:
    namespace, _, name = place.partition("/")
    if not namespace or not name or "/" in name:
        raise NotFound("a target of k8s names no Secret", "such as k8s://NAMESPACE/NAME")
    return namespace, name


def _beside(place: str) -> str:
    namespace, name = _where(place)
    return f"{namespace}/{PLACE}-{hashlib.sha256(name.encode()).hexdigest()[:20]}"


def _values(found: Any) -> Values:
    values: dict[str, Secret | None] = {}
    for name, coded in (found.get("data") or {}).items():
        try:
            values[name] = Secret(b64decode(coded).decode())
        except ValueError:  # a key store, perhaps
            values[name] = None
    return values


def _data(values: Mapping[str, Secret]) -> dict[str, str]:
    return {name: b64encode(value.reveal().encode()).decode() for name, value in values.items()}
