"""Linode's personal access tokens (OpenAPI description, 2025). The list comes in pages of two."""

from datetime import UTC, datetime

import httpx
from fakes.world import World, bearer, body


def failed(status, text):
    return httpx.Response(status, json={"errors": [{"reason": text}]})


class Service(World):
    """Tokens of one user, listed by their first 16 characters."""

    rule = "linode.personal-token"
    contracts = {"linode": ""}
    shape = "${hex:64}"
    rights = {"scopes": "linodes:read_only"}
    wider = {"scopes": "*"}

    def id_of(self, secret, number):
        return f"{number}"

    def answer(self, request: httpx.Request) -> httpx.Response:
        caller, path = self.by_secret(bearer(request)), request.url.path.removeprefix("/v4/profile")
        if caller is None:
            return failed(401, "Invalid Token")
        if path == "" and caller is not self.admin:
            return failed(401, "Your OAuth token is not authorized to use this endpoint.")
        match request.method, path:
            case "GET", "":
                return httpx.Response(200, json={"username": "ada", "email": "ada@acme.example"})
            case "GET", "/tokens":
                page = int(request.url.params.get("page", 1))
                rows = [self.row(one) for one in self.listed[2 * page - 2 : 2 * page]]
                pages = -(-len(self.listed) // 2)
                told = {"page": page, "pages": pages, "results": len(self.listed)}
                return httpx.Response(200, json={"data": rows, **told})
            case "POST", "/tokens":
                data = body(request)
                until = datetime.fromisoformat(data["expiry"]).replace(tzinfo=UTC)
                made = self.make(data["label"], expires=until, scopes=data["scopes"])
                return httpx.Response(200, json=self.row(made) | {"token": made.secret})
            case "DELETE", _:
                held = self.by_id(path.removeprefix("/tokens/"))
                if held is None:
                    return failed(404, "Not found")
                held.live = False
                return httpx.Response(200, json={})
        raise AssertionError(request)

    def row(self, one):
        until = f"{one.expires:%Y-%m-%dT%H:%M:%S}" if one.expires else None
        return {"id": int(one.id), "label": one.name, "token": one.secret[:16], "expiry": until,
                "created": "2025-01-02T03:04:05", "scopes": one.fields.get("scopes", "*")}  # fmt: skip
