"""What references to credentials lead to, and that what goes wrong repeats none of it."""

import json
import shlex
import sys

import boto3
import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked
from moto import mock_aws

from unleak.cli.reference import resolve
from unleak.core.errors import UsageError
from unleak.rotate.rotation import Options

VALUE = "s3cr3t-of-the-admin"
HERE = Options(region="eu-central-1")


class Ring(KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self, *, locked=False):
        super().__init__()
        self.locked, self.kept = locked, {("doppler", "admin"): VALUE}

    def set_password(self, service, username, password):
        self.kept[service, username] = password

    def get_password(self, service, username):
        if self.locked:
            raise KeyringLocked(VALUE)
        return self.kept.get((service, username))


@pytest.fixture
def ring():
    before = keyring.get_keyring()
    yield lambda **options: keyring.set_keyring(Ring(**options))
    keyring.set_keyring(before)


@pytest.fixture
def secrets(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        store = boto3.client("secretsmanager", region_name="eu-central-1")
        store.create_secret(Name="ops/doppler", SecretString=json.dumps({"TOKEN": VALUE, "PORT": 8080}))
        store.create_secret(Name="ops/plain", SecretString=f"{VALUE}\n")
        yield store


def refused(text):
    with pytest.raises(UsageError) as caught:
        resolve(text, HERE)
    said = f"{caught.value.message} {caught.value.hint}"
    assert VALUE[:8] not in said
    return said


def prints(text):
    """A command that prints `text`."""
    return f"cmd:{shlex.quote(sys.executable)} -c {shlex.quote(text)}"


def test_a_variable(monkeypatch):
    monkeypatch.setenv("ADMIN", f"{VALUE}\n")
    assert resolve("env:ADMIN", HERE).reveal() == VALUE
    assert "not set" in refused("env:OTHER")
    monkeypatch.setenv("ADMIN", " ")
    assert "not set" in refused("env:ADMIN")


def test_an_entry_of_the_keyring(ring):
    ring()
    assert resolve("keyring:doppler/admin", HERE).reveal() == VALUE
    assert "no entry" in refused("keyring:doppler/nobody")
    assert "SERVICE/USER" in refused("keyring:doppler")
    ring(locked=True)
    assert "KeyringLocked" in refused("keyring:doppler/admin")


def test_what_a_command_prints():
    assert resolve(prints(f"print({VALUE!r})"), HERE).reveal() == VALUE
    assert "exit code 3" in refused(prints(f"print({VALUE!r}); raise SystemExit(3)"))
    assert "empty" in refused(prints("pass"))
    assert "more than a credential" in refused(prints("print('a' * 70_000)"))
    assert "cannot be started" in refused("cmd:/no/such/program")
    assert "quotes" in refused("cmd:op 'read")


def test_a_command_is_asked_once(tmp_path):
    log = tmp_path / "log"
    command = prints(f"open({str(log)!r}, 'a').write('.'); print({VALUE!r})")
    assert resolve(command, HERE).reveal() == resolve(command, HERE).reveal() == VALUE
    assert log.read_text() == "."


def test_no_shell_runs_a_command(tmp_path):
    resolve(f"cmd:echo x > {tmp_path / 'made'}", HERE)
    assert not (tmp_path / "made").exists()


def test_a_secret_of_a_store(secrets):
    assert resolve("aws-sm://ops/doppler#TOKEN", HERE).reveal() == VALUE
    assert resolve("aws-sm://ops/plain", HERE).reveal() == VALUE
    assert "no field" in refused("aws-sm://ops/doppler#OTHER")
    assert "no field" in refused("aws-sm://ops/doppler#PORT")
    assert "no field" in refused("aws-sm://ops/plain#TOKEN")
    assert "ops/none" in refused("aws-sm://ops/none#TOKEN")


@pytest.mark.parametrize(
    "text", ["", VALUE, f"env:{VALUE}", "env:", "cmd:", "aws-sm://", "env:///etc", "doppler://a/b"]
)
def test_what_is_no_reference_is_refused_and_not_repeated(text):
    assert "env:NAME" in refused(text)
