"""GitLab's access tokens (REST API documentation, 18.5): each of a project has a bot user of its own."""

from datetime import datetime

import httpx
from fakes.world import NOW, World, body, iso

UNKNOWN = {"message": "401 Unauthorized"}
REVOKED = {
    "error": "invalid_token",
    "error_description": "Token was revoked. You have to re-authorize from the user.",
}
MIDNIGHT = NOW.replace(hour=0, minute=0, second=0, year=NOW.year + 1, day=1)


class Service(World):
    """Tokens of project 5, which its owner manages. The list comes in pages of two."""

    rule = "gitlab.pat"
    contracts = {"gitlab": "/api"}
    undescribed = {
        "GET /api/v4/personal_access_tokens/self": "documented; the description tells of three requests alone",
        "GET /api/v4/users/1": "the same",
        "GET /api/v4/users/3": "the same",
        "GET /api/v4/users/2": "the same",
        "GET /api/v4/projects/5/access_tokens/3": "the same",
        "GET /api/v4/projects/5/access_tokens/2": "the same",
        "POST /api/v4/projects/5/access_tokens": "the description wants all in the address; documented as JSON, too",
    }
    shape = "glpat-${base64url:20}"
    rights = {"scopes": ["read_repository"], "access_level": 30}
    wider = {"scopes": ["read_repository", "api"]}
    until = MIDNIGHT
    place = "projects/5/access_tokens"
    listing = "projects/5/access_tokens"
    bot = "project_5_bot_{:08x}"
    administrator = False

    def id_of(self, secret, number):
        return f"{number}"

    def answer(self, request: httpx.Request) -> httpx.Response:
        token = request.headers.get("private-token")
        caller, path = self.by_secret(token), request.url.path.removeprefix("/api/v4/")
        if caller is None:
            known = any(one.secret == token for one in self.held)
            return httpx.Response(401, json=REVOKED if known else UNKNOWN)
        if path == "personal_access_tokens/self":
            return httpx.Response(200, json=self.row(caller))
        if path.startswith("users/") and request.method == "GET":
            return self.user(int(path.removeprefix("users/")))
        if caller is not self.admin:
            return httpx.Response(403, json={"message": "403 Forbidden"})
        key_id = path.rpartition("/")[2]
        held = next((one for one in self.held if one.id == key_id and one is not self.admin), None)
        match request.method, path:
            case "GET", self.listing:
                return self.page(request.url.params)
            case "POST", self.place:
                data = body(request)
                until = datetime.fromisoformat(f"{data['expires_at']}T00:00:00+00:00")
                fields = {name: data[name] for name in self.rights if name in data}
                made = self.make(data["name"], expires=until, **fields)
                return httpx.Response(201, json=self.row(made) | {"token": made.secret})
            case _ if path != f"{self.listing}/{key_id}" or held is None:
                return httpx.Response(
                    404, json={"message": "404 Could not find project access token Not Found"}
                )
            case "GET", _:
                return httpx.Response(200, json=self.row(held))
            case "DELETE", _ if held.live:
                held.live = False
                return httpx.Response(204)
            case "DELETE", _:
                return httpx.Response(
                    404, json={"message": "404 Could not find project access token Not Found"}
                )
        raise AssertionError(request)

    def page(self, query):
        assert query.get("state") == "active"
        start = int(query.get("page") or 1) - 1
        rows = [self.row(one) for one in self.listed[2 * start : 2 * start + 2]]
        more = f"{start + 2}" if len(self.listed) > 2 * start + 2 else ""
        return httpx.Response(200, json=rows, headers={"x-next-page": more})

    def user(self, number):
        name = self.bot.format(number) if self.bot else "ada"
        seen = {"is_admin": False} if self.administrator else {}
        return httpx.Response(200, json={"id": number, "username": name, "bot": bool(self.bot), **seen})

    def owner(self, one):
        """The number of the user that the token is of."""
        return int(one.id) if self.bot else 9

    def row(self, one):
        return {"id": int(one.id), "name": one.name, "user_id": self.owner(one), "revoked": not one.live,
                "active": one.live, "created_at": iso(NOW), "expires_at": f"{one.expires:%Y-%m-%d}",
                "last_used_at": iso(NOW), **one.fields}  # fmt: skip
