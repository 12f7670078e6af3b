"""Google's API keys (API Keys API v2, discovery document), and Identity Toolkit, which they are asked at."""

import httpx
from fakes.world import NOW, World, bearer, body, iso

KEYS = "/v2/projects/acme-prod/locations/global/keys"
NUMBER = "projects/424242424242/locations/global/keys"
INVALID = {"error": {"code": 400, "message": "API key not valid. Please pass a valid API key.",
                     "status": "INVALID_ARGUMENT", "details": [{"reason": "API_KEY_INVALID"}]}}  # fmt: skip


class Service(World):
    """Keys of one project; the leaked one is for one API. A new key is not listed at once, nor its value told."""

    rule = "google.api-key"
    contracts = {"google-apikeys": ""}
    undescribed = {
        "GET /identitytoolkit/v3/relyingparty/getProjectConfig": "of another API, whose description is not among them"
    }
    shape = "AIza${base64url:35}"
    admin_shape = "ya29.${alnum:40}"
    parts = {"project": "acme-prod"}
    rights = {"restrictions": {"apiTargets": [{"service": "maps.example"}]}}
    wider = {"restrictions": None}
    refused = ({"serviceAccountEmail": "robot@acme-prod.iam.gserviceaccount.com"},)
    until = None

    def __init__(self) -> None:
        super().__init__()
        self.late: list[str] = []
        """What has not been looked for yet."""

    def id_of(self, secret, number):
        return f"{number:08x}-0000-4000-8000-00000000000b"

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if request.headers["host"] == "www.googleapis.com":
            held = self.by_secret(request.headers["x-goog-api-key"])
            return (
                httpx.Response(200, json={"projectId": "424242424242"})
                if held
                else httpx.Response(400, json=INVALID)
            )
        if self.by_secret(bearer(request)) is not self.admin:
            said = {
                "error": {
                    "code": 401,
                    "message": "invalid authentication credentials",
                    "status": "UNAUTHENTICATED",
                }
            }
            return httpx.Response(401, json=said)
        match request.method, path:
            case "GET", found if found == KEYS:
                return self.page(request.url.params)
            case "POST", found if found == KEYS:
                data = body(request)
                made = self.make(data["displayName"], expires=None, restrictions=data.get("restrictions"))
                self.late.append(made.id)
                return httpx.Response(200, json={"name": f"operations/akmf.p7-{made.id}"})
        key_id = path.removeprefix(f"/v2/{NUMBER}/").removesuffix("/keyString")
        held = self.by_id(key_id)
        if held is None or (path.endswith("/keyString") and key_id in self.late):
            self.late = []
            return httpx.Response(404, json={"error": {"code": 404, "status": "NOT_FOUND"}})
        if request.method == "DELETE":
            held.live = False
            return httpx.Response(200, json={"name": "operations/akmf.p7-9", "done": True})
        assert path.endswith("/keyString")
        return httpx.Response(200, json={"keyString": held.secret})

    def page(self, query):
        start = int(query.get("pageToken", 0))
        listed = self.listed
        more = {"nextPageToken": f"{start + 2}"} if len(listed) > start + 2 else {}
        if not listed:
            return httpx.Response(200, json={})
        return httpx.Response(
            200, json={"keys": [self.row(one) for one in listed[start : start + 2]], **more}
        )

    def row(self, one):
        fields = {name: value for name, value in one.fields.items() if value}
        return {"name": f"{NUMBER}/{one.id}", "uid": one.id, "displayName": one.name, "createTime": iso(NOW),
                "updateTime": iso(NOW), "etag": "W/1", **fields}  # fmt: skip
