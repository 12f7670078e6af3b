"""Grafana's service account tokens (HTTP API reference, v12), on a server of one's own."""

import time
from datetime import UTC, datetime

import httpx
from fakes.world import World, bearer, body, iso

OWN = "/api/serviceaccounts/7/tokens"


class Service(World):
    """Tokens of one service account; one of another acts."""

    rule = "grafana.service-account"
    shape = "${grafana}"
    parts = {"base_url": "https://watch.acme.example", "service_account": "7", "acting_id": "none"}

    def id_of(self, secret, number):
        return f"{number}"

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["host"] == "watch.acme.example"
        caller, path = self.by_secret(bearer(request)), request.url.path
        if caller is None:
            return httpx.Response(401, json={"message": "Invalid API key", "messageId": "api-key.invalid"})
        if path == "/api/org":
            return httpx.Response(200, json={"id": 1, "name": "Acme"})
        if caller is not self.admin:
            return httpx.Response(403, json={"message": "You'll need additional permissions"})
        match request.method, path:
            case "GET", "/api/serviceaccounts/7/tokens":
                return httpx.Response(200, json=[self.row(one) for one in self.listed])
            case "POST", "/api/serviceaccounts/7/tokens":
                said = body(request)
                until = datetime.fromtimestamp(int(time.time()) + said["secondsToLive"], UTC)
                made = self.make(said["name"], expires=until)
                return httpx.Response(200, json={"id": int(made.id), "name": made.name, "key": made.secret})
            case "DELETE", _:
                held = self.by_id(path.removeprefix(f"{OWN}/"))
                if held is None:
                    return httpx.Response(404, json={"message": "service account token not found"})
                held.live = False
                return httpx.Response(200, json={"message": "API key deleted"})
        raise AssertionError(request)

    def row(self, one):
        return {"id": int(one.id), "name": one.name, "created": "2025-01-02T03:04:05Z", "lastUsedAt": None,
                "expiration": iso(one.expires), "hasExpired": False, "isRevoked": False}  # fmt: skip
