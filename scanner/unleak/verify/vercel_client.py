"""A client of Vercel, which both its variables and its deployments are reached by."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from unleak.verify.rest_client import PAGE, PAGES, Rest, Service

TEAM = "VERCEL_TEAM_ID"


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

    @property
    def _team(self) -> dict[str, str]:
        return {"teamId": self.team} if self.team else {}


def team() -> str:
    """The team that the environment names; empty for the token's own account."""
    return os.environ.get(TEAM, "")
