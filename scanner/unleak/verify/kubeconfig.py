"""Which cluster, and with what credentials: a kubeconfig's context, or the service account of the pod.

Programs that a kubeconfig names for credentials are run as kubectl runs them, because it is the user's own file.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unleak.core.errors import RotationError, UsageError
from unleak.core.install import need
from unleak.core.secret import Secret

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
PATIENCE = 120.0
"""Seconds that a program may take for credentials, which may ask somebody to sign in."""
NO_CLUSTER = "name a kubeconfig with a current context in KUBECONFIG"


@dataclass(frozen=True, slots=True)
class Login:
    """How a cluster is spoken to."""

    server: str
    namespace: str
    authority: bytes = b""
    """Certificates in PEM that are trusted; empty for the usual ones."""
    token: Secret | None = None
    certificate: bytes = b""
    """Of the client, in PEM."""
    key: Secret | None = None
    """Of the client's certificate."""


def server() -> str:
    """The address of the current context's cluster. UsageError if there is none."""
    if _in_cluster():
        return _pod_server()
    _, cluster, _ = _chosen("")
    return _address(cluster)


def login(address: str) -> Login:
    """For the cluster at `address`: the current context, or another one of the kubeconfig that names it."""
    if _in_cluster():
        return _pod(address)
    context, cluster, user = _chosen(address)
    token, certificate, key = _credentials(user, cluster)
    return Login(
        _address(cluster),
        str(context.get("namespace") or "default"),
        _bytes(cluster, "certificate-authority"),
        token,
        certificate,
        key,
    )


# --- a pod -----------------------------------------------------------------------------------------


def _in_cluster() -> bool:
    return not _paths() and "KUBERNETES_SERVICE_HOST" in os.environ


def _pod_server() -> str:
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"


def _pod(address: str) -> Login:
    if address != _pod_server():
        raise UsageError(
            "the rotation began in another cluster than this pod's", f"go on where {address} is known"
        )
    try:
        texts = [(ACCOUNT / name).read_bytes() for name in ("namespace", "ca.crt", "token")]
    except OSError:
        raise UsageError("this pod has no service account", "give it one, or a kubeconfig") from None
    return Login(address, texts[0].decode().strip(), texts[1], Secret(texts[2].decode().strip()))


# --- a kubeconfig ----------------------------------------------------------------------------------


def _paths() -> list[Path]:
    named = [Path(one) for one in os.environ.get("KUBECONFIG", "").split(os.pathsep) if one]
    return [path for path in named or [Path.home() / ".kube" / "config"] if path.is_file()]


def _read() -> list[dict[str, Any]]:
    yaml = need("yaml", "kubernetes")
    found = []
    for path in _paths():
        try:
            text = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError):
            raise UsageError(f"the kubeconfig {path} cannot be read", "it has to be YAML") from None
        if isinstance(text, dict):
            found.append(text | {"folder": path.parent})
    return found


def _chosen(address: str) -> tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]]:
    """Context, cluster and user: of the current context, else of the first whose cluster is at `address`."""
    files = _read()
    current = next((str(one["current-context"]) for one in files if one.get("current-context")), "")
    names = [current, *(str(row.get("name")) for one in files for row in one.get("contexts") or [])]
    for name in names if address else names[:1]:
        context = _named(files, "contexts", "context", name)
        cluster = _named(files, "clusters", "cluster", str(context.get("cluster")))
        if cluster.get("server") and address in {"", _address(cluster)}:
            return context, cluster, _named(files, "users", "user", str(context.get("user")))
    if address:
        raise UsageError(f"no context of the kubeconfig is of the cluster at {address}", NO_CLUSTER)
    raise UsageError("no cluster of Kubernetes is named", NO_CLUSTER)


def _named(files: list[dict[str, Any]], kind: str, inner: str, name: str) -> dict[str, Any]:
    for one in files:
        for row in one.get(kind) or []:
            if isinstance(row, dict) and row.get("name") == name and isinstance(row.get(inner), dict):
                return dict(row[inner]) | {"folder": one["folder"]}
    return {}


def _address(cluster: Mapping[str, Any]) -> str:
    address = str(cluster["server"]).rstrip("/")
    if cluster.get("insecure-skip-tls-verify") or not address.startswith(("https://", "http://127.0.0.1:")):
        raise UsageError(
            "the kubeconfig does not have the cluster's certificate looked at, so anybody may read along",
            "give certificate-authority-data, and an https:// address",
        )
    return address


def _bytes(row: Mapping[str, Any], name: str) -> bytes:
    """What stands in `NAME-data`, or in the file that `NAME` names."""
    from base64 import b64decode

    try:
        if row.get(f"{name}-data"):
            return b64decode(str(row[f"{name}-data"]), validate=True)
        return (Path(row["folder"]) / str(row[name])).read_bytes() if row.get(name) else b""
    except (OSError, ValueError):
        raise UsageError(f"{name} of the kubeconfig cannot be read", "make a new kubeconfig") from None


def _credentials(
    user: Mapping[str, Any], cluster: Mapping[str, Any]
) -> tuple[Secret | None, bytes, Secret | None]:
    """Token, certificate and its key."""
    if isinstance(user.get("exec"), dict):
        return _asked(user["exec"], user, cluster)
    token = (
        str(user.get("token") or "")
        or _bytes({**user, "token": user.get("tokenFile")}, "token").decode().strip()
    )
    certificate, key = _bytes(user, "client-certificate"), _bytes(user, "client-key")
    if not token and not (certificate and key):
        raise UsageError(
            "the kubeconfig has no credentials that can be used",
            "a token, a certificate with its key, or an exec plugin",
        )
    return (Secret(token) if token else None), certificate, (Secret(key.decode()) if key else None)


def _asked(
    said: Mapping[str, Any], user: Mapping[str, Any], cluster: Mapping[str, Any]
) -> tuple[Secret | None, bytes, Secret | None]:
    """What the program of an exec plugin gives out."""
    command = str(said.get("command"))
    # a path is meant from where the kubeconfig is, a bare name is looked for
    found = shutil.which(str(Path(user["folder"]) / command) if "/" in command else command)
    if not found:
        raise UsageError("the program that the kubeconfig names for credentials is not there", "install it")
    more = {str(row["name"]): str(row["value"]) for row in said.get("env") or []}
    spec: dict[str, Any] = {"interactive": False}
    if said.get("provideClusterInfo"):
        spec["cluster"] = {"server": cluster["server"],
                           "certificate-authority-data": cluster.get("certificate-authority-data", "")}  # fmt: skip
    info = json.dumps({"apiVersion": said.get("apiVersion"), "kind": "ExecCredential", "spec": spec})
    try:
        ended = subprocess.run(
            [found, *map(str, said.get("args") or [])],
            env={**os.environ, **more, "KUBERNETES_EXEC_INFO": info},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=True,
        )
        status = json.loads(ended.stdout)["status"]
        token, key = status.get("token"), status.get("clientKeyData")
        certificate = str(status.get("clientCertificateData") or "").encode()
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, AttributeError, TypeError):
        raise RotationError(
            "the program that the kubeconfig names gave no credentials", "see that kubectl gets on with it"
        ) from None
    return (Secret(str(token)) if token else None), certificate, (Secret(str(key)) if key else None)
