"""A local AWS (moto's server on 127.0.0.1, with its authorisation switched on) and a leaked key in it."""

import http.client
import io
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from fakes.openbao import program

from unleak.cli import terminal
from unleak.cli.program import run
from unleak.rotate import keys

USER = "payments"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


class Aws:
    """The server, an admin who acts, the user whose key leaked, and secrets that hold it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.admin: dict[str, str] = {}
        self.leaked: dict[str, str] = {}

    def post(self, path: str, body: str = "") -> None:
        """Call moto's own interface."""
        connection = http.client.HTTPConnection(self.url.partition("//")[2], timeout=10)
        connection.request("POST", path, body, {"Content-Type": "text/plain"})
        connection.getresponse().read()
        connection.close()

    def client(self, service: str, key: dict[str, str] | None = None) -> Any:
        """A client that signs with `key`, by default the admin's."""
        key = key or self.admin or {"AccessKeyId": "x" * 16, "SecretAccessKey": "y"}
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="eu-west-1",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )

    def user(self, name: str, policy: dict[str, Any] = POLICY) -> dict[str, str]:
        """A new user with a policy and one key."""
        iam = self.client("iam")
        iam.create_user(UserName=name, Path="/services/")
        iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=json.dumps(policy))
        return dict(iam.create_access_key(UserName=name)["AccessKey"])

    def fresh(self) -> None:
        """Forget everything and build the scene anew."""
        self.post("/moto-api/reset-auth", "100000")
        self.post("/moto-api/reset")
        self.admin = {}
        self.admin = self.user("admin")
        self.leaked = self.user(USER)
        self.post("/moto-api/reset-auth", "0")

    def secret(self, name: str, text: str) -> str:
        """A secret with this text; returns its version."""
        made = self.client("secretsmanager").create_secret(Name=name, SecretString=text)
        return str(made["VersionId"])

    def json_secret(self, name: str = "prod/payments") -> str:
        """A JSON secret with the leaked key and neighbours that must not change."""
        return self.secret(name, self.json_text(self.leaked))

    def json_text(self, key: dict[str, str]) -> str:
        """The text of `json_secret`, with odd layout on purpose."""
        escaped = key["SecretAccessKey"].replace("/", "\\/")
        return (
            '{"zeta":  1.50, "aws": {"id": "'
            + key["AccessKeyId"]
            + '",\n "secret": "'
            + escaped
            + '"}, "alpha": "caf\\u00e9", "none": null}\n'
        )

    def current(self, name: str = "prod/payments") -> str:
        """The text of AWSCURRENT."""
        return str(
            self.client("secretsmanager").get_secret_value(SecretId=name, VersionStage="AWSCURRENT")[
                "SecretString"
            ]
        )

    def current_key(self, name: str = "prod/payments") -> dict[str, str]:
        """The key pair that the current text of `json_secret` holds."""
        aws = json.loads(self.current(name))["aws"]
        return {"AccessKeyId": aws["id"], "SecretAccessKey": aws["secret"]}

    def keys(self) -> dict[str, str]:
        """The user's key ids with their status."""
        rows = self.client("iam").list_access_keys(UserName=USER)["AccessKeyMetadata"]
        return {row["AccessKeyId"]: row["Status"] for row in rows}

    def tags(self) -> dict[str, str]:
        """The user's tags."""
        return {tag["Key"]: tag["Value"] for tag in self.client("iam").list_user_tags(UserName=USER)["Tags"]}

    def lives(self, key: dict[str, str]) -> bool:
        """Whether STS accepts the key."""
        try:
            self.client("sts", key).get_caller_identity()
        except Exception:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """The server, once a session."""
    port = _free_port()
    log = tmp_path_factory.mktemp("moto") / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stdout=out, stderr=out
        )
        try:
            for _ in range(200):
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield Aws(f"http://127.0.0.1:{port}")
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def aws(moto: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Aws:
    """A fresh scene, with the admin's credentials and a state directory in the environment."""
    moto.fresh()
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", moto.admin["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", moto.admin["SecretAccessKey"])
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("UNLEAK_STATE_DIR", str(tmp_path / "state"))
    return moto


class Bao:
    """A development server of OpenBao, which keeps everything in memory."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token

    def call(self, method: str, path: str, body: Any = None, *, missing: bool = False) -> Any:
        """What it answers, as its root; with `missing`, None if there is nothing."""
        connection = http.client.HTTPConnection(self.url.partition("//")[2], timeout=10)
        sent = json.dumps(body) if body is not None else None
        connection.request(method, f"/v1/{path}", sent, {"X-Vault-Token": self.token})
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        if missing and response.status == 404:
            return None
        if (
            response.status == 400 and b"Upgrading from non-versioned" in answer
        ):  # of a mount that was just made
            time.sleep(0.2)
            return self.call(method, path, body, missing=missing)
        assert response.status < 300, (method, path, response.status, answer)
        return json.loads(answer) if answer else None

    def fresh(self) -> None:
        """Forget all mounts of tests."""
        for mount in self.call("GET", "sys/mounts")["data"]:
            if mount not in {"cubbyhole/", "identity/", "sys/"}:
                self.call("DELETE", f"sys/mounts/{mount}")

    def limited(self, policy: dict[str, list[str]]) -> str:
        """A token that may do this and no more: paths with their capabilities."""
        text = json.dumps({"path": {path: {"capabilities": rights} for path, rights in policy.items()}})
        self.call("POST", "sys/policies/acl/limited", {"policy": text})
        made = self.call("POST", "auth/token/create", {"policies": ["limited"], "ttl": "1h"})
        return str(made["auth"]["client_token"])


@contextmanager
def _serving(home: Path, made: Bao, *options: str) -> Iterator[None]:
    """OpenBao at the address and with the token of `made`, until it is left."""
    address = made.url.partition("//")[2]
    command = [program(), "server", f"-dev-listen-address={address}", f"-dev-root-token-id={made.token}"]
    with (home / "log").open("w+b") as out:
        environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
        process = subprocess.Popen(
            [*command, "-dev-no-store-token", *options], stdout=out, stderr=out, env=environment
        )
        try:
            for _ in range(300):
                if b"Development mode should NOT" in (home / "log").read_bytes():  # its last line
                    break
                time.sleep(0.1)
            yield
        finally:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def openbao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    """The server, once a session."""
    made = Bao(f"http://127.0.0.1:{_free_port()}", uuid.uuid4().hex)
    with _serving(tmp_path_factory.mktemp("bao"), made, "-dev"):
        yield made


@pytest.fixture
def secure_bao(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A server with TLS, in the environment; gives the file with the certificate of its authority."""
    made = Bao(f"https://127.0.0.1:{_free_port()}", uuid.uuid4().hex)
    monkeypatch.setenv("VAULT_ADDR", made.url)
    monkeypatch.setenv("VAULT_TOKEN", made.token)
    with _serving(tmp_path, made, "-dev-tls", f"-dev-tls-cert-dir={tmp_path}"):
        yield next(tmp_path.glob("*-ca.pem"))


@pytest.fixture
def bao(openbao: Bao, monkeypatch: pytest.MonkeyPatch) -> Bao:
    """A server without secrets, with address and token in the environment."""
    openbao.fresh()
    monkeypatch.setenv("VAULT_ADDR", openbao.url)
    monkeypatch.setenv("VAULT_TOKEN", openbao.token)
    return openbao


@dataclass(frozen=True)
class Ran:
    """How a run ended; stdout and stderr are one text."""

    returncode: int
    stdout: str


class Forks:
    """The process that runs the program in forks of itself, see forked.py."""

    def __init__(self, folder: Path) -> None:
        self.given, self.shown = folder / "given", folder / "shown"
        script = str(Path(__file__).with_name("forked.py"))
        self.process = subprocess.Popen(
            [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, arguments: tuple[str, ...], given: str, faults: bool, environment: dict[str, str]) -> Ran:
        """One run of the program."""
        self.given.write_text(given)
        self.shown.write_text("")
        asked = {"arguments": arguments, "environment": environment, "faults": faults,
                 "given": str(self.given), "shown": str(self.shown)}  # fmt: skip
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        code = int(self.process.stdout.readline())
        return Ran(code, self.shown.read_text(errors="replace"))


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """Once a session."""
    made = Forks(tmp_path_factory.mktemp("forks"))
    yield made
    made.process.stdin.close()
    made.process.wait()
    made.process.stdout.close()


class Unleak:
    """The program as a person runs it, without a terminal: here, or in a fork if it may die."""

    def __init__(self, aws: Aws, forks: Forks) -> None:
        self.aws, self.forks = aws, forks
        self.terminal = "/nonexistent"

    def __call__(self, *arguments: str, given: str = "", faults: bool = False, **environment: str) -> Ran:
        """Run it; with `faults`, UNLEAK_TEST_CALL says which call meets which fate (see killed.py)."""
        if faults or "UNLEAK_TEST_DISK" in environment:
            return self.forks.run(arguments, given, faults, os.environ | environment)
        shown = io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            for name, text in environment.items():
                patch.setenv(name, text)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
            patch.setattr(terminal, "TERMINAL", self.terminal)
            patch.setattr(keys, "SETTLES", timedelta(0))  # moto lists a new key at once
            with redirect_stdout(shown), redirect_stderr(shown):
                code = run(list(arguments))
        return Ran(code, shown.getvalue())

    def rotate(self, *more: str, faults: bool = False, **environment: str) -> Ran:
        """Rotate the leaked key, fast."""
        given = f"{self.aws.leaked['AccessKeyId']} {self.aws.leaked['SecretAccessKey']}"
        fast = ("--quiet", "1", "--grace", "0", "--wait", "20")
        return self("rotate", "--stdin", "--yes", *fast, *more, given=given, faults=faults, **environment)

    def only_id(self) -> str:
        """The id of the one rotation there is."""
        listed = json.loads(self("incidents", "list", "--format", "json").stdout)
        assert len(listed) == 1
        return str(listed[0]["id"])


@pytest.fixture
def unleak(aws: Aws, forks: Forks) -> Unleak:
    """The program."""
    return Unleak(aws, forks)
