"""GitLab's deploy keys (REST API documentation, 18.5). They keep the comments of public keys."""

import json

import httpx
from forges.world import World, valid


class Forge(World):
    """Keys of a project in a subgroup."""

    name, path, part = "gitlab", "acme/web/shop", "project"
    api = "/api/v4/projects/acme%2Fweb%2Fshop/deploy_keys"
    fields = {"expires_at": None, "fingerprint": "4a:9d:64:15"}

    def accepted(self, request):
        assert request.headers["host"] == "gitlab.com"
        return request.headers.get("private-token") == self.admin

    def shown(self, row):
        return super().shown(row) | {"key": f"{row.key} {row.title}@acme", "can_push": row.writes, **row.more}

    def added(self, request):
        sent = json.loads(request.content)
        assert sent.keys() - {"expires_at"} == {"title", "key", "can_push"}
        if not valid(sent["key"]) or any(row.key == sent["key"] for row in self.rows):
            return httpx.Response(
                400, json={"message": {"deploy_key.fingerprint_sha256": ["has already been taken"]}}
            )
        until = {"expires_at": sent["expires_at"]} if "expires_at" in sent else {}
        row = self.add(sent["title"], key=sent["key"], writes=sent["can_push"], **until)
        return httpx.Response(201, json=self.shown(row))
