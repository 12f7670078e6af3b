"""Cloudflare's account API tokens, whose requests are those of user tokens below the account (API reference, 2026)."""

import httpx
from fakes import cloudflare

ACCOUNT = "023e105f4ecef8ad9ca31a8372d0c353"
OWN = f"/client/v4/accounts/{ACCOUNT}/tokens"


class Service(cloudflare.Service):
    """Tokens of one account."""

    rule = "cloudflare.account-token"
    contracts = {}
    shape = "cfat_${alnum:40}${hex:8}"
    parts = {"account_id": ACCOUNT}

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path.startswith(OWN)
        there = request.url.copy_with(path=request.url.path.replace(OWN, "/client/v4/user/tokens"))
        return super().answer(
            httpx.Request(request.method, there, headers=request.headers, content=request.content)
        )
