"""Fakes of services whose keys a person makes and deletes, as their documentation has it: one row each.

A service with a `[[revoke]]` in its rule file, or a `how`, needs a row here; the tests are the same for all.
"""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx
from fakes.world import Held, World, bearer, body

Place = tuple[str, str]
"""Method, and host with path; a regular expression."""


def basic(request: httpx.Request) -> str:
    """The password of the Authorization header."""
    pair = base64.b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode()
    return pair.partition(":")[2]


def plain(request: httpx.Request) -> str:
    """All of the Authorization header."""
    return request.headers.get("authorization", "")


def private(request: httpx.Request) -> str:
    """The token of GitLab's own header."""
    return request.headers.get("private-token", "")


def ssws(request: httpx.Request) -> str:
    """The token of Okta's own scheme."""
    return plain(request).removeprefix("SSWS ")


def of_client(request: httpx.Request, client: str) -> str:
    """The token of a form that names this client."""
    form = parse_qs(request.content.decode())
    return form["token"][0] if form["client_id"] == [client] else ""


def of_square(request: httpx.Request) -> str:
    """The one token that is named; without the flag, all of the seller's would go."""
    sent = body(request)
    assert plain(request).startswith("Client ")
    return (
        sent["access_token"] if sent["client_id"] == "sq0idp-1" and sent["revoke_only_access_token"] else ""
    )


def itself(request: httpx.Request) -> str:
    """The token of the address, which has to be the one that asks."""
    named = request.url.path.rpartition("/")[2]
    return named if named == bearer(request) else ""


def anonymous(named: Callable[[httpx.Request], str]) -> Callable[[httpx.Request], str]:
    """Where a request holds the key that must not be authenticated."""

    def found(request: httpx.Request) -> str:
        assert "authorization" not in request.headers
        return named(request)

    return found


def reply(status: int, data: Any = None, **headers: str) -> Callable[[], httpx.Response]:
    """A maker of answers with this JSON."""
    return lambda: httpx.Response(status, json=data, headers=headers)


NO_CONTENT = reply(204)


@dataclass(frozen=True)
class Documented:
    """How a service answers."""

    rule: str
    shape: str
    """A template of its keys."""
    asked: Place
    """The request that asks about a key."""
    live: Callable[[], httpx.Response]
    dead: Callable[[], httpx.Response]
    sent: Callable[[httpx.Request], str] = bearer
    """Where that request holds the key."""
    parts: dict[str, str] = field(default_factory=dict)
    revoke: Place | None = None
    """The request that revokes a key."""
    revoked: Callable[[], httpx.Response] = NO_CONTENT
    named: Callable[[httpx.Request], str] = bearer
    """Where that request holds the key."""
    forgiving: bool = False
    """Whether it is answered alike for a key that is gone."""
    gone: Callable[[], httpx.Response] | None = None
    """Its answer for such a key, if that is not the one of `dead`."""


class Console(World):
    """One owner's keys at such a service."""

    def __init__(self, said: Documented) -> None:
        self.said, self.rule, self.shape, self.parts = said, said.rule, said.shape, said.parts
        self.deaf = False
        """Whether requests to revoke are accepted and do nothing."""
        super().__init__()

    def answer(self, request: httpx.Request) -> httpx.Response:
        said = self.said
        if said.revoke and _is(request, said.revoke):
            held = self.by_secret(said.named(request))
            if held is None and not said.forgiving:
                return (said.gone or said.dead)()
            if held and not self.deaf:
                held.live = False
            return said.revoked()
        assert _is(request, said.asked), request
        return said.live() if self.by_secret(said.sent(request)) else said.dead()

    def delete(self, secret: str) -> None:
        """What a person does at the console."""
        held = self.by_secret(secret)
        assert held, "it is not there"
        held.live = False

    @property
    def alive(self) -> list[str]:
        """The keys that work, but the one that nothing is about."""
        return [one.secret for one in self.held if one.live and one is not self.admin]

    def new(self) -> Held:
        """What a person makes at the console."""
        return self.make("made by a person")


