"""References to credentials: where one is, never the credential itself."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable
from functools import cache

from unleak.cli.rotation_stores import Stores
from unleak.core.errors import RotationError, UsageError
from unleak.core.install import need
from unleak.core.secret import Secret
from unleak.rotate.rotation import Options

FORMS = "{} takes env:NAME, keyring:SERVICE/USER, cmd:COMMAND or a secret such as aws-sm://NAME#FIELD as {}"
STORES = {"aws-sm": "aws-sm", "aws-ssm": "aws-ssm", "vault": "vault-kv", "vault-kv": "vault-kv"}
"""The stores that hold acting credentials, by what references call them."""
PATIENCE = 120.0
"""Seconds that a command may take, which may ask for a finger or a password."""
SIZE = 65_536
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}")


def resolve(text: str, options: Options, option: str = "--admin", what: str = "the credential") -> Secret:
    """What a reference leads to.

    `env:NAME` is an environment variable, `keyring:SERVICE/USER` an entry of the system's keyring,
    `cmd:COMMAND` what a command prints (no shell), `aws-sm://NAME#FIELD`, `aws-ssm://…` and
    `vault://MOUNT/PATH#FIELD` the current version of a secret, or the field of its JSON object.

    UsageError, which repeats nothing that may be a credential.
    """
    scheme, _, rest = text.partition(":")
    place, _, field = rest.removeprefix("//").partition("#")
    stored = rest.startswith("//") and scheme in STORES
    if stored and place:
        value = _stored(STORES[scheme], place, field, options)
    elif scheme in _READERS and rest and not rest.startswith("//"):
        value = _READERS[scheme](rest, option)
    else:
        raise UsageError("that is no reference to a credential", _forms(option, what))
    value = value.strip()
    if not value:
        raise UsageError(f"what {option} refers to is empty", _forms(option, what))
    return Secret(value)


def _forms(option: str, what: str) -> str:
    return f"{FORMS.format(option, what)}; {what} itself never"


def _variable(name: str, option: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError("that is no reference to a credential", _forms(option, "the credential"))
    if not os.environ.get(name, "").strip():
        raise UsageError(f"the environment variable that {option} names is not set or empty", "export it")
    return os.environ[name]


def _entry(place: str, option: str) -> str:
    """`place` is SERVICE/USER."""
    keyring = need("keyring", "keyring")
    service, _, user = place.rpartition("/")
    if not service or not user:
        raise UsageError(f"{option} takes keyring:SERVICE/USER", "as in: keyring set SERVICE USER")
    try:
        found = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise UsageError(
            f"the keyring of this system cannot be read: {type(error).__name__}", "unlock it, or use env:NAME"
        ) from None
    if found is None:
        raise UsageError(
            f"the keyring has no entry that {option} names", "make it with: keyring set SERVICE USER"
        )
    return str(found)


@cache  # one call, one question to the person who unlocks the password manager
def _printed(command: str, option: str) -> str:
    """What the command prints. It shares the terminal, and its messages are not read."""
    try:
        ran = subprocess.run(shlex.split(command), stdout=subprocess.PIPE, timeout=PATIENCE, check=False)
    except ValueError:
        raise UsageError(f"the command of {option} has quotes without an end", "close them") from None
    except OSError as error:
        raise UsageError(
            f"the command of {option} cannot be started: {error.strerror}",
            "see that it is installed and in PATH",
        ) from None
    except subprocess.TimeoutExpired:
        raise UsageError(
            f"the command of {option} took longer than {PATIENCE:.0f} seconds", "run it by itself"
        ) from None
    if ran.returncode:
        raise UsageError(f"the command of {option} ended with exit code {ran.returncode}", "run it by itself")
    if len(ran.stdout) > SIZE:
        raise UsageError(f"the command of {option} printed more than a credential", "run it by itself")
    return ran.stdout.decode("utf-8", "replace")


def _stored(scheme: str, name: str, field: str, options: Options) -> str:
    from unleak.verify.aws_client import Access

    store = Stores(Access(options.profile, options.region), options)[scheme]
    try:
        text = store.read(name, store.current(name)).reveal()
    except RotationError as error:
        raise UsageError(error.message, error.hint) from None
    if not field:
        return text
    try:
        value = json.loads(text)[field]
    except (ValueError, KeyError, TypeError, RecursionError):
        value = None
    if not isinstance(value, str):
        raise UsageError(
            f"{name} has no field of that name that holds a text", "see the fields of the secret"
        )
    return value


_READERS: dict[str, Callable[[str, str], str]] = {"env": _variable, "keyring": _entry, "cmd": _printed}
