"""The real program, whose providers answer with everything that they were sent.

UNLEAK_TEST_STATUS is the status of their answers; 0 makes the connection fail with the request in its text.
"""

import os
import sys

import httpx

from unleak.verify import addresses, http


def echo(request: httpx.Request) -> httpx.Response:
    """An answer in which the key stands wherever a provider could write it."""
    text = f"{request.method} {request.headers['x-url']} {request.headers} {request.content!r}"
    status = int(os.environ["UNLEAK_TEST_STATUS"])
    if not status:
        raise httpx.ConnectError(text, request=request)
    headers = {
        "Location": f"https://evil.example/?{request.headers['x-key']}",
        "X-Account": request.headers["x-key"],
    }
    body = {"error": text, "account": text, "user": request.headers["x-key"][4:24], "scopes": [text, "read"]}
    return httpx.Response(status, headers=headers, json=body)


def main() -> None:
    """Patch, then run."""
    addresses.resolve = lambda host, port: ["93.184.216.34"]
    https = http.Https
    http.Https = lambda: https(addresses.resolve, httpx.MockTransport(echo))
    from unleak.__main__ import main as program

    sys.argv[0] = "unleak"
    program()


if __name__ == "__main__":
    main()
