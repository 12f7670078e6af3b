"""Databricks' personal access tokens (Token API 2.0). The acting token stands in the list, too."""

import time
from datetime import UTC, datetime

import httpx
from fakes.world import World, bearer, body


def failed(status, code):
    return httpx.Response(status, json={"error_code": code, "message": f"Answered as documented: {code}"})


class Service(World):
    """Tokens of one user of one workspace."""

    rule = "databricks.token"
    shape = "dapi${hex:32}"
    parts = {"workspace": "acme.cloud.databricks.com", "acting_id": "id-0001-databricks.token"}
    listed_itself = True

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["host"] == self.parts["workspace"]
        if self.by_secret(bearer(request)) is None:
            return failed(403, "Invalid access token.")
        data = body(request)
        match request.method, request.url.path:
            case "GET", "/api/2.0/preview/scim/v2/Me":
                return httpx.Response(200, json={"userName": "ada@acme.example", "id": "7"})
            case "GET", "/api/2.0/token/list":
                return httpx.Response(200, json={"token_infos": [self.row(one) for one in self.listed]})
            case "POST", "/api/2.0/token/create":
                until = data.get("lifetime_seconds")
                expires = datetime.fromtimestamp(int(time.time()) + until, UTC) if until else None
                made = self.make(data["comment"], expires=expires)
                return httpx.Response(200, json={"token_value": made.secret, "token_info": self.row(made)})
            case "POST", "/api/2.0/token/delete":
                held = self.by_id(data["token_id"])
                if held is None:
                    return failed(404, "RESOURCE_DOES_NOT_EXIST")
                held.live = False
                return httpx.Response(200, json={})
        raise AssertionError(request)

    def row(self, one):
        until = int(one.expires.timestamp() * 1000) if one.expires else -1
        made = 1_700_000_000_000
        return {"token_id": one.id, "creation_time": made, "expiry_time": until, "comment": one.name}
