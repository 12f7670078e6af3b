"""A fake behind a port of 127.0.0.1: programs in processes of their own ask it, and it outlives them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
from fakes.world import Network, World

ADDRESS = "UNLEAK_TEST_PROVIDER"
"""The environment variable that tells the programs where it is."""


@contextmanager
def served(world: World) -> Iterator[str]:
    """Answers requests at the address that this gives, whatever host they are for."""
    network = Network(world)

    class Handler(BaseHTTPRequestHandler):
        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:  # who asked was killed
                self.close_connection = True

        def answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length", 0)))
            url = f"https://{self.headers['host']}{self.path}"
            reply = network.handle(
                httpx.Request(self.command, url, headers=dict(self.headers), content=content)
            )
            self.send_response_only(reply.status_code)
            for name, text in reply.headers.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(reply.content)

        do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def asked(request: httpx.Request) -> httpx.Response:
    """The answer to a request of a program."""
    there = httpx.URL(os.environ[ADDRESS] + request.url.raw_path.decode())
    with httpx.Client(trust_env=False) as client:
        came = client.request(request.method, there, headers=request.headers, content=request.content)
    return httpx.Response(came.status_code, headers=came.headers, content=came.content)
