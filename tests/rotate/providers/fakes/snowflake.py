"""Snowflake's programmatic access tokens, by its SQL API (SQL reference, 2026)."""

import re
import time
from datetime import UTC, datetime

import httpx
from fakes.world import World, bearer, body

COLUMNS = ("name", "user_name", "role_restriction", "expires_at", "status", "comment", "created_on", "created_by",
           "mins_to_bypass_network_policy_requirement", "rotated_to")  # fmt: skip
ALTER = r'alter user "ADA" (\w+) programmatic access token "([^"]+)"(.*)'


def result(columns, rows):
    types = [{"name": name, "type": "text"} for name in columns]
    told = {"numRows": len(rows), "format": "jsonv2", "rowType": types}
    return httpx.Response(200, json={"resultSetMetaData": told, "data": rows, "code": "090001"})


def failed(status, text):
    return httpx.Response(status, json={"code": "002003", "message": text})


class Service(World):
    """Tokens of one user, restricted to a role; an administrator's access token acts. A name is an id."""

    rule = "snowflake.programmatic-token"
    shape = "${alnum:112}"
    admin_shape = "${alnum:60}"
    parts = {"host": "acme-web.snowflakecomputing.com"}
    rights = {"role": "REPORTS"}
    wider = {"role": None}
    refused = ({"role": 'A"B'},)

    def id_of(self, secret, number):
        return f"TOKEN_{number}"

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("POST", "/api/v2/statements")
        caller, statement = self.by_secret(bearer(request)), body(request)["statement"]
        token = request.headers.get("x-snowflake-authorization-token-type") == "PROGRAMMATIC_ACCESS_TOKEN"
        if caller is None or caller.fields.get("disabled") or token == (caller is self.admin):
            return failed(401, "The request is not authorized.")
        if statement.startswith("select "):
            known = {"select 1": "1", "select current_user()": "ADA", "select current_role()": "ADMIN"}
            return result(["value"], [[known[statement]]])
        assert caller is self.admin
        if statement == 'show user programmatic access tokens for user "ADA"':
            return result(COLUMNS, [self.row(one) for one in self.listed])
        what, name, more = re.fullmatch(ALTER, statement).groups()
        held = self.by_id(name)
        if what == "add":
            found = re.fullmatch(r"( role_restriction = '(\w+)'| ) days_to_expiry = (\d+)", more)
            until = datetime.fromtimestamp(int(time.time()) + 86_400 * int(found[3]), UTC)
            made = self.make(name, expires=until, role=found[2])
            made.id = name
            return result(["token_name", "token_secret"], [[name, made.secret]])
        if held is None:
            return failed(422, "Programmatic access token does not exist or not authorized.")
        if what == "modify":
            held.fields["disabled"] = more == " set disabled = true"
        else:
            held.live = False
        return result(["status"], [["Statement executed successfully."]])

    def row(self, one):
        status = "DISABLED" if one.fields.get("disabled") else "ACTIVE"
        until = f"{one.expires.timestamp():.9f}"
        return [
            one.id,
            "ADA",
            one.fields.get("role"),
            until,
            status,
            None,
            "1700000000.000000000",
            "ADMIN",
            None,
            None,
        ]
