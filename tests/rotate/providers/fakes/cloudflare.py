"""Cloudflare's user API tokens (OpenAPI description, 2024-08). The list comes in pages of two."""

import httpx
from fakes.world import World, bearer, body, iso, moment

POLICY = {
    "effect": "allow",
    "resources": {"com.cloudflare.api.account.zone.eb78d65290b24279ba6f44721b3ea3c4": "*"},
    "permission_groups": [{"id": "c8fed203ed3043cba015a93ad1616f1f"}],
}


def failed(status: int, code: int, text: str) -> httpx.Response:
    errors = [{"code": code, "message": text}]
    return httpx.Response(status, json={"success": False, "errors": errors, "messages": [], "result": None})


def done(result: object, **more: object) -> httpx.Response:
    said = {"success": True, "errors": [], "messages": [], "result": result, **more}
    return httpx.Response(200, json=said)


class Service(World):
    """Tokens of one user, of which the leaked one may read one zone from one network."""

    rule = "cloudflare.user-token"
    contracts = {"cloudflare": "/client/v4"}
    undescribed = {
        "DELETE /client/v4/user/tokens/id-0002-cloudflare.user-token": "the description wants a body, of no form; the "
        "reference's example sends none"
    }
    shape = "cfut_${alnum:40}${hex:8}"
    rights = {"policies": [POLICY], "condition": {"request.ip": {"in": ["198.51.100.0/24"]}}}
    wider = {"condition": None}

    def __init__(self) -> None:
        super().__init__()
        for name in ("one", "another", "a third"):
            self.make(name, policies=[POLICY])

    def answer(self, request: httpx.Request) -> httpx.Response:
        caller, path = (
            self.by_secret(bearer(request)),
            request.url.path.removeprefix("/client/v4/user/tokens"),
        )
        if caller is None:
            return failed(401, 1000, "Invalid API Token")
        if path == "/verify":
            status = caller.fields.get("status", "active")
            return done({"id": caller.id, "status": status, "expires_on": iso(caller.expires)})
        if caller is not self.admin:
            return failed(403, 9109, "Unauthorized to access requested resource")
        held = self.by_id(path[1:])
        match request.method, path:
            case "GET", "":
                page = int(request.url.params.get("page", 1))
                rows = [self.row(one) for one in self.listed[2 * page - 2 : 2 * page]]
                told = {"page": page, "per_page": 2, "count": len(rows), "total_count": len(self.listed)}
                return done(rows, result_info=told)
            case "POST", "":
                made = self.make(body(request)["name"])
                return done(self.row(self.changed(made, body(request))) | {"value": made.secret})
            case _ if held is None:
                return failed(404, 1003, "Token not found")
            case "GET", _:
                return done(self.row(held))
            case "PUT", _:
                return done(self.row(self.changed(held, body(request))))
            case "DELETE", _:
                held.live = False
                return done({"id": held.id})
        raise AssertionError(request)

    def changed(self, one, data):
        """Every field is replaced; what is not sent is gone."""
        one.name, one.expires = data.pop("name"), moment(data.pop("expires_on", None))
        one.fields = {name: value for name, value in data.items() if (name, value) != ("status", "active")}
        return one

    def row(self, one):
        """As documented, with what only the server says of policies."""
        policies = [
            {"id": f"policy-{number}", **policy, "permission_groups": [{"name": "Zone Read", **group}]}
            for number, policy in enumerate(one.fields.get("policies", []))
            for group in policy["permission_groups"]
        ]
        return {"status": "active", "issued_on": iso(one.expires), **one.fields, "id": one.id, "name": one.name,
                "expires_on": iso(one.expires), "policies": policies}  # fmt: skip
