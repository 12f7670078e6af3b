"""Vercel, as its reference describes variables of projects, and deployments."""

import itertools
import time

from services.served import Refused, Service

SENT = {"key", "target", "gitBranch", "type", "value", "customEnvironmentIds", "comment"}


class FakeVercel(Service):
    """`rows` holds the variables of each project, with their targets."""

    page = 20

    def __init__(self, token, team=""):
        super().__init__(token)
        self.rows, self.refuses, self.team, self.ids = {}, set(), team, itertools.count(1)
        self.deployments = {}
        """What each project has deployed, oldest first."""

    # --- what its users do -----------------------------------------------------------------------

    def fill(self, place, values, kind="encrypted", **more):
        project, targets, branch = self.parted(place)
        rows = self.rows.setdefault(project, [])
        rows[:] = [row for row in rows if row["key"] not in values or not self.same(row, targets, branch)]
        for key, value in values.items():
            rows.append({"id": f"env{next(self.ids)}", "key": key, "value": value, "type": kind,
                         "target": targets, "updatedAt": self.time(),
                         **({"gitBranch": branch} if branch else {}), **more})  # fmt: skip

    def values(self, place):
        project, targets, branch = self.parted(place)
        return {row["key"]: row["value"] for row in self.rows[project] if self.same(row, targets, branch)}

    def time(self):
        """In milliseconds; every write has one of its own."""
        return int(time.time() * 1000) + next(self.ids)

    def parted(self, place):
        project, _, scope = place.partition("@")
        targets, _, branch = scope.partition(":")
        return project, sorted(targets.split("+")), branch

    def same(self, row, targets, branch):
        return (sorted(row["target"]), row.get("gitBranch", "")) == (targets, branch)

    # --- what it answers -------------------------------------------------------------------------

    def answer(self, method, path, query, body):
        if query.get("teamId", "") != self.team:
            raise Refused(403)
        match method, *path.strip("/").split("/")[1:]:
            case "GET", "projects":
                names, begin = sorted(self.rows), int(query.get("from", 0))
                more = begin + self.page if begin + self.page < len(names) else None
                found = [{"id": f"prj_{name}", "name": name} for name in names[begin : begin + self.page]]
                return {"projects": found, "pagination": {"next": more}}
            case "GET", "projects", project:
                self.project(project)
                return {"id": f"prj_{project}", "name": project}
            case "GET", "projects", project, "env":
                hidden = {"value": "eyJ2IjoidjIifQ=="}
                rows = self.project(project)
                return {"envs": [row if row["type"] == "plain" else row | hidden for row in rows]}
            case "POST", "projects", project, "env":
                self.checked(body)
                if any(row["key"] == body["key"] and self.same(row, sorted(body["target"]), body.get("gitBranch", ""))
                       for row in self.project(project)):  # fmt: skip
                    raise Refused(400)
                self.project(project).append({"id": f"env{next(self.ids)}", **body})
                return {"created": {}}
            case "GET", "projects", project, "env", found:
                row = self.row(project, found)
                return row if row["type"] in {"plain", "encrypted"} else {**row, "value": None}
            case "PATCH", "projects", project, "env", found:
                row = self.row(project, found)
                row |= self.checked(body, row["key"]) | {"updatedAt": self.time()}
                return row
            case "DELETE", "projects", project, "env", found:
                self.project(project).remove(self.row(project, found))
                return {}
            case _, "deployments", *rest:
                return self.deployed(method, query, body, rest)
        raise Refused(404)

    def project(self, name):
        if name not in self.rows:
            raise Refused(404)
        return self.rows[name]

    def row(self, project, found):
        for row in self.project(project):
            if row["id"] == found:
                return row
        raise Refused(404)

    def checked(self, body, key=""):
        if set(body) - SENT or key in self.refuses or not isinstance(body.get("target", []), list):
            raise Refused(400)
        return body

    def deployed(self, method, query, body, rest):
        if method == "POST":
            made = self.deployments[body["name"]]
            if body["deploymentId"] not in {row["uid"] for row in made} or body["target"] != "production":
                raise Refused(404)
            made.append({"uid": f"dpl_{next(self.ids)}", "name": body["name"], "readyState": "BUILDING"})
            return {"id": made[-1]["uid"]}
        rows = [row for made in self.deployments.values() for row in made]
        if rest:
            return next(row for row in rows if row["uid"] == rest[0])
        ready = [row for row in self.deployments.get(query["projectId"].removeprefix("prj_"), [])
                 if row["readyState"] == query["state"]]  # fmt: skip
        return {"deployments": ready[-int(query["limit"]) :]}
