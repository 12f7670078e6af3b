"""The API of Kubernetes, as far as its reference describes Secrets and workloads."""

import itertools
import json
from base64 import b64decode, b64encode

from services.served import Refused, Service


class FakeKubernetes(Service):
    """`secrets` are by `NAMESPACE/NAME`, and `workloads` by what follows `/namespaces/` in their address."""

    def __init__(self, token):
        super().__init__(token)
        self.secrets, self.workloads, self.versions = {}, {}, itertools.count(1)

    # --- what its users do -----------------------------------------------------------------------

    def kubeconfig(self, path, user=None, **cluster):
        """With one context; JSON is YAML."""
        user = {"token": self.token} if user is None else user
        config = {
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": self.address, **cluster}}],
            "users": [{"name": "u", "user": user}],
        }
        path.write_text(json.dumps(config))

    def fill(self, place, values, **more):
        data = {name: b64encode(value.encode()).decode() for name, value in values.items()}
        namespace, _, name = place.partition("/")
        known = self.secrets.get(
            place, {"metadata": {"namespace": namespace, "name": name}, "type": "Opaque"}
        )
        self.secrets[place] = self.stamped(known | {"data": known.get("data", {}) | data} | more)

    def values(self, place):
        return {name: b64decode(value).decode() for name, value in self.secrets[place]["data"].items()}

    def stamped(self, row):
        return row | {"metadata": {**row["metadata"], "resourceVersion": str(next(self.versions))}}

    # --- what it answers -------------------------------------------------------------------------

    def handle(self, method, target, headers, content):
        patches = headers.get("Content-Type") == "application/merge-patch+json"
        if patches != (method == "PATCH"):
            raise Refused(415)
        return super().handle(method, target, headers, content)

    def answer(self, method, path, query, body):
        match method, *path.strip("/").split("/"):
            case "GET", "api", "v1", "secrets":
                return self.listed(query, "")
            case "GET", "api", "v1", "namespaces", namespace, "secrets":
                return self.listed(query, f"{namespace}/")
            case "POST", "api", "v1", "namespaces", namespace, "secrets":
                place = f"{namespace}/{body['metadata']['name']}"
                if place in self.secrets:
                    raise Refused(409)
                body["metadata"]["namespace"] = namespace
                self.secrets[place] = self.stamped(body)
                return self.secrets[place]
            case _, "api", "v1", "namespaces", namespace, "secrets", name:
                return self.one(method, f"{namespace}/{name}", body)
            case _, "apis", "apps", "v1", "namespaces", *rest:
                return self.workload(method, "/".join(rest), body)
        raise Refused(404)

    def listed(self, query, prefix):
        names = sorted(name for name in self.secrets if name.startswith(prefix))
        begin = int(query.get("continue", 0))
        end = begin + int(query["limit"])
        more = {"continue": str(end)} if end < len(names) else {}
        return {"metadata": more, "items": [self.secrets[name] for name in names[begin:end]]}

    def one(self, method, place, body):
        if place not in self.secrets:
            raise Refused(404)
        row = self.secrets[place]
        if method == "DELETE":
            return self.secrets.pop(place)
        if method == "PATCH":
            wanted = body.get("metadata", {}).get("resourceVersion", row["metadata"]["resourceVersion"])
            if wanted != row["metadata"]["resourceVersion"]:
                raise Refused(409)
            if row.get("immutable"):
                raise Refused(422)
            data = {name: value for name, value in (row["data"] | body["data"]).items() if value is not None}
            self.secrets[place] = self.stamped(row | {"data": data})
        return self.secrets[place]

    def workload(self, method, path, body):
        if path not in self.workloads:
            raise Refused(404)
        row = self.workloads[path]
        if method == "PATCH":
            row["metadata"]["generation"] += 1
            row["spec"]["template"] |= body["spec"]["template"]
        return row
