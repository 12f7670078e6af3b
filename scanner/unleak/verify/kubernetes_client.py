"""A client of the API of Kubernetes, as far as secrets and rollouts need it."""

import os
import ssl
import tempfile
from typing import Any

from unleak.core.errors import UsageError
from unleak.verify.http import Server
from unleak.verify.kubeconfig import Login, login
from unleak.verify.rest_client import Rest, Service


class Cluster:
    """One cluster. The credentials are read when they are first needed."""

    def __init__(self, address: str) -> None:
        self.address = address
        service = Service("Kubernetes", address, "Authorization", "Bearer ", "your kubeconfig")
        self._plain = Rest(service, lambda: self._server("application/json"))
        self._patching = Rest(service, lambda: self._server("application/merge-patch+json"))
        self._login: Login | None = None

    @property
    def namespace(self) -> str:
        """Of the context."""
        self._login = self._login or login(self.address)
        return self._login.namespace

    def call(self, what: str, method: str, path: str, body: object = None) -> Any:
        """The answer's JSON. PATCH merges."""
        return (self._patching if method == "PATCH" else self._plain).call(what, method, path, body=body)

    def _server(self, content: str) -> Server:
        found = self._login = login(self.address)
        headers = [("Content-Type", content)]
        headers += [("Authorization", f"Bearer {found.token.reveal()}")] if found.token else []
        return Server(self.address, tuple(headers), context=_context(found))


def _context(found: Login) -> ssl.SSLContext:
    """The cluster's authority is trusted and no other; a client's certificate is a file for a moment."""
    try:
        context = ssl.create_default_context(cadata=found.authority.decode() or None)
        if found.certificate and found.key:
            with tempfile.NamedTemporaryFile(dir=_memory()) as file:  # mode 0600
                file.write(found.certificate + b"\n" + found.key.reveal().encode())
                file.flush()
                context.load_cert_chain(file.name)
    except (ssl.SSLError, ValueError):
        raise UsageError(
            "the certificates of the kubeconfig cannot be used", "make a new kubeconfig"
        ) from None
    return context


def _memory() -> str | None:
    """A folder that is on no disk, if there is one."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 (the file has a random name)
