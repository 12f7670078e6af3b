"""Vercel's user tokens (REST API reference, 2026-10)."""

from datetime import UTC, datetime

import httpx
from fakes.world import World, bearer, body

DENIED = {"error": {"code": "forbidden", "message": "Not authorized", "invalidToken": True}}
MISSING = {"error": {"code": "not_found", "message": "Token not found"}}


class Service(World):
    """Tokens of one user; the leaked one is for one team. The list comes in pages of two, with what was deleted."""

    rule = "vercel.personal"
    contracts = {"vercel": ""}
    undescribed = {"GET /v6/user/tokens": "so documented in 2026; the description is of 2025 and says v5"}
    shape = "vcp_${alnum:56}"
    rights = {"type": "team", "teamId": "team_1"}
    wider = {"type": "user"}

    def answer(self, request: httpx.Request) -> httpx.Response:
        caller, query = self.by_secret(bearer(request)), request.url.params
        if caller is None:
            return httpx.Response(403, json=DENIED)
        last = request.url.path.rpartition("/")[2]
        match request.method, request.url.path.rpartition("/")[0] if last not in {"user", "tokens"} else last:
            case "GET", "user":
                return httpx.Response(200, json={"user": {"email": "ada@acme.example", "username": "ada"}})
            case "GET", "tokens":
                start = int(query.get("until", 0))
                known = [one for one in self.held if one is not self.admin]
                rows, more = known[start : start + 2], len(known) > start + 2
                pages = {"count": len(rows), "next": start + 2 if more else None, "prev": None}
                return httpx.Response(
                    200, json={"tokens": [self.row(one) for one in rows], "pagination": pages}
                )
            case "POST", "tokens":
                scope = {"type": "team", "teamId": query["teamId"]} if "teamId" in query else {"type": "user"}
                made = self.make(body(request)["name"], **scope)
                made.expires = datetime.fromtimestamp(body(request)["expiresAt"] / 1000, UTC)
                return httpx.Response(200, json={"token": self.row(made), "bearerToken": made.secret})
            case method, _:
                held = (
                    caller if last == "current" else next((one for one in self.held if one.id == last), None)
                )
                if held is None or (method == "DELETE" and not held.live):
                    return httpx.Response(404, json=MISSING)
                if method == "DELETE":
                    held.live = False
                    return httpx.Response(200, json={"tokenId": held.id})
                return httpx.Response(200, json={"token": self.row(held)})
        raise AssertionError(request)

    def row(self, one):
        scope = {"type": one.fields.get("type", "user"), "createdAt": 1_700_000_000_000}
        scope |= {name: one.fields[name] for name in ("teamId", "projectId") if name in one.fields}
        revoked = {} if one.live else {"revokedAt": 1_700_000_000_000}
        return {"id": one.id, "name": one.name, "type": "token", "scopes": [scope], "createdAt": 1_700_000_000_000,
                "activeAt": 1_700_000_000_000, "expiresAt": int(one.expires.timestamp() * 1000), **revoked}  # fmt: skip
