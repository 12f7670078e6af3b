"""Mailgun's API keys in the EU (OpenAPI description, 2026). A key ends in its id."""

import base64
import email
import time
from datetime import UTC, datetime
from email import policy

import httpx
from fakes.world import World


def fields(request: httpx.Request) -> dict[str, str]:
    """What was sent as multipart/form-data."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    parts = email.message_from_bytes(head + request.content, policy=policy.HTTP).iter_parts()
    return {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True).decode()
        for part in parts
    }


class Service(World):
    """Keys of one account. A live key of the other region is answered as a dead one."""

    rule = "mailgun.api-key"
    contracts = {"mailgun": ""}
    undescribed = {"GET /v3/domains": "documented; the description holds a later form of it"}
    shape = "${hex:32}-${hex:8}-${hex:8}"
    parts = {"host": "api.eu.mailgun.net"}
    rights = {"kind": "domain", "role": "developer", "domain_name": "mail.acme.example"}
    wider = {"role": "admin"}

    def id_of(self, secret, number):
        return secret[33:]

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["host"] == self.parts["host"]
        value = request.headers.get("authorization", "").removeprefix("Basic ")
        user, _, key = base64.b64decode(value).decode().partition(":")
        caller, path = self.by_secret(key), request.url.path
        if user != "api" or caller is None:
            return httpx.Response(401, json={"message": "Invalid private key"})
        match request.method, path:
            case "GET", "/v3/domains":
                return httpx.Response(200, json={"items": [{"name": "mail.acme.example"}], "total_count": 1})
            case _ if caller is not self.admin:
                return httpx.Response(403, json={"message": "Forbidden"})
            case "GET", "/v1/keys":
                rows = [self.row(one) for one in self.listed]
                return httpx.Response(200, json={"total_count": len(rows), "items": rows})
            case "POST", "/v1/keys":
                said = fields(request)
                until = datetime.fromtimestamp(int(time.time()) + int(said.pop("expiration")), UTC)
                made = self.make(said.pop("description"), expires=until, **said)
                key = self.row(made) | {"secret": made.secret}
                return httpx.Response(200, json={"message": "great success", "key": key})
            case "DELETE", _:
                held = self.by_id(path.removeprefix("/v1/keys/"))
                if held is None:
                    return httpx.Response(404, json={"message": "no key matching id"})
                held.live = False
                return httpx.Response(200, json={"message": "key deleted"})
        raise AssertionError(request)

    def row(self, one):
        until = f"{one.expires:%Y-%m-%dT%H:%M:%S}" if one.expires else None
        return {"id": one.id, "description": one.name, "kind": "user", "role": "basic", "domain_name": None,
                "created_at": "2026-01-02T03:04:05", "updated_at": "2026-01-02T03:04:05", "expires_at": until,
                "is_disabled": False, "requestor": None, "user_name": None, **one.fields}  # fmt: skip
