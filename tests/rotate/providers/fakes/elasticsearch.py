"""API keys of Elasticsearch (OpenAPI description, 9.x). Invalidated keys stay in the list of all."""

import base64
import time
from datetime import UTC, datetime

import httpx
from fakes.world import World, body

USER = {"username": "ada", "roles": [], "metadata": {}, "enabled": True, "authentication_type": "realm"}
REALM = {"authentication_realm": {"name": "default", "type": "native"},
         "lookup_realm": {"name": "default", "type": "native"}}  # fmt: skip
SEARCH = {"search": {"indices": [{"names": ["orders"], "privileges": ["read"]}]}}


class Service(World):
    """Keys of one user, whose password acts."""

    rule = "elastic.elasticsearch-key"
    contracts = {"elastic": ""}
    shape = "${alnum:59}"
    admin_shape = "${alnum:20}"
    parts = {"cluster": "acme.es.eu-west-1.aws.elastic.cloud"}
    rights = {"role_descriptors": SEARCH}
    wider = {"role_descriptors": {}}

    def answer(self, request: httpx.Request) -> httpx.Response:
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        user, _, password = base64.b64decode(value + "==").decode("utf-8", "replace").partition(":")
        caller = self.by_secret(value if kind == "ApiKey" else password if user == "ada" else None)
        if caller is None or (caller is self.admin) != (kind == "Basic"):
            reason = {"type": "security_exception", "reason": "unable to authenticate"}
            return httpx.Response(401, json={"error": reason, "status": 401})
        data, query = body(request), request.url.params
        match request.method, request.url.path:
            case "GET", "/_security/_authenticate":
                key = {"api_key": {"id": caller.id, "name": caller.name}} if kind == "ApiKey" else {}
                return httpx.Response(200, json=USER | REALM | key)
            case _ if kind != "Basic":
                return httpx.Response(403, json={"error": {"type": "security_exception"}, "status": 403})
            case "GET", "/_security/api_key" if "id" in query:
                known = [one for one in self.held if one.id == query["id"]]
                rows = [self.row(one) | {"limited_by": [{"all": {"cluster": ["all"]}}]} for one in known]
                return httpx.Response(200 if rows else 404, json={"api_keys": rows})
            case "GET", "/_security/api_key":
                return httpx.Response(200, json={"api_keys": [self.row(one) for one in self.listed]})
            case "POST", "/_security/api_key":
                seconds = int(data["expiration"].removesuffix("s"))
                until = datetime.fromtimestamp(int(time.time()) + seconds, UTC)
                made = self.make(data["name"], expires=until, role_descriptors=data["role_descriptors"])
                told = {"id": made.id, "name": made.name, "api_key": "x", "encoded": made.secret}
                return httpx.Response(200, json=told)
            case "DELETE", "/_security/api_key":
                gone = [one for one in self.held if one.id in data["ids"] and one.live]
                for one in gone:
                    one.live = False
                told = {"previously_invalidated_api_keys": [], "error_count": 0}
                return httpx.Response(200, json=told | {"invalidated_api_keys": [one.id for one in gone]})
        raise AssertionError(request)

    def row(self, one):
        until = int(one.expires.timestamp() * 1000)
        return {"id": one.id, "name": one.name, "creation": 1_700_000_000_000, "expiration": until,
                "invalidated": not one.live, "username": "ada", "realm": "default", **one.fields}  # fmt: skip
