"""SendGrid's API keys (OpenAPI description, 2026-01). They do not expire, and hold their ids."""

import httpx
from fakes.world import World, bearer, body


def refused(status: int, text: str) -> httpx.Response:
    return httpx.Response(status, json={"errors": [{"field": None, "message": text}]})


class Service(World):
    """Keys of one account; the leaked one may only send mail."""

    rule = "sendgrid.api-key"
    contracts = {"sendgrid-api-keys": "", "sendgrid-scopes": ""}
    shape = "SG.${base64url:22}.${base64url:43}"
    rights = {"scopes": ["mail.send", "sender_verification_eligible"]}
    refused = ({"scopes": []},)
    wider = {"scopes": ["mail.send", "api_keys.create"]}
    until = None

    def id_of(self, secret, number):
        return secret.split(".")[1]

    def answer(self, request: httpx.Request) -> httpx.Response:
        caller, data, path = self.by_secret(bearer(request)), body(request), request.url.path
        if caller is None:
            return refused(401, "The provided authorization grant is invalid, expired, or revoked")
        if path == "/v3/scopes":
            return httpx.Response(200, json={"scopes": caller.fields.get("scopes", ["api_keys.create"])})
        if caller is not self.admin:
            return refused(403, "access forbidden")
        held = self.by_id(path.removeprefix("/v3/api_keys/"))
        match request.method, path:
            case "GET", "/v3/api_keys":
                rows = [{"api_key_id": one.id, "name": one.name} for one in self.listed]
                return httpx.Response(200, json={"result": rows})
            case "POST", "/v3/api_keys":
                made = self.make(data["name"], expires=None, scopes=data["scopes"])
                return httpx.Response(201, json={"api_key": made.secret, **self.row(made)})
            case _ if held is None:
                return refused(404, "unable to find API Key")
            case "GET", _:
                return httpx.Response(200, json={"result": [self.row(held)]})
            case "DELETE", _:
                held.live = False
                return httpx.Response(204)
        raise AssertionError(request)

    def row(self, one):
        return {"api_key_id": one.id, "name": one.name, "scopes": one.fields.get("scopes", [])}
