"""Client secrets of an application of Microsoft Entra (Microsoft Graph v1.0 and the token endpoint)."""

from urllib.parse import parse_qs

import httpx
from fakes.world import NOW, World, bearer, body, iso, moment

TENANT, CLIENT, OBJECT = "7" * 8 + "-0000-4000-8000-" + "7" * 12, "c1", "0b1ec700-0000-4000-8000-000000000001"
TOKENS = f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"
GRAPH = "https://graph.microsoft.com/v1.0/applications"
WRONG = (
    "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the value."
)


class Service(World):
    """Secrets of one application, of which Graph tells the first three characters."""

    rule = "azure.entra-client-secret"
    contracts = {"msgraph-applications": "/v1.0"}
    undescribed = {
        f"POST /{TENANT}/oauth2/v2.0/token": "of another service's description, which is not among them",
        f"GET /v1.0/applications(appId='{CLIENT}')": "documented; the description has the object's id alone",
        f"POST /v1.0/applications/{OBJECT}/addPassword": "so documented; there with its namespace",
        f"POST /v1.0/applications/{OBJECT}/removePassword": "so documented; there with its namespace",
    }
    shape = "${alnum:3}8Q~${alnum:34}"
    admin_shape = "eyJ${alnum:40}"
    parts = {"tenant_id": TENANT, "client_id": CLIENT}

    def id_of(self, secret, number):
        return f"{number:08x}-0000-4000-8000-00000000000a"

    def answer(self, request: httpx.Request) -> httpx.Response:
        address, data = f"https://{request.headers['host']}{request.url.path}", body(request)
        if address == TOKENS:
            sent = {name: value for name, (value,) in parse_qs(request.content.decode()).items()}
            assert (sent["client_id"], sent["grant_type"]) == (CLIENT, "client_credentials")
            if self.by_secret(sent["client_secret"]) in (None, self.admin):
                said = {"error": "invalid_client", "error_description": WRONG, "error_codes": [7000215]}
                return httpx.Response(401, json=said)
            return httpx.Response(
                200, json={"token_type": "Bearer", "expires_in": 3599, "access_token": "eyJ0"}
            )
        if self.by_secret(bearer(request)) is not self.admin:
            said = {"error": {"code": "InvalidAuthenticationToken", "message": "Access token is empty."}}
            return httpx.Response(401, json=said)
        match request.method, address.removeprefix(GRAPH):
            case "GET", "(appId='c1')":
                return httpx.Response(200, json={"id": OBJECT})
            case "GET", path if path == f"/{OBJECT}":
                return httpx.Response(
                    200, json={"passwordCredentials": [self.row(one) for one in self.listed]}
                )
            case "POST", path if path == f"/{OBJECT}/addPassword":
                said = data["passwordCredential"]
                made = self.make(said["displayName"], expires=moment(said["endDateTime"]))
                return httpx.Response(200, json=self.row(made) | {"secretText": made.secret})
            case "POST", path if path == f"/{OBJECT}/removePassword":
                held = self.by_id(data["keyId"])
                if held is None:
                    return httpx.Response(400, json={"error": {"code": "Request_BadRequest"}})
                held.live = False
                return httpx.Response(204)
        raise AssertionError(request)

    def row(self, one):
        return {"keyId": one.id, "displayName": one.name, "hint": one.secret[:3], "startDateTime": iso(NOW),
                "endDateTime": iso(one.expires), "secretText": None, "customKeyIdentifier": None}  # fmt: skip
