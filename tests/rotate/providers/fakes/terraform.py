"""HCP Terraform's user tokens (API reference, 2025). The acting token stands in the list, too, in pages of two."""

import httpx
from fakes.world import World, bearer, body, iso, moment

HEADERS = {"content-type": "application/vnd.api+json"}
UNKNOWN = {"errors": [{"status": "404", "title": "not found"}]}


class Service(World):
    """Tokens of one user."""

    rule = "hashicorp.terraform"
    contracts = {"terraform-cloud": "/api/v2"}
    shape = "${alnum:14}.atlasv1.${alnum:67}"
    parts = {"acting_id": "id-0001-hashicorp.terraform"}
    listed_itself = True

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.by_secret(bearer(request)) is None:
            return httpx.Response(401, json={"errors": [{"status": "401", "title": "unauthorized"}]})
        path = request.url.path.removeprefix("/api/v2")
        match request.method, path:
            case "GET", "/account/details":
                attributes = {"username": "ada", "is-service-account": False}
                user = {"id": "user-V3R563qtJNcExAkN", "type": "users", "attributes": attributes}
                return httpx.Response(200, json={"data": user}, headers=HEADERS)
            case "GET", "/users/user-V3R563qtJNcExAkN/authentication-tokens":
                page = int(request.url.params.get("page[number]", 1))
                rows = [self.row(one) for one in self.listed[2 * page - 2 : 2 * page]]
                more = page + 1 if len(self.listed) > 2 * page else None
                pages = {"pagination": {"current-page": page, "next-page": more}}
                return httpx.Response(200, json={"data": rows, "meta": pages}, headers=HEADERS)
            case "POST", "/users/user-V3R563qtJNcExAkN/authentication-tokens":
                said = body(request)["data"]["attributes"]
                made = self.make(said["description"], expires=moment(said.get("expired-at")))
                row = self.row(made)
                row["attributes"]["token"] = made.secret
                return httpx.Response(201, json={"data": row}, headers=HEADERS)
            case "DELETE", _:
                held = self.by_id(path.removeprefix("/authentication-tokens/"))
                if held is None:
                    return httpx.Response(404, json=UNKNOWN)
                held.live = False
                return httpx.Response(204)
        raise AssertionError(request)

    def row(self, one):
        attributes = {"created-at": "2025-01-02T03:04:05.000Z", "last-used-at": None, "description": one.name,
                      "token": None, "expired-at": iso(one.expires)}  # fmt: skip
        return {"id": one.id, "type": "authentication-tokens", "attributes": attributes}
