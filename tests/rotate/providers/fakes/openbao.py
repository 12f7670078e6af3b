"""Tokens of OpenBao (and of Vault, whose API it shares): a real server in development mode on 127.0.0.1."""

import atexit
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import httpx
import pytest
from fakes.world import World

PAYMENTS = 'path "secret/*" { capabilities = ["read"] }'


def program() -> str:
    """The server's program, which the development dependencies install beside Python; skips the test without it."""
    found = shutil.which("bao", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return found or pytest.skip("OpenBao is not installed; there is no package of it for this system")


@cache
def server() -> httpx.Client:
    """The server, started once in this process, which ends with it."""
    folder = TemporaryDirectory()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [program(), "server", "-dev", "-dev-no-store-token", "-dev-root-token-id=root",
         f"-dev-listen-address=127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"HOME": folder.name, "PATH": os.environ["PATH"]},
    )  # fmt: skip
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}/v1/", trust_env=False)

    def stop():
        client.close()
        process.kill()
        process.wait()
        folder.cleanup()

    atexit.register(stop)
    for _ in range(300):
        with suppress(httpx.HTTPError):
            if client.get("auth/token/lookup-self", headers={"X-Vault-Token": "root"}).status_code == 200:
                return client
        time.sleep(0.1)
    raise AssertionError("the server does not start")


class Service(World):
    """A token of policy payments without the default policy, made long ago by the root token."""

    rule = "hashicorp.vault-short"
    against = "a real server (OpenBao)"
    parts = {"base_url": "https://vault.example:8200"}
    rights = {"policies": ["payments"], "ttl": 3600, "period": 0, "orphan": True, "meta": {"team": "a"}}

    def __init__(self) -> None:
        root = self.call("GET", "auth/token/lookup-self").json()["data"]["accessor"]
        for accessor in self.call("GET", "auth/token/accessors?list=true").json()["data"]["keys"]:
            if accessor != root:  # what the test before has left
                self.call("POST", "auth/token/revoke-accessor", {"accessor": accessor})
        self.admin = SimpleNamespace(
            secret=self.token({"policies": ["root"], "no_parent": True})["client_token"]
        )
        self.call("PUT", "sys/policy/payments", {"policy": PAYMENTS})
        old = self.token({"policies": ["payments"], "no_default_policy": True, "ttl": "1h", "no_parent": True,
                          "meta": {"team": "a"}})  # fmt: skip
        self.leaked = SimpleNamespace(id=old["accessor"], secret=old["client_token"])

    def call(self, method, path, data=None, token="root"):
        return server().request(method, path, json=data, headers={"X-Vault-Token": token})

    def token(self, data):
        return self.call("POST", "auth/token/create", data).json()["auth"]

    def lives(self, secret):
        return self.call("POST", "auth/token/lookup", {"token": secret}).status_code == 200

    def no_longer(self, made):
        """It is renewable, and may be as long as the old one was (`ttl` of its rights)."""
        return made.expires is not None

    def by_id(self, key_id):
        """What is known of a token, in the words of `rights`."""
        reply = self.call("POST", "auth/token/lookup-accessor", {"accessor": key_id})
        if reply.status_code != 200:
            return None
        said = reply.json()["data"]
        fields = {"policies": said["policies"], "ttl": said["creation_ttl"], "period": said.get("period", 0),
                  "orphan": said["orphan"], "meta": said["meta"]}  # fmt: skip
        expires = datetime.fromisoformat(said["expire_time"][:19] + "+00:00")
        return SimpleNamespace(id=key_id, name=said["display_name"], expires=expires, fields=fields)

    def answer(self, request):
        """From the server itself."""
        assert request.headers["host"] == "vault.example:8200"
        headers = {"X-Vault-Token": request.headers["x-vault-token"]}
        path = request.url.raw_path.decode().removeprefix("/v1/")
        came = server().request(request.method, path, headers=headers, content=request.content)
        return httpx.Response(came.status_code, headers={"date": came.headers["date"]}, content=came.content)
