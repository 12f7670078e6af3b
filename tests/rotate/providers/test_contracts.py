"""Every request to a provider is one that its own OpenAPI description allows, as Prism judges it.

`make contracts` runs this; without the descriptions or without Prism it is skipped. What a mock without
state cannot show, that a revoked key stops working, the fakes do (test_declared.py).
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from fakes.world import FAKES, fake

ROOT = Path(__file__).parents[3]
DESCRIPTIONS = Path(os.environ.get("UNLEAK_CONTRACTS", ROOT.parent / "shared" / "contracts"))
PRISM = shutil.which("prism") or shutil.which("prism", path=ROOT / ".venv/node/node_modules/.bin")
DESCRIBED = [name for name in FAKES if fake(name).contracts]
PROBLEM = "stoplight.io/prism/errors"
SECONDS = 60

pytestmark = [
    pytest.mark.skipif(not DESCRIPTIONS.is_dir(), reason=f"no descriptions in {DESCRIPTIONS}"),
    pytest.mark.skipif(PRISM is None, reason="no Prism; `make contracts` installs it"),
]


@contextmanager
def mocked(description: str) -> Iterator[str]:
    """The address of a Prism that refuses what the description does not allow."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    path = DESCRIPTIONS / f"{description}.json"
    command = [PRISM, "mock", "--errors", "--host", "127.0.0.1", "--port", str(port), str(path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def exchanged(bench) -> list[httpx.Request]:
    """The requests of a whole rotation, one of each kind."""
    provider = bench.provider
    identity = bench.identity
    provider.acting()
    new = provider.issue(identity, "0a1b2c3d4e")
    provider.verify(new)
    provider.keys(identity)
    provider.key(identity, new.id)
    provider.last_used(identity, new.id)
    provider.find(identity, "0a1b2c3d4e")
    provider.revoke(identity, identity.credential_id)
    return list({(one.method, str(one.url)): one for one in bench.network.requests}.values())


def refusal(request: httpx.Request, address: str, base: str, more: dict[str, str]) -> str:
    """What Prism has against `request` with `more` headers; empty if nothing."""
    kept = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
    kept["accept"] = f"{kept.get('accept', '*/*')}, application/json"  # descriptions call vendors' types so
    kept |= more
    path = request.url.raw_path.decode().removeprefix(base)
    answer = httpx.request(request.method, address + path, headers=kept, content=request.content)
    return answer.text if PROBLEM in answer.text else ""


@pytest.mark.parametrize("bench", DESCRIBED, indirect=True)
def test_every_request_is_allowed_by_the_providers_description(bench):
    world, requests, refusals = bench.world, exchanged(bench), {}
    assert requests
    for description, base in bench.world.contracts.items():
        with mocked(description) as address:
            for number, request in enumerate(requests):
                refusals.setdefault(number, []).append(refusal(request, address, base, world.described_by))
    refused = {
        f"{requests[number].method} {requests[number].url.path}": found
        for number, found in refusals.items()
        if "" not in found
    }
    assert refused.keys() == bench.world.undescribed.keys(), refused
