"""A client of Vercel, which both its variables and its deployments are reached by."""

import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from unleak.core.errors import NotFound, RotationError
from unleak.verify.rest_client import PAGE, PAGES, Rest, Service

TEAM = "VERCEL_TEAM_ID"
SETTINGS = ("target", "type", "gitBranch", "customEnvironmentIds", "comment")


class Vercel:
    """One account, or one of its teams."""

    def __init__(self, address: str, team: str = "") -> None:
        self.address, self.team = address, team
        self._rest = Rest(Service("Vercel", address, "Authorization", "Bearer ", "VERCEL_TOKEN"))

    def call(
        self, what: str, method: str, path: str, query: Mapping[str, str] | None = None, body: object = None
    ) -> Any:
        """The answer's JSON, of the team if there is one."""
        return self._rest.call(what, method, path, {**(query or {}), **self._team}, body)

    def projects(self) -> Iterator[Any]:
        """All of them."""
        query = {"limit": str(PAGE)}
        for _ in range(PAGES):
            found = self.call("list the projects", "GET", "/v10/projects", query)
            yield from found["projects"]
            if not found["pagination"].get("next"):
                return
            query["from"] = str(found["pagination"]["next"])

    def variables(self, project: str) -> list[Any]:
        """The rows of a project's variables; values stand in none of them that is encrypted."""
        found = self.call(f"read the variables of {project}", "GET", f"/v10/projects/{quote(project)}/env")
        if not isinstance(found, dict) or not isinstance(found.get("envs"), list):
            raise RotationError(f"Vercel does not list the variables of {project}", "check VERCEL_API_URL")
        return list(found["envs"])

    def send(self, what: str, method: str, project: str, row: Any, body: object = None) -> None:
        """Change or delete one of them."""
        path = f"/v9/projects/{quote(project)}/env/{quote(row['id'])}"
        self.call(f"{what} {row['key']} of {project}", method, path, body=body)

    @property
    def _team(self) -> dict[str, str]:
        return {"teamId": self.team} if self.team else {}


def team() -> str:
    """The team that the environment names; empty for the token's own account."""
    return os.environ.get(TEAM, "")


def place(given: str) -> tuple[str, str]:
    """Project and targets of `PROJECT@TARGETS`. NotFound for anything else, which is not repeated."""
    project, _, scope = given.partition("@")
    if not project or not scope:
        raise NotFound("a target of vercel names no place", "such as vercel://PROJECT@production")
    return project, scope


def targets(row: Any) -> str:
    """What a row is for, in one order: `development+preview`, `preview:BRANCH`."""
    target = row.get("target") or []
    named = [target] if isinstance(target, str) else list(target)
    branch = row.get("gitBranch") or ""
    return "+".join(sorted(named + list(row.get("customEnvironmentIds") or []))) + (
        f":{branch}" if branch else ""
    )


def settings(row: Any) -> dict[str, Any]:
    """What is said again with a new value."""
    said = {key: row[key] for key in SETTINGS if row.get(key)}
    return said | ({"target": [said["target"]]} if isinstance(said.get("target"), str) else {})
