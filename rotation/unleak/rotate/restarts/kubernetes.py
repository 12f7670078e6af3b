"""A Deployment, StatefulSet or DaemonSet of Kubernetes: all its pods are made anew, as by `kubectl rollout restart`."""

from typing import Any
from urllib.parse import quote

from unleak.core.clock import SystemClock, iso
from unleak.core.errors import RotationError, UsageError
from unleak.verify.kubernetes_client import Cluster

KINDS = ("deployment", "statefulset", "daemonset")
ANNOTATION = "kubectl.kubernetes.io/restartedAt"
LATE = "ProgressDeadlineExceeded"


class Rollout:
    """`NAMESPACE/KIND/NAME`."""

    def __init__(self, name: str, address: str) -> None:
        parts = name.split("/")
        if len(parts) != 3 or parts[1] not in KINDS or not all(parts):
            raise UsageError(
                "--restart k8s:// does not say what to restart",
                f"NAMESPACE/KIND/NAME; kinds: {', '.join(KINDS)}",
            )
        namespace, self.kind, own = parts
        self.title = f"{self.kind} {own}"
        self._path = f"/apis/apps/v1/namespaces/{quote(namespace)}/{self.kind}s/{quote(own)}"
        self._cluster = Cluster(address)

    def problem(self) -> str:
        """Whether it would be rolled out."""
        spec = self._row()["spec"]
        if spec.get("paused"):
            return "its rollouts are paused: resume them"
        if spec.get("updateStrategy", {}).get("type") == "OnDelete":
            return "its pods are replaced only when somebody deletes them (OnDelete)"
        return ""

    def note(self) -> str:
        """Nothing."""
        return ""

    def begin(self, rotation: str) -> str:
        """Note the time in the template of its pods; that time is the restart's name."""
        at = iso(SystemClock().now())
        template = {"metadata": {"annotations": {ANNOTATION: at}}}
        self._cluster.call(f"restart {self.title}", "PATCH", self._path, {"spec": {"template": template}})
        return at

    def done(self, name: str) -> bool:
        """Whether all its pods are of that template, or of a later one. RotationError if it does not get on."""
        row = self._row()
        spec, status = row["spec"], row.get("status") or {}
        if status.get("observedGeneration", 0) < row["metadata"]["generation"]:
            return False
        if any(one.get("reason") == LATE for one in status.get("conditions") or []):
            raise RotationError(
                f"the new pods of {self.title} do not start",
                "see its events; both keys still work. Put it right and resume, or undo",
            )
        if self.kind == "daemonset":
            wanted = status.get("desiredNumberScheduled", 0)
            return bool(status.get("updatedNumberScheduled", 0) >= wanted <= status.get("numberAvailable", 0))
        wanted = spec.get("replicas", 1)
        ready = status.get("availableReplicas" if self.kind == "deployment" else "readyReplicas", 0)
        old = status.get("replicas", 0) - status.get("updatedReplicas", 0)
        return bool(status.get("updatedReplicas", 0) >= wanted <= ready and old <= 0)

    def _row(self) -> Any:
        return self._cluster.call(f"look at {self.title}", "GET", self._path)
