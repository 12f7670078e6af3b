"""GitLab, as its reference describes the CI/CD variables of projects."""

from urllib.parse import unquote

from services.served import Refused, Service

PLAIN = {"variable_type": "env_var", "protected": False, "masked": False, "hidden": False, "raw": False}


class FakeGitlab(Service):
    """`rows` holds the variables of each project."""

    header, before = "PRIVATE-TOKEN", ""

    def __init__(self, token):
        super().__init__(token)
        self.rows, self.scopes, self.refuses = {}, ["api"], set()
        """`refuses` names variables whose new value is not taken."""

    # --- what its users do -----------------------------------------------------------------------

    def fill(self, place, values, **settings):
        project, _, scope = place.partition("@")
        scope = scope or "*"
        others = [row for row in self.rows.get(project, []) if row["environment_scope"] != scope]
        more = {**PLAIN, **settings, "environment_scope": scope, "description": None}
        self.rows[project] = others + [{"key": key, "value": value, **more} for key, value in values.items()]

    def values(self, place):
        project, _, scope = place.partition("@")
        return {
            row["key"]: row["value"]
            for row in self.rows[project]
            if row["environment_scope"] == (scope or "*")
        }

    # --- what it answers -------------------------------------------------------------------------

    def answer(self, method, path, query, body):
        match method, *path.removeprefix("/api/v4/").split("/"):
            case "GET", "personal_access_tokens", "self":
                return {"scopes": self.scopes}
            case "GET", "projects":
                return self.paged([{"path_with_namespace": name} for name in sorted(self.rows)], query)
            case "GET", "projects", project, "variables":
                rows = self.project(project)
                return self.paged([row | {"value": None} if row["hidden"] else row for row in rows], query)
            case "POST", "projects", project, "variables":
                rows = self.project(project)
                if any(self.same(row, body["key"], body["environment_scope"]) for row in rows):
                    raise Refused(400)
                rows.append(self.checked({**PLAIN, **body}))
                return rows[-1]
            case "PUT", "projects", project, "variables", key:
                row = self.row(project, key, query)
                row |= self.checked({**row, **body})
                return row
            case "DELETE", "projects", project, "variables", key:
                self.project(project).remove(self.row(project, key, query))
                return None
        raise Refused(404)

    def project(self, given):
        if unquote(given) not in self.rows:
            raise Refused(404)
        return self.rows[unquote(given)]

    def row(self, project, key, query):
        scope = query["filter[environment_scope]"]
        for row in self.project(project):
            if self.same(row, unquote(key), scope):
                return row
        raise Refused(404)

    def same(self, row, key, scope):
        return (row["key"], row["environment_scope"]) == (key, scope)

    def checked(self, row):
        value = row["value"]
        if row["key"] in self.refuses or (row["masked"] and (len(value) < 8 or any(map(str.isspace, value)))):
            raise Refused(400)
        return row
