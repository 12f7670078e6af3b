"""GitHub's deploy keys (REST API documentation, version 2022-11-28). Comments of public keys are cut off."""

import json

import httpx
from fakes.world import bearer
from forges.world import World, valid


class Forge(World):
    """Keys of acme/shop."""

    name, path, part = "github", "acme/shop", "repository"
    api = "/repos/acme/shop/keys"
    fields = {"verified": True, "added_by": "ada", "last_used": None, "enabled": True}

    def accepted(self, request):
        assert request.headers["host"] == "api.github.com"
        return bearer(request) == self.admin

    def shown(self, row):
        url = f"https://api.github.com{self.api}/{row.id}"
        return super().shown(row) | {"url": url, "read_only": not row.writes, **row.more}

    def added(self, request):
        sent = json.loads(request.content)
        assert sent.keys() == {"title", "key", "read_only"}
        if not valid(sent["key"]) or any(row.key == sent["key"] for row in self.rows):
            return httpx.Response(422, json={"message": "Validation Failed", "errors": [{"field": "key"}]})
        row = self.add(sent["title"], key=sent["key"], writes=not sent["read_only"])
        return httpx.Response(201, json=self.shown(row))
