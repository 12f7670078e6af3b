"""Docker Hub's personal access tokens (OpenAPI description, 2025-04). The list comes in pages of two."""

from uuid import UUID

import httpx
from fakes.world import World, bearer, body, iso, moment

REFUSED = {"detail": "Incorrect authentication credentials"}
SESSION = "session of "


class Service(World):
    """Tokens of one account, whose password acts. A token that signs in gets a session, as a password does."""

    rule = "docker.personal"
    contracts = {"dockerhub": ""}
    shape = "dckr_pat_${base64url:27}"
    admin_shape = "${alnum:20}"
    parts = {"username": "ada", "acting_id": "none"}
    rights = {"scopes": ["repo:read"], "is_active": True}
    wider = {"scopes": ["repo:admin"]}

    def id_of(self, secret, number):
        return str(UUID(int=number))

    def answer(self, request: httpx.Request) -> httpx.Response:
        path, data = request.url.path, body(request)
        if path == "/v2/auth/token":
            held = self.by_secret(data["secret"])
            if data["identifier"] != "ada" or held is None or not held.fields.get("is_active", True):
                return httpx.Response(401, json=REFUSED)
            return httpx.Response(200, json={"access_token": f"{SESSION}{held.id}"})
        caller = self.by_id(bearer(request).removeprefix(SESSION))
        if caller is None:
            return httpx.Response(401, json=REFUSED)
        held = self.by_id(path.removeprefix("/v2/access-tokens/"))
        match request.method, path:
            case "GET", "/v2/access-tokens":
                page = int(request.url.params.get("page", 1))
                rows = [self.row(one) for one in self.listed[2 * page - 2 : 2 * page]]
                more = (
                    f"https://hub.docker.com{path}?page={page + 1}" if len(self.listed) > 2 * page else None
                )
                count = len(self.listed)
                return httpx.Response(
                    200, json={"count": count, "next": more, "previous": None, "results": rows}
                )
            case "POST", "/v2/access-tokens":
                until = moment(data.get("expires_at"))
                made = self.make(data["token_label"], expires=until, scopes=data["scopes"], is_active=True)
                return httpx.Response(201, json=self.row(made) | {"token": made.secret})
            case _ if held is None:
                return httpx.Response(404, json={"message": "not found"})
            case "GET", _:
                return httpx.Response(200, json=self.row(held))
            case "PATCH", _:
                held.fields["is_active"] = data["is_active"]
                return httpx.Response(200, json=self.row(held))
            case "DELETE", _:
                held.live = False
                return httpx.Response(204)
        raise AssertionError(request)

    def row(self, one):
        row = {"uuid": one.id, "client_id": "HUB", "creator_ip": "198.51.100.7", "creator_ua": "curl", "token": "",
               "created_at": "2025-01-02T03:04:05.000006Z", "last_used": None, "generated_by": "manual",
               "token_label": one.name, **one.fields}  # fmt: skip
        until = {"expires_at": iso(one.expires)} if one.expires else {}
        return row | until
