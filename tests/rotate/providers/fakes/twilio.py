"""Twilio's API keys (OpenAPI description of iam v1, 2026-04), whose secrets are used with their SIDs."""

import base64
import json
from urllib.parse import parse_qsl

import httpx
from fakes.world import World

ACCOUNT = "AC" + "5a" * 16


def error(status: int, code: int, message: str) -> httpx.Response:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return httpx.Response(
        status, json={"code": code, "message": message, "more_info": more, "status": status}
    )


class Service(World):
    """Keys of one account; the leaked one is restricted. A Main key acts. The list comes in pages of two."""

    rule = "twilio.api-key"
    contracts = {"twilio-iam-v1": "", "twilio-api-v2010": ""}
    undescribed = {"GET /v2/Services": "of another product's description, which is not among them"}
    shape = "aB3${alnum:29}"
    rights = {"policy": {"allow": ["/twilio/messaging/messages/read", "/twilio/verify/services/read"]}}
    wider = {"policy": None}
    until = None

    def __init__(self) -> None:
        super().__init__()
        self.admin.secret = f"{self.admin.id}:{self.admin.secret}"
        self.parts = {"account_sid": ACCOUNT, "api_key_sid": self.leaked.id}

    def id_of(self, secret, number):
        return f"SK{number:032x}"

    def answer(self, request: httpx.Request) -> httpx.Response:
        pair = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        caller = self.by_secret(pair) or self.by_secret(pair.partition(":")[2])
        if caller is None or not pair.startswith(caller.id):
            return error(401, 20003, "Authenticate")
        key_id = request.url.path.removeprefix("/v1/Keys/")
        match request.method, f"{request.headers['host']}{request.url.path}":
            case "GET", "verify.twilio.com/v2/Services":
                return httpx.Response(200, json={"services": [{"account_sid": ACCOUNT}], "meta": {}})
            case _ if caller is not self.admin and not caller.fields.get("main"):
                return error(401, 20003, "Authentication Error - invalid username")
            case "GET", "api.twilio.com/2010-04-01/Accounts.json":
                return httpx.Response(200, json={"accounts": [{"sid": ACCOUNT}]})
            case "GET", "iam.twilio.com/v1/Keys":
                assert request.url.params["AccountSid"] == ACCOUNT
                return self.page(request.url.params)
            case "POST", "iam.twilio.com/v1/Keys":
                return self.create(dict(parse_qsl(request.content.decode())))
            case _ if (held := self.by_id(key_id)) is None:
                return error(404, 20404, f"The requested resource /Keys/{key_id} was not found")
            case "GET", _:
                return httpx.Response(200, json=self.row(held))
            case "DELETE", _:
                held.live = False
                return httpx.Response(204)
        raise AssertionError(request)

    def page(self, query):
        start = int(query.get("PageToken", "PASK0").removeprefix("PASK"))
        rows = [self.row(one) for one in self.listed[start : start + 2]]
        more = (
            f"https://iam.twilio.com/v1/Keys?PageSize=2&Page=1&PageToken=PASK{start + 2}&AccountSid={ACCOUNT}"
        )
        meta = {"key": "keys", "next_page_url": more if len(self.listed) > start + 2 else None}
        return httpx.Response(200, json={"keys": rows, "meta": meta})

    def create(self, data):
        assert data["AccountSid"] == ACCOUNT
        policy = json.loads(data["Policy"]) if data.get("KeyType") == "restricted" else None
        made = self.make(data["FriendlyName"], expires=None, policy=policy)
        return httpx.Response(201, json=self.row(made) | {"secret": made.secret})

    def row(self, one):
        return {"sid": one.id, "friendly_name": one.name, "date_created": "Mon, 13 Jun 2016 22:50:08 +0000",
                "policy": one.fields.get("policy")}  # fmt: skip
