"""A service of our own behind a port of 127.0.0.1: it keeps what it is given, and answers as documented."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Refused(Exception):
    """An answer other than 200."""

    def __init__(self, status, body=None):
        super().__init__(status)
        self.status, self.body = status, {"messages": ["text of the service"]} if body is None else body


class Service:
    """Says what it answers; `token` is the one that it takes."""

    header, before, page = "Authorization", "Bearer ", 20

    def __init__(self, token):
        self.token, self.address = token, ""
        self.asked = []
        """Method and path of every request."""
        self.denied = ()
        """Method and path of requests that the token has no right to."""

    def answer(self, method, path, query, body):
        """What comes back; Refused for anything but success."""
        raise NotImplementedError

    def handle(self, method, target, headers, content):
        parts = urlsplit(target)
        self.asked.append(f"{method} {parts.path}")
        if headers.get(self.header) != self.before + self.token:
            raise Refused(401)
        if f"{method} {parts.path}" in self.denied:
            raise Refused(403)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return self.answer(method, parts.path, query, json.loads(content) if content else {})

    def paged(self, rows, query):
        """One page of a list."""
        size = min(int(query.get("per_page", self.page)), 100)
        begin = (int(query.get("page", 1)) - 1) * size
        return rows[begin : begin + size]


class Handler(BaseHTTPRequestHandler):
    """Turns requests into calls of `server.service`."""

    def answer(self):
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, body = 200, None
        try:
            body = self.server.service.handle(self.command, self.path, self.headers, content)
        except Refused as refused:
            status, body = refused.status, refused.body
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response_only(204 if status == 200 and body is None else status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 (named by the server)

    def log_message(self, *_):
        """Nothing."""


@contextmanager
def serving(service):
    """`service` at an address of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.service, server.daemon_threads = service, True
    service.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
