"""Estuary's API (its source, 2023-05). Revoking answers 200 for any key."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import httpx
from fakes.world import World, bearer, iso


def denied(status: int, code: str) -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": status, "reason": code, "details": "api key"}})


class Service(World):
    """Keys of one user; the leaked one may only upload."""

    rule = "estuary.api-key"
    contracts = {"estuary": ""}
    shape = "EST${uuid}ARY"
    rights = {"perms": "upload"}
    wider = {"perms": "all"}

    def id_of(self, secret, number):
        return base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).rstrip(b"=").decode()

    def answer(self, request: httpx.Request) -> httpx.Response:
        caller, query = self.by_secret(bearer(request)), request.url.params
        if caller is None:
            return denied(401, "ERR_INVALID_TOKEN")
        match request.method, request.url.path:
            case "GET", "/viewer":
                return httpx.Response(200, json={"id": 7, "username": "ada", "perms": 2})
            case _ if caller.fields.get("perms") == "upload":
                return denied(403, "ERR_NOT_AUTHORIZED")
            case "GET", "/user/api-keys":
                return httpx.Response(200, json=[self.row(one) for one in self.held if one.live])
            case "POST", "/user/api-keys":
                until = datetime.now(UTC) + timedelta(hours=int(query["expiry"].removesuffix("h")))
                made = self.make(query["label"], expires=until, perms=query["perms"])
                return httpx.Response(200, json=self.row(made) | {"token": made.secret})
            case "DELETE", _:
                if held := self.by_id(request.url.path.removeprefix("/user/api-keys/")):
                    held.live = False
                return httpx.Response(200)
        raise AssertionError(request)

    def row(self, one):
        return {
            "token": "",
            "tokenHash": one.id,
            "label": one.name,
            "expiry": iso(one.expires),
            "isSession": False,
        }
