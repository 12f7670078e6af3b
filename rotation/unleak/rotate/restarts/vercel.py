"""A project of Vercel: its production deployment is made anew, with the variables of now."""

from typing import Any

from unleak.core.errors import RotationError
from unleak.verify.vercel_client import Vercel

FAILED = {"ERROR", "CANCELED", "DELETED"}


class Redeploy:
    """The newest production deployment of one project."""

    def __init__(self, project: str, address: str, team: str = "") -> None:
        self.project, self._vercel = project, Vercel(address, team)

    def problem(self) -> str:
        """Whether there is one."""
        return (
            ""
            if self._newest()
            else f"project {self.project} has no production deployment that could be made anew"
        )

    def note(self) -> str:
        """What is not deployed."""
        return (
            "its production deployment alone is made anew, from the same source; previews keep what they have"
        )

    def begin(self, rotation: str) -> str:
        """Deploy the same again; the new deployment's id."""
        row = self._newest()
        if row is None:
            raise RotationError(
                f"project {self.project} has no production deployment", "deploy it, then go on"
            )
        body = {"name": row["name"], "deploymentId": row["uid"], "target": "production"}
        made = self._vercel.call(
            f"deploy {self.project} anew", "POST", "/v13/deployments", {"forceNew": "1"}, body
        )
        return str(made["id"])

    def done(self, name: str) -> bool:
        """Whether it serves production. RotationError if it failed."""
        row = self._vercel.call(
            f"look at the deployment of {self.project}", "GET", f"/v13/deployments/{name}"
        )
        if row.get("readyState") in FAILED:
            raise RotationError(
                f"the new deployment of {self.project} failed",
                "see its log; both keys still work. Deploy again and resume, or undo",
            )
        return bool(row.get("readyState") == "READY" and row.get("readySubstate", "PROMOTED") == "PROMOTED")

    def _newest(self) -> Any:
        project = self._vercel.call(f"look at project {self.project}", "GET", f"/v9/projects/{self.project}")
        query = {"projectId": str(project["id"]), "target": "production", "state": "READY", "limit": "1"}
        found = self._vercel.call(f"look for deployments of {self.project}", "GET", "/v6/deployments", query)
        return next(iter(found["deployments"]), None)
