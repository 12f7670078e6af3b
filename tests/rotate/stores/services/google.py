"""Google Secret Manager, as its reference describes secrets, versions and aliases."""

from base64 import b64decode, b64encode
from urllib.parse import unquote

from services.served import Refused, Service

REPLICATION = {"userManaged": {"replicas": [{"location": "europe-west1"}]}}


class FakeGoogle(Service):
    """`secrets` are by project and name."""

    page = 20

    def __init__(self, token):
        super().__init__(token)
        self.secrets, self.stopped = {}, set()

    # --- what its users do -----------------------------------------------------------------------

    def fill(self, name, text, **more):
        at = tuple(name.split("/"))
        row = self.secrets.setdefault(at, {"replication": REPLICATION, "versions": [], "etag": 0})
        row["versions"].append(text)
        row |= more

    def text(self, name):
        return self.secrets[tuple(name.split("/"))]["versions"][-1]

    # --- what it answers -------------------------------------------------------------------------

    def answer(self, method, path, query, body):
        _, _, project, _, *rest = [unquote(part) for part in path.strip("/").split("/")]
        match method, rest:
            case "GET", []:
                names = sorted(name for at, name in self.secrets if at == project)
                names = [name for name in names if query.get("filter", "name:").removeprefix("name:") in name]
                begin = int(query.get("pageToken", 0))
                end = begin + min(int(query["pageSize"]), self.page)
                more = {"nextPageToken": str(end)} if end < len(names) else {}
                return {"secrets": [self.shown(project, name) for name in names[begin:end]], **more}
            case "POST", []:
                if (project, query["secretId"]) in self.secrets:
                    raise Refused(409)
                self.secrets[project, query["secretId"]] = {**body, "versions": [], "etag": 0}
                return self.shown(project, query["secretId"])
            case "POST", [name] if name.endswith(":addVersion"):
                row = self.row(project, name.partition(":")[0])
                row["versions"].append(b64decode(body["payload"]["data"]).decode())
                return self.version(project, name.partition(":")[0], len(row["versions"]))
            case "GET", [name]:
                return self.shown(project, name) if self.row(project, name) else None
            case "PATCH", [name]:
                row = self.row(project, name)
                if body["etag"] != f'"{row["etag"]}"':
                    raise Refused(409)
                row |= {"versionAliases": body["versionAliases"], "etag": row["etag"] + 1}
                return self.shown(project, name)
            case "DELETE", [name]:
                self.row(project, name)
                del self.secrets[project, name]
                return {}
            case "GET", [name, "versions"]:
                numbers = range(len(self.row(project, name)["versions"]), 0, -1)
                return {"versions": [self.version(project, name, number) for number in numbers]}
            case "GET", [name, "versions", which]:
                return self.accessed(project, name, which.removesuffix(":access"))
        raise Refused(404)

    def row(self, project, name):
        if (project, name) not in self.secrets:
            raise Refused(404)
        return self.secrets[project, name]

    def shown(self, project, name):
        row = self.row(project, name)
        more = {key: row[key] for key in ("replication", "annotations", "versionAliases") if key in row}
        return {"name": f"projects/4711/secrets/{name}", "etag": f'"{row["etag"]}"', **more}

    def version(self, project, name, number):
        return {"name": f"projects/4711/secrets/{name}/versions/{number}", "state": "ENABLED"}

    def accessed(self, project, name, which):
        texts = self.row(project, name)["versions"]
        number = len(texts) if which == "latest" else int(which)
        if not 0 < number <= len(texts):
            raise Refused(404)
        if (project, name) in self.stopped:
            raise Refused(400)
        data = b64encode(texts[number - 1].encode()).decode()
        return {**self.version(project, name, number), "payload": {"data": data}}
