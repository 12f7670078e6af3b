"""The one place that speaks HTTP to services outside AWS."""

import time

import httpx

SECONDS = 5.0
"""That an answer may take, in each of its pieces and as a whole."""
LIMIT = 65_536
"""Bytes of an answer that are read at most."""


def get_json(url: str) -> object:
    """The JSON that `url` answers with status 200 to a plain GET; None for anything else.

    No redirect is followed, nothing is sent but the request, and proxies of the environment are not used.
    """
    try:
        with (
            httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as http,
            http.stream("GET", url, headers={"Accept": "application/json"}) as response,
        ):
            if response.status_code != 200:
                return None
            body, end = b"", time.monotonic() + SECONDS
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > LIMIT or time.monotonic() > end:
                    return None
            return httpx.Response(200, content=body).json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None
