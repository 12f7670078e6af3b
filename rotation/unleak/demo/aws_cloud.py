"""A small AWS account on this machine: a moto server that checks every signature."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import boto3

from unleak.core.errors import UnleakError

REGION = "eu-central-1"
USER = "payments-service"
SECRET = "prod/payments"  # noqa: S105  the secret's name
READY_SECONDS = 30

_ALL = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """An access key of the demo account; worthless outside it."""

    id: str
    secret: str

    def environment(self, endpoint: str) -> dict[str, str]:
        """The environment of a process that acts with this key, and with nothing of the user's AWS settings."""
        return surroundings() | {
            "AWS_ACCESS_KEY_ID": self.id,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": endpoint,
        }


@dataclass(frozen=True, slots=True, repr=False)
class Account:
    """What stands in the demo account when the story begins."""

    endpoint: str
    admin: Key
    """The key that the incident responder acts with."""
    reader: Key
    """The key with which the consumer may read Secrets Manager."""
    service: Key
    """The key of the payments service: the one that leaks."""

    def client(self, service: str, key: Key | None = None) -> Any:
        """A boto3 client that acts as the administrator, or with `key`."""
        return _client(service, self.endpoint, key or self.admin)


def surroundings() -> dict[str, str]:
    """The user's environment without what would lead the demo elsewhere: AWS settings, proxies, git's places."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "GIT_", "BOTO_", "UNLEAK_")) and not name.lower().endswith("_proxy")
    }
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return kept | nothing | {"AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "*"}


@contextmanager
def alone() -> Iterator[None]:
    """This process too sees only `surroundings` while the body runs."""
    before = dict(os.environ)
    _become(surroundings())
    try:
        yield
    finally:
        _become(before)


def _become(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)


@contextmanager
def account(log: Path) -> Iterator[Account]:
    """A fresh account on a free port of 127.0.0.1; it is gone when the body ends."""
    port = _free_port()
    endpoint = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as stream:
        server = subprocess.Popen(command, stdout=stream, stderr=stream, stdin=subprocess.DEVNULL)
        try:
            _await(server, endpoint)
            yield _furnish(endpoint)
        finally:
            server.kill()
            server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(server: "subprocess.Popen[bytes]", endpoint: str) -> None:
    for _ in range(READY_SECONDS * 10):
        if server.poll() is not None:
            break
        try:
            urlopen(f"{endpoint}/moto-api/data.json", timeout=1).close()  # noqa: S310  loopback
            return
        except (URLError, OSError):
            time.sleep(0.1)
    raise UnleakError("the local AWS server of the demo did not start.", "Is moto[server] installed?")


def _furnish(endpoint: str) -> Account:
    """Users, keys and the secret; then every call has to be signed and allowed."""
    iam = _client("iam", endpoint, Key("setup", "setup"))
    keys = [_user(iam, name) for name in ("incident-responder", "payments-runtime", USER)]
    service = keys[2]
    value = {"AWS_ACCESS_KEY_ID": service.id, "AWS_SECRET_ACCESS_KEY": service.secret, "CURRENCY": "EUR"}
    secrets = _client("secretsmanager", endpoint, Key("setup", "setup"))
    secrets.create_secret(Name=SECRET, SecretString=json.dumps(value))
    check = Request(  # noqa: S310  loopback
        f"{endpoint}/moto-api/reset-auth", data=b"0", headers={"Content-Type": "text/plain"}
    )
    urlopen(check, timeout=5).close()  # noqa: S310  loopback
    return Account(endpoint, *keys)


def _user(iam: Any, name: str) -> Key:
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=_ALL)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return Key(made["AccessKeyId"], made["SecretAccessKey"])


def _client(service: str, endpoint: str, key: Key) -> Any:
    return boto3.client(  # type: ignore[call-overload]
        service, endpoint_url=endpoint, region_name=REGION,
        aws_access_key_id=key.id, aws_secret_access_key=key.secret,
    )  # fmt: skip
