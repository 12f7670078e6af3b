"""Doppler's service tokens (API reference, 2025-05)."""

import httpx
from fakes.world import World, bearer, body, iso, moment

REFUSED = {"messages": ["Invalid Auth token"], "success": False}


class Service(World):
    """Service tokens of config prd in project web."""

    rule = "doppler.service"
    contracts = {"doppler": ""}
    undescribed = {"GET /v3/configs/config/secret": "documented; the description holds a part of the API"}
    shape = "dp.st.prd.${alnum:43}"
    admin_shape = "dp.pt.${alnum:43}"
    rights = {"access": "read/write"}
    narrowed = {"access": "read"}

    def answer(self, request: httpx.Request) -> httpx.Response:
        caller, data, query = self.by_secret(bearer(request)), body(request), request.url.params
        if caller is None:
            return httpx.Response(401, json=REFUSED)
        where = data or dict(query)
        match request.method, request.url.path:
            case "GET", "/v3/me":
                row = {"slug": caller.id, "name": caller.name, "type": "service", "created_at": iso(caller.expires),
                       "workplace": {"slug": "1f", "name": "Acme"}}  # fmt: skip
                return httpx.Response(200, json=row)
            case "GET", "/v3/configs/config/secret":
                value = {"DOPPLER_PROJECT": "web", "DOPPLER_CONFIG": "prd"}[query["name"]]
                if caller is self.admin:
                    return httpx.Response(400, json={"messages": ["Must provide project"], "success": False})
                return httpx.Response(
                    200, json={"name": query["name"], "value": {"raw": value, "computed": value}}
                )
            case _ if caller is not self.admin:
                return httpx.Response(
                    403, json={"messages": ["This token does not have access"], "success": False}
                )
            case _ if (where.get("project"), where.get("config")) != ("web", "prd"):
                return httpx.Response(
                    404, json={"messages": ["Could not find requested project"], "success": False}
                )
            case "GET", "/v3/configs/config/tokens":
                return httpx.Response(200, json={"tokens": [self.row(one) for one in self.listed]})
            case "POST", "/v3/configs/config/tokens":
                until = moment(data.get("expire_at"))
                made = self.make(data["name"], expires=until, access=data.get("access", "read"))
                return httpx.Response(
                    200, json={"token": self.row(made) | {"key": made.secret, **made.fields}}
                )
            case "DELETE", "/v3/configs/config/tokens/token":
                if held := self.by_id(data["slug"]):
                    held.live = False
                    return httpx.Response(200, json={"success": True})
                return httpx.Response(
                    404, json={"messages": ["Could not find requested token"], "success": False}
                )
        raise AssertionError(request)

    def row(self, one):
        return {"name": one.name, "slug": one.id, "created_at": iso(one.expires), "config": "prd",
                "environment": "prd", "project": "web", "expires_at": iso(one.expires)}  # fmt: skip
