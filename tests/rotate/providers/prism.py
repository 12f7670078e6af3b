"""Holds requests against a provider's own OpenAPI description, as Prism judges it."""

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

ROOT = Path(__file__).parents[3]
DESCRIPTIONS = Path(os.environ.get("UNLEAK_CONTRACTS", ROOT.parent / "shared" / "contracts"))
PRISM = shutil.which("prism") or shutil.which("prism", path=ROOT / ".venv/node/node_modules/.bin")
PROBLEM = "stoplight.io/prism/errors"
SECONDS = 60

NEEDED = [
    pytest.mark.skipif(not DESCRIPTIONS.is_dir(), reason=f"no descriptions in {DESCRIPTIONS}"),
    pytest.mark.skipif(PRISM is None, reason="no Prism; `make contracts` installs it"),
]
"""Without them a test is skipped."""


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


def refusal(request: httpx.Request, address: str, base: str, more: dict[str, str]) -> str:
    """What Prism has against `request` with `more` headers; empty if nothing."""
    kept = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
    kept["accept"] = f"{kept.get('accept', '*/*')}, application/json"  # descriptions call vendors' types so
    kept |= more
    path = request.url.raw_path.decode().removeprefix(base)
    answer = httpx.request(request.method, address + path, headers=kept, content=request.content)
    if PROBLEM in answer.text:
        return answer.text
    # what the description itself has for a wrong request is answered in the place of a problem, if it has anything
    return f"it answered {answer.status_code}" if answer.status_code >= 400 else ""