def _is(request: httpx.Request, place: Place) -> bool:
    method, address = place
    return request.method == method and bool(
        re.fullmatch(address, f"{request.headers['host']}{request.url.path}")
    )


def service(name: str) -> Console:
    """The fake of a service."""
    return Console(SERVICES[name])


SERVICES = {
    "gitlab": Documented(
        "gitlab.pat", "glpat-${base64url:20}", ("GET", r"gitlab\.com/api/v4/personal_access_tokens/self"),
        reply(200, {"id": 3, "user_id": 9, "scopes": ["api"], "active": True, "expires_at": "2030-01-01"}),
        reply(401, {"error": "invalid_token", "error_description": "Token was revoked."}),
        sent=private, revoke=("DELETE", r"gitlab\.com/api/v4/personal_access_tokens/self"), named=private,
    ),
    "stripe": Documented(
        "stripe.secret-live", "sk_live_51${alnum:97}", ("GET", r"api\.stripe\.com/v1/account"),
        reply(200, {"id": "acct_1", "object": "account", "settings": {"dashboard": {"display_name": "Acme"}}}),
        reply(401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}),
    ),
    "stabilityai": Documented(
        "stabilityai.api-key", "sk-${alnum:48}", ("GET", r"api\.stability\.ai/v1/user/account"),
        reply(200, {"email": "ada@acme.example", "id": "user-1", "organizations": [{"id": "org-1", "name": "Acme"}]}),
        reply(401, {"id": "1", "name": "unauthorized", "message": "missing authorization header"}),
    ),
    "pypi": Documented(
        "pypi.token", "${pypi}", ("POST", r"upload\.pypi\.org/legacy/"),
        lambda: httpx.Response(400, text="400 Include at least one message digest."),
        lambda: httpx.Response(403, text="403 Invalid or non-existent authentication information."),
        basic,
    ),
    "mailchimp": Documented(
        "mailchimp.api-key", "${hex:32}-us21", ("GET", r"us21\.api\.mailchimp\.com/3\.0/"),
        reply(200, {"account_id": "8d", "account_name": "Acme", "email": "ada@acme.example", "role": "owner"}),
        reply(401, {"title": "API Key Invalid", "status": 401}), basic,
    ),
    "pagerduty": Documented(
        "pagerduty.api-key", "u+${alnum:18}", ("GET", r"api\.pagerduty\.com/users"),
        reply(200, {"users": [], "limit": 1}), reply(401, {"error": {"message": "Invalid Credentials", "code": 2006}}),
        lambda request: request.headers.get("authorization", "").removeprefix("Token token="),
    ),
    "linear": Documented(
        "linear.api-key", "lin_api_${alnum:40}", ("POST", r"api\.linear\.app/graphql"),
        reply(200, {"data": {"viewer": {"id": "1", "email": "ada@acme.example"}, "organization": {"urlKey": "acme"}}}),
        reply(400, {"errors": [{"extensions": {"code": "AUTHENTICATION_ERROR"}}]}), plain,
    ),
    "notion": Documented(
        "notion.integration-token", "ntn_${digits:11}${alnum:35}", ("GET", r"api\.notion\.com/v1/users/me"),
        reply(200, {"object": "user", "name": "Sync", "type": "bot", "bot": {"workspace_name": "Acme"}}),
        reply(401, {"object": "error", "status": 401, "code": "unauthorized"}),
    ),
    "airtable": Documented(
        "airtable.personal-access-token", "pat${alnum:14}.${hex:64}", ("GET", r"api\.airtable\.com/v0/meta/whoami"),
        reply(200, {"id": "usr1", "email": "ada@acme.example", "scopes": []}),
        reply(401, {"error": {"type": "AUTHENTICATION_REQUIRED"}}),
    ),
    "discord": Documented(
        "discord.bot-token", "${discord_bot}", ("GET", r"discord\.com/api/v10/users/@me"),
        reply(200, {"id": "1", "username": "acme-bot", "bot": True}),
        reply(401, {"message": "401: Unauthorized", "code": 0}),
        lambda request: request.headers.get("authorization", "").removeprefix("Bot "),
    ),
    "telegram": Documented(
        "telegram.bot-token", "1${digits:9}:AA${alnum:33}", ("GET", r"api\.telegram\.org/bot[^/]+/getMe"),
        reply(200, {"ok": True, "result": {"id": 1, "is_bot": True, "username": "acme_bot"}}),
        reply(401, {"ok": False, "error_code": 401, "description": "Unauthorized"}),
        lambda request: request.url.path.removeprefix("/bot").removesuffix("/getMe"),
    ),
    "github": Documented(
        "github.pat-classic", "ghp_${github_checksummed}", ("GET", r"api\.github\.com/user"),
        reply(200, {"login": "ada", "id": 7}), reply(401, {"message": "Bad credentials"}),
        revoke=("POST", r"api\.github\.com/credentials/revoke"), revoked=reply(202, {}),
        named=anonymous(lambda request: body(request)["credentials"][0]), forgiving=True,
    ),
    "github-fine-grained": Documented(
        "github.pat-fine-grained", "${github_fine_grained}", ("GET", r"api\.github\.com/user"),
        reply(200, {"login": "ada", "id": 7}), reply(401, {"message": "Bad credentials"}),
        revoke=("POST", r"api\.github\.com/credentials/revoke"), revoked=reply(202, {}),
        named=anonymous(lambda request: body(request)["credentials"][0]), forgiving=True,
    ),
    "github-app": Documented(
        "github.app", "ghs_${github_checksummed}", ("GET", r"api\.github\.com/user"),
        reply(403, {"message": "Resource not accessible by integration"}), reply(401, {"message": "Bad credentials"}),
        revoke=("DELETE", r"api\.github\.com/installation/token"),
    ),
    "github-app-stateless": Documented(
        "github.app-stateless", "ghs_123456_${jwt}", ("GET", r"api\.github\.com/installation/repositories"),
        reply(200, {"total_count": 1, "repositories": [{"id": 1, "owner": {"login": "acme"}}]}),
        reply(401, {"message": "Bad credentials"}), revoke=("DELETE", r"api\.github\.com/installation/token"),
    ),
    "slack": Documented(
        "slack.user", "xoxp-${digits:12}-${digits:12}-${digits:13}-${hex:32}", ("POST", r"slack\.com/api/auth\.test"),
        reply(200, {"ok": True, "team": "Acme", "user": "ada", "team_id": "T1", "user_id": "U1"}),
        reply(200, {"ok": False, "error": "token_revoked"}),
        revoke=("POST", r"slack\.com/api/auth\.revoke"), revoked=reply(200, {"ok": True, "revoked": True}),
    ),
    "twitch": Documented(
        "twitch.access-token", "${lowernum:30}", ("GET", r"id\.twitch\.tv/oauth2/validate"),
        reply(200, {"client_id": "wbmytr93xzw8zbg0p1izqyzzc5mbiz", "login": "ada", "user_id": "7", "scopes": []}),
        reply(401, {"status": 401, "message": "invalid access token"}),
        sent=lambda request: plain(request).removeprefix("OAuth "),
        revoke=("POST", r"id\.twitch\.tv/oauth2/revoke"), revoked=reply(200),
        named=anonymous(lambda request: of_client(request, "wbmytr93xzw8zbg0p1izqyzzc5mbiz")),
        gone=reply(400, {"status": 400, "message": "Invalid token"}),
    ),
    "square": Documented(
        "square.access-token", "EAAA${alnum:60}", ("POST", r"connect\.squareup\.com/oauth2/token/status"),
        reply(200, {"scopes": ["PAYMENTS_READ"], "client_id": "sq0idp-1", "merchant_id": "M1"}),
        reply(401, {"errors": [{"category": "AUTHENTICATION_ERROR", "code": "ACCESS_TOKEN_REVOKED"}]}),
        revoke=("POST", r"connect\.squareup\.com/oauth2/revoke"), revoked=reply(200, {"success": True}),
        named=of_square,
    ),
    "huggingface": Documented(
        "huggingface.user-token", "hf_${letters:34}", ("GET", r"huggingface\.co/api/whoami-v2"),
        reply(200, {"type": "user", "id": "1", "name": "ada"}), reply(401, {"error": "Invalid credentials"}),
        revoke=("POST", r"huggingface\.co/api/credentials/revoke"), revoked=reply(202),
        named=anonymous(lambda request: body(request)["credentials"][0]), forgiving=True,
    ),
    "digitalocean": Documented(
        "digitalocean.oauth", "doo_v1_${hex:64}", ("GET", r"api\.digitalocean\.com/v2/account"),
        reply(200, {"account": {"email": "ada@acme.example", "team": {"name": "Acme"}}}),
        reply(401, {"id": "Unauthorized", "message": "Unable to authenticate you"}),
        revoke=("POST", r"cloud\.digitalocean\.com/v1/oauth/revoke"), revoked=reply(200, {}),
        named=lambda request: parse_qs(request.content.decode())["token"][0],
    ),
    "buildkite": Documented(
        "buildkite.user-token", "bkua_${lowernum:40}", ("GET", r"api\.buildkite\.com/v2/access-token"),
        reply(200, {"uuid": "b6", "scopes": ["read_build"], "user": {"name": "Ada", "email": "ada@acme.example"}}),
        reply(401, {"message": "Authentication required."}),
        revoke=("DELETE", r"api\.buildkite\.com/v2/access-token"),
    ),
    "npm": Documented(
        "npm.access-token", "npm_${npm_checksummed}", ("GET", r"registry\.npmjs\.org/-/whoami"),
        reply(200, {"username": "ada"}), reply(401),
        revoke=("DELETE", r"registry\.npmjs\.org/-/npm/v1/tokens/token/npm_\w+"), named=itself,
    ),
    "cratesio": Documented(
        "cratesio.api-token", "cio${alnum:32}", ("GET", r"crates\.io/api/v1/me"),
        reply(403, {"errors": [{"detail": "this action can only be performed on the crates.io website"}]}),
        reply(403, {"errors": [{"detail": "authentication failed"}]}), plain,
        revoke=("DELETE", r"crates\.io/api/v1/tokens/current"), named=plain,
    ),
    "fastly": Documented(
        "fastly.api-token", "${alnum:32}", ("GET", r"api\.fastly\.com/tokens/self"),
        reply(200, {"id": "7", "customer_id": "c1", "user_id": "u1", "scope": "global", "expires_at": None}),
        reply(401, {"msg": "Provided credentials are missing or invalid"}),
        lambda request: request.headers.get("fastly-key", ""),
        revoke=("DELETE", r"api\.fastly\.com/tokens/self"),
        named=lambda request: request.headers.get("fastly-key", ""),
    ),
    "okta": Documented(
        "okta.api-token", "00${alnum:40}", ("GET", r"acme\.okta\.com/api/v1/users/me"),
        reply(200, {"id": "00u1", "profile": {"login": "ada@acme.example"}}),
        reply(401, {"errorCode": "E0000011", "errorSummary": "Invalid token provided"}), ssws,
        {"host": "acme.okta.com"},
        revoke=("DELETE", r"acme\.okta\.com/api/v1/api-tokens/current"), named=ssws,
    ),
    "doppler": Documented(
        "doppler.personal", "dp.pt.${alnum:43}", ("GET", r"api\.doppler\.com/v3/me"),
        reply(200, {"slug": "1", "name": "laptop", "type": "personal", "workplace": {"name": "Acme"}}),
        reply(401, {"messages": ["Invalid Auth token"], "success": False}),
        revoke=("POST", r"api\.doppler\.com/v3/auth/revoke"), revoked=reply(200, {"success": True}),
        named=anonymous(lambda request: body(request)["token"]), forgiving=True,
    ),
}  # fmt: skip
