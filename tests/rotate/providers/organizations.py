"""Fakes of services whose keys a person makes, and whose lists of keys an admin's credential reads."""

import httpx
from fakes.world import World, bearer, body


class Anthropic(World):
    """Keys of one organization (Admin API, 2026), in pages of two. An inactive key does not work."""

    rule = "anthropic.api-key"
    shape = "sk-ant-api03-${base64url:93}AA"
    admin_shape = "sk-ant-admin01-${base64url:93}AA"
    parts = {}
    back = True

    def answer(self, request):
        caller, path = self.by_secret(request.headers["x-api-key"]), request.url.path
        if caller is None or caller.fields.get("status", "active") != "active":
            return httpx.Response(401, json={"type": "error", "error": {"type": "authentication_error"}})
        if path == "/v1/models":
            return httpx.Response(200, json={"data": []}, headers={"anthropic-organization-id": "org-1"})
        assert caller is self.admin
        held = self.by_id(path.removeprefix("/v1/organizations/api_keys/"))
        if request.method == "POST" and held:
            held.fields = {"status": body(request)["status"]}
            return httpx.Response(200, json=self.row(held))
        start = 1 + next(
            (n for n, one in enumerate(self.listed) if one.id == request.url.params.get("after_id")), -1
        )
        page = self.listed[start : start + 2]
        more = len(self.listed) > start + 2
        return httpx.Response(
            200, json={"data": list(map(self.row, page)), "has_more": more, "last_id": page[-1].id}
        )

    def row(self, one):
        hint = f"{one.secret[:16]}...{one.secret[-4:]}"
        return {"id": one.id, "type": "api_key", "name": one.name, "status": "active", "partial_key_hint": hint,
                "created_at": "2025-01-02T03:04:05Z", **one.fields}  # fmt: skip


class OpenAI(World):
    """Keys of one project (API reference, 2026)."""

    rule = "openai.service-account"
    shape = "sk-svcacct-${alnum:74}T3BlbkFJ${alnum:74}"
    admin_shape = "sk-admin-${alnum:74}T3BlbkFJ${alnum:74}"
    parts = {"project": "proj_abc"}
    back = False

    def answer(self, request):
        caller, path = self.by_secret(bearer(request)), request.url.path
        if caller is None:
            return httpx.Response(401, json={"error": {"message": "Incorrect API key provided"}})
        if path == "/v1/models":
            return httpx.Response(200, json={"data": []})
        assert caller is self.admin
        held = self.by_id(path.removeprefix("/v1/organization/projects/proj_abc/api_keys/"))
        if request.method == "DELETE":
            if held is None:
                return httpx.Response(404, json={"error": {"message": "No such key"}})
            held.live = False
            return httpx.Response(200, json={"object": "", "id": held.id, "deleted": True})
        rows = [{"id": one.id, "name": one.name, "created_at": 1_700_000_000, "last_used_at": None,
                 "redacted_value": f"{one.secret[:11]}***{one.secret[-4:]}"} for one in self.listed]  # fmt: skip
        return httpx.Response(200, json={"data": rows, "has_more": False, "last_id": None})
