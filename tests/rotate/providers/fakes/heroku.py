"""Heroku's OAuth authorizations (its schema, 2026-06). It lists tokens in clear and tells seconds until they expire."""

import hashlib
from datetime import UTC, datetime, timedelta

import httpx
from fakes.world import World, bearer, body


class Service(World):
    """Authorizations of one user; the leaked one may only read. One of the list has no token."""

    rule = "heroku.token"
    contracts = {"heroku": ""}
    shape = "HRKU-AA${alnum:58}"
    rights = {"scope": ["read"]}
    wider = {"scope": ["global"]}
    refused = ({"client": {"id": "c-1", "name": "Acme CI"}}, {"scope": []})

    def id_of(self, secret, number):
        return hashlib.sha256(secret.encode()).hexdigest()

    def answer(self, request: httpx.Request) -> httpx.Response:
        caller, data = self.by_secret(bearer(request)), body(request)
        if caller is None:
            said = {"id": "unauthorized", "message": "Invalid credentials provided."}
            return httpx.Response(401, json=said)
        match request.method, request.url.path:
            case "GET", "/account":
                return httpx.Response(200, json={"email": "ada@acme.example", "id": "u-1"})
            case _ if caller is not self.admin:
                return httpx.Response(403, json={"id": "forbidden", "message": "Scope is not sufficient."})
            case "GET", "/oauth/authorizations":
                pending = self.row(self.admin) | {"access_token": None, "grant": {"id": "g-1"}}
                rows = [self.row(one) for one in self.held if one.live]
                return httpx.Response(200, json=[pending, *rows])
            case "POST", "/oauth/authorizations":
                lasts = data.get("expires_in")
                until = datetime.now(UTC) + timedelta(seconds=lasts) if lasts else None
                made = self.make(data["description"], expires=until, scope=data.get("scope", ["global"]))
                return httpx.Response(201, json=self.row(made))
            case "DELETE", path:
                name = path.removeprefix("/oauth/authorizations/")
                held = next((one for one in self.held if one.live and self.row(one)["id"] == name), None)
                if held is None:
                    return httpx.Response(404, json={"id": "not_found", "message": "Couldn't find that."})
                held.live = False
                return httpx.Response(200, json=self.row(held))
        raise AssertionError(request)

    def row(self, one):
        lasts = int((one.expires - datetime.now(UTC)).total_seconds()) if one.expires else None
        token = {"id": f"t-{one.id[:8]}", "token": one.secret, "expires_in": lasts}
        return {"id": f"a-{one.id[:8]}", "description": one.name, "created_at": "2026-01-01T00:00:00Z", "client": None,
                "access_token": token, "scope": ["global"], **one.fields}  # fmt: skip
