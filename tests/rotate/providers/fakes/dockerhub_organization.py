"""Docker Hub's organization access tokens (API reference, 2025-11), with the sessions of personal ones."""

import httpx
from fakes import dockerhub
from fakes.world import bearer, body, iso, moment

OWN = "/v2/orgs/acme/access-tokens"
PULL = {"type": "TYPE_REPO", "path": "acme/web", "scopes": ["scope-image-pull"]}
PUSH = {"type": "TYPE_REPO", "path": "acme/*", "scopes": ["scope-image-push"]}


class Service(dockerhub.Service):
    """Tokens of one organization, one of whose owners acts with a password. The list does not tell rights."""

    rule = "docker.organization"
    contracts = {}
    shape = "dckr_oat_${base64url:32}"
    parts = {"organization": "acme", "owner": "ada"}
    rights = {"resources": [PULL], "is_active": True}
    wider = {"resources": [PUSH]}

    def answer(self, request: httpx.Request) -> httpx.Response:
        path, data = request.url.path, body(request)
        if path == "/v2/auth/token":
            held = self.by_secret(data["secret"])
            who = "ada" if held is self.admin else "acme"
            if held is None or data["identifier"] != who or not held.fields.get("is_active", True):
                return httpx.Response(401, json=dockerhub.REFUSED)
            return httpx.Response(200, json={"access_token": f"{dockerhub.SESSION}{held.id}"})
        if self.by_id(bearer(request).removeprefix(dockerhub.SESSION)) is None:
            return httpx.Response(401, json=dockerhub.REFUSED)
        held = self.by_id(path.removeprefix(f"{OWN}/"))
        match request.method, path:
            case "GET", "/v2/orgs/acme/access-tokens":
                page = int(request.url.params.get("page", 1))
                rows = [self.row(one) for one in self.listed[2 * page - 2 : 2 * page]]
                for row in rows:
                    del row["resources"]
                more = f"https://hub.docker.com{OWN}?page={page + 1}" if len(self.listed) > 2 * page else None
                return httpx.Response(200, json={"total": len(self.listed), "next": more, "results": rows})
            case "POST", "/v2/orgs/acme/access-tokens":
                until = moment(data.get("expires_at"))
                made = self.make(data["label"], expires=until, resources=data["resources"], is_active=True)
                return httpx.Response(201, json=self.row(made) | {"token": made.secret})
            case _ if held is None:
                return httpx.Response(404, json={"message": "not found"})
            case "GET", _:
                return httpx.Response(200, json=self.row(held))
            case "PATCH", _:
                held.fields["is_active"] = data["is_active"]
                return httpx.Response(200, json=self.row(held))
            case "DELETE", _:
                held.live = False
                return httpx.Response(204)
        raise AssertionError(request)

    def row(self, one):
        return {"id": one.id, "label": one.name, "created_by": "ada", "created_at": "2025-01-02T03:04:05Z",
                "expires_at": iso(one.expires), "last_used_at": None, "resources": [], **one.fields}  # fmt: skip
