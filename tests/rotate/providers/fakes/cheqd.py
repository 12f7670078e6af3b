"""cheqd Studio's admin API (its source, v3.16). It lists keys in clear, and a dead key gets a 500."""

import hashlib

import httpx
from fakes.world import World, body, iso, moment

UNEXPECTED = "Unexpected error: While verifying API key: Error: "


class Service(World):
    """API keys of one customer."""

    rule = "cheqd.api-key"
    contracts = {"cheqd-studio-admin": "", "cheqd-studio": ""}
    undescribed = {"DELETE /admin/api-key/revoke": "the server's routes say DELETE, its description POST"}
    shape = "caas_${hex:128}"

    def id_of(self, secret, number):
        return hashlib.sha256(secret.encode()).hexdigest()

    def answer(self, request: httpx.Request) -> httpx.Response:
        secret, data = request.headers.get("x-api-key"), body(request)
        if self.by_secret(secret) is None:
            known = any(one.secret == secret for one in self.held)
            said = UNEXPECTED + ("API Key is expired" if known else "Invalid API key")
            return httpx.Response(500, json={"error": said})
        match request.method, request.url.path:
            case "GET", "/account":
                return httpx.Response(200, json={"customer": {"name": "Acme", "customerId": "c-1"}})
            case "GET", "/admin/api-key/list":
                return httpx.Response(200, json={"apiKeys": [self.row(one) for one in self.held]})
            case "POST", "/admin/api-key/create":
                made = self.make(data["name"], expires=moment(data["expiresAt"]))
                return httpx.Response(201, json=self.row(made))
            case "DELETE", "/admin/api-key/revoke":
                held = self.by_secret(data["apiKey"])
                if held is None:
                    return httpx.Response(500, json={"error": "Internal error: Error: API Key is expired"})
                held.live = False
                return httpx.Response(200, json={"apiKey": held.secret, "revoked": True})
        raise AssertionError(request)

    def row(self, one):
        return {"apiKey": one.secret, "name": one.name, "createdAt": "2026-01-01T00:00:00.000Z",
                "expiresAt": iso(one.expires), "revoked": not one.live}  # fmt: skip
