"""What is asked and sent about tokens of npm, at Verdaccio, a real registry of the same interface.

Verdaccio confirms that it revoked a token and goes on accepting it, so it shows that a confirmation proves nothing.
`.ci/run` installs it into .venv/verdaccio.
"""

import os
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from unleak.cli import declared_key
from unleak.core.model import Liveness
from unleak.core.secret import Secret
from unleak.rotate.ports import Credential
from unleak.rotate.providers.by_hand import ByHand
from unleak.verify.http import Https

INSTALLED = Path(__file__).parents[3] / ".venv" / "verdaccio" / "node_modules" / ".bin"
PROGRAM = shutil.which("verdaccio", path=f"{INSTALLED}{os.pathsep}{os.environ['PATH']}")
CONFIGURATION = """
storage: ./storage
auth: {htpasswd: {file: ./htpasswd}}
uplinks: {}
packages: {"**": {access: $all, publish: $authenticated}}
flags: {token: true}
log: {type: stdout, format: json, level: fatal}
"""

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Verdaccio is not installed")


class Registry:
    """The server, with the user ada, and every request that was sent to it in place of npm's registry."""

    def __init__(self, address: str) -> None:
        self.client = httpx.Client(base_url=address, trust_env=False, timeout=20)
        self.requests: list[httpx.Request] = []

    def login(self) -> str:
        made = self.client.put(
            "/-/user/org.couchdb.user:ada", json={"name": "ada", "password": "of-a-test-0"}
        )
        return str(made.json()["token"])

    def token(self, login: str) -> str:
        """What a person makes."""
        wanted = {"password": "of-a-test-0", "readonly": False, "cidr_whitelist": []}
        made = self.client.post("/-/npm/v1/tokens", json=wanted, headers={"Authorization": f"Bearer {login}"})
        return str(made.json()["token"])

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        assert request.headers["host"] == "registry.npmjs.org"
        headers = {"Authorization": request.headers["authorization"]}
        came = self.client.request(request.method, request.url.raw_path.decode(), headers=headers)
        return httpx.Response(came.status_code, content=came.content)


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verdaccio")
    (folder / "config.yaml").write_text(CONFIGURATION)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = [PROGRAM, "--config", folder / "config.yaml", "--listen", address]
    with (folder / "log").open("wb") as out:
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out, env=environment)
        made = Registry(f"http://{address}")
        try:
            for _ in range(600):
                with suppress(httpx.TransportError):
                    if made.client.get("/-/ping").status_code == 200:
                        break
                time.sleep(0.1)
            yield made
        finally:
            made.client.close()
            process.kill()
            process.wait()


@pytest.fixture
def provider(registry):
    kind = declared_key.kind(declared_key.required("npm.access-token"), {}, {}, acting=False)
    there = httpx.MockTransport(registry.handle)
    return ByHand(kind, "", None, Https(lambda host, port: ["93.184.216.34"], there))


@pytest.fixture(scope="module")
def leaked(registry):
    return Credential("", Secret(registry.token(registry.login())))


def test_a_token_is_told_with_its_owner(provider, leaked):
    answer = provider.verify(leaked)
    assert answer.liveness is Liveness.LIVE
    assert answer.identity.account == "ada"


def test_a_confirmed_revocation_is_no_proof(registry, provider, leaked):
    identity = provider.verify(leaked).identity
    provider.revoke(identity, identity.credential_id)
    assert registry.requests[-1].method == "DELETE"
    assert provider.verify(leaked).liveness is Liveness.LIVE
