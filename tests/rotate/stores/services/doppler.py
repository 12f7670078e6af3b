"""Doppler, as its reference describes projects, configs and secrets."""

from services.served import Refused, Service

OWN = {"DOPPLER_PROJECT": "x", "DOPPLER_CONFIG": "x", "DOPPLER_ENVIRONMENT": "x"}


class FakeDoppler(Service):
    """`configs` holds the own secrets of each config; a branch shows those of its root, too."""

    def __init__(self, token):
        super().__init__(token)
        self.configs, self.locked, self.restricted = {}, set(), set()

    # --- what its users do -----------------------------------------------------------------------

    def fill(self, place, values):
        self.configs[tuple(place.split("/"))] = dict(values)

    def values(self, place):
        return self.shown(tuple(place.split("/")))

    def shown(self, at):
        project, config = at
        return self.configs.get((project, config.partition("_")[0]), {}) | self.configs[at]

    # --- what it answers -------------------------------------------------------------------------

    def answer(self, method, path, query, body):
        match method, path:
            case "GET", "/v3/projects":
                slugs = sorted({project for project, _ in self.configs})
                return {"projects": self.paged([{"slug": slug, "name": slug} for slug in slugs], query)}
            case "GET", "/v3/configs":
                rows = [self.row(at) for at in self.configs if at[0] == query["project"]]
                return {"configs": self.paged(rows, query)}
            case "POST", "/v3/configs":
                at = (body["project"], body["name"])
                if not body["name"].startswith(body["environment"] + "_") or at in self.configs:
                    raise Refused(400)
                self.configs[at] = {}
                return {"config": self.row(at)}
            case "GET", "/v3/configs/config":
                return {"config": self.row(self.at(query))}
            case "DELETE", "/v3/configs/config":
                del self.configs[self.at(body)]
                return {"success": True}
            case "GET", "/v3/configs/config/secrets":
                shown = self.shown(self.at(query)) | OWN
                return {"secrets": {name: self.secret(name, value) for name, value in shown.items()}}
            case "POST", "/v3/configs/config/secrets":
                self.update(self.at(body), body)
                return {"secrets": {}}
            case "DELETE", "/v3/configs/config/secret":
                self.configs[self.at(query)].pop(query["name"], None)
                return None
        raise Refused(404)

    def at(self, given):
        at = (given["project"], given["config"])
        if at not in self.configs:
            raise Refused(404)
        return at

    def row(self, at):
        project, config = at
        environment, _, branch = config.partition("_")
        return {
            "name": config,
            "project": project,
            "environment": environment,
            "root": not branch,
            "locked": at in self.locked,
        }

    def secret(self, name, value):
        raw = None if name in self.restricted else value
        return {"raw": raw, "computed": raw, "note": ""}

    def update(self, at, body):
        if at in self.locked:
            raise Refused(403)
        own, shown = self.configs[at], self.shown(at)
        for row in body.get("change_requests", []):
            if shown.get(row["originalName"]) != row["originalValue"]:
                raise Refused(400)
        own |= {row["name"]: row["value"] for row in body.get("change_requests", [])}
        own |= body.get("secrets", {})
