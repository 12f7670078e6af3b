"""Datadog's API keys (OpenAPI description of v2, 2025), at a site in Europe. Asked about one, it shows the key."""

import httpx
from fakes.world import World, bearer, body


class Service(World):
    """Keys of one organization; an access token acts. A key is checked with itself alone."""

    rule = "datadog.api-key"
    contracts = {"datadog-v2": "", "datadog-v1": ""}
    described_by = {"dd-api-key": "1", "dd-application-key": "2"}  # access tokens came later
    shape = "${hex:32}"
    admin_shape = "ddpat_${alnum:40}"
    parts = {"site": "datadoghq.eu"}
    until = None
    rights = {"remote_config_read_enabled": False}
    wider = {"remote_config_read_enabled": True}
    shows = True
    """Whether keys are shown."""

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["host"] == "api.datadoghq.eu"
        path = request.url.path
        if path == "/api/v1/validate":
            if self.by_secret(request.headers.get("dd-api-key")) is None:
                return httpx.Response(403, json={"errors": ["Forbidden"]})
            return httpx.Response(200, json={"valid": True})
        if self.by_secret(bearer(request)) is not self.admin or not self.admin.live:
            return httpx.Response(403, json={"errors": ["Forbidden"]})
        held = self.by_id(path.removeprefix("/api/v2/api_keys/"))
        match request.method, path:
            case "GET", "/api/v2/api_keys":
                page = int(request.url.params.get("page[number]", 0))
                rows = [self.row(one) for one in self.listed[100 * page : 100 * page + 100]]
                return httpx.Response(200, json={"data": rows})
            case "POST", "/api/v2/api_keys":
                said = body(request)["data"]["attributes"]
                made = self.make(said.pop("name"), expires=None, **said)
                return httpx.Response(201, json={"data": self.row(made, key=made.secret)})
            case _ if held is None:
                return httpx.Response(404, json={"errors": ["Not Found"]})
            case "GET", _:
                return httpx.Response(
                    200, json={"data": self.row(held, **({"key": held.secret} if self.shows else {}))}
                )
            case "DELETE", _:
                held.live = False
                return httpx.Response(204)
        raise AssertionError(request)

    def row(self, one, **more):
        attributes = {"name": one.name, "created_at": "2025-01-02T03:04:05.000Z", "last4": one.secret[-4:],
                      **one.fields, **more}  # fmt: skip
        return {"id": one.id, "type": "api_keys", "attributes": attributes}
