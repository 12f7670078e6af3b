"""The story that `unleak demo` plays: a key leaks into a repository, and the leak is closed."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from unleak.core.errors import RotationError
from unleak.demo.aws_cloud import SECRET, USER, Account, Key, account, alone

REFRESH = 2.0
"""Seconds after which the consumer's caching client reads the secret again."""
QUIET = 4
"""Seconds without a use of the old key that count as quiet: two refresh intervals."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the consumer counted."""

    calls: int
    failed: int
    keys: tuple[str, ...]
    """Ids of the keys it used, in order."""


def play(say: Say) -> Statistics:
    """Play the whole story in a temporary folder and return the consumer's count.

    Raises RotationError if a call of the consumer failed or the old key is not dead.
    """
    with alone(), tempfile.TemporaryDirectory(prefix="unleak-demo-") as folder:
        here = Path(folder)
        say("1. A local AWS account (moto) with the user payments-service; its key is in prod/payments.")
        with account(here / "moto.log") as aws, consumer(aws, here / "consumer.json") as count:
            say("2. The payments service reads it through AWS's caching client and calls AWS all the time.")
            await_calls(count, 20)
            say("3. Somebody commits the key, and removes it again in the next commit.")
            commit_key(here / "shop", aws.service)
            say("4. unleak scans the history.\n")
            unleak(aws, here, "scan", "--history", "shop")
            unleak(aws, here, "scan", "--history", "shop", "--format", "json", "--output", "leaks.json")
            say("\n5. unleak closes the leak.\n")
            rotate(aws, here)
            await_calls(count, count().calls + 20)
            prove_dead(aws)
            return count()


@contextmanager
def consumer(aws: Account, statistics: Path) -> Iterator[Callable[[], Statistics]]:
    """The payments service as a running process; yields what reads its count."""
    command = [sys.executable, "-m", "unleak.demo.aws_consumer", str(statistics), str(REFRESH), SECRET]
    process = subprocess.Popen(command, env=aws.reader.environment(aws.endpoint), stdin=subprocess.DEVNULL)

    def count() -> Statistics:
        if process.poll() is not None:
            raise RotationError("the payments service of the demo ended unexpectedly.")
        if not statistics.exists():
            return Statistics(0, 0, ())
        read = json.loads(statistics.read_text())
        return Statistics(read["calls"], read["failed"], tuple(read["keys"]))

    try:
        yield count
    finally:
        process.terminate()
        process.wait()


def await_calls(count: Callable[[], Statistics], calls: int, seconds: float = 30) -> None:
    """Wait until the consumer made as many calls."""
    deadline = time.monotonic() + seconds
    while count().calls < calls:
        if time.monotonic() > deadline:
            raise RotationError("the payments service of the demo makes no calls.")
        time.sleep(0.05)


def commit_key(repository: Path, key: Key) -> None:
    """A repository in whose history, but not in whose tree, the key stands."""
    repository.mkdir()
    settings = repository / "settings.env"
    _git(repository, "init", "-q", "-b", "main")
    settings.write_text("CURRENCY=EUR\n")
    _commit(repository, "Settings of the shop")
    settings.write_text(f"CURRENCY=EUR\nAWS_ACCESS_KEY_ID={key.id}\nAWS_SECRET_ACCESS_KEY={key.secret}\n")
    _commit(repository, "Make payments work on my machine")
    settings.write_text("CURRENCY=EUR\n")
    _commit(repository, "Remove the key again")


def rotate(aws: Account, here: Path) -> None:
    """`unleak rotate` of the finding in leaks.json, as the incident responder."""
    findings = json.loads((here / "leaks.json").read_text())["findings"]
    leaked = next(f for f in findings if f["service"] == "aws" and f["parts"])
    code = unleak(
        aws, here, "rotate", "--finding", leaked["fingerprint"], "--report", "leaks.json",
        "--yes", "--quiet", str(QUIET), "--grace", "1",
    )  # fmt: skip
    if code:
        raise RotationError(f"the rotation of the demo ended with exit code {code}.")


def prove_dead(aws: Account) -> None:
    """The user has one key, and it is not the leaked one."""
    keys = aws.client("iam").list_access_keys(UserName=USER)["AccessKeyMetadata"]
    if [key["AccessKeyId"] for key in keys if key["AccessKeyId"] == aws.service.id] or len(keys) != 1:
        raise RotationError("the leaked key of the demo is still there.")


def unleak(aws: Account, here: Path, *arguments: str) -> int:
    """Run unleak as the incident responder would; its output goes to the terminal."""
    print("$ unleak " + " ".join(arguments), flush=True)
    environment = aws.admin.environment(aws.endpoint) | {"UNLEAK_STATE_DIR": str(here / "state")}
    command = [sys.executable, "-m", "unleak", *arguments]
    return subprocess.run(
        command, cwd=here, env=environment, stdin=subprocess.DEVNULL, check=False
    ).returncode


def _git(repository: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
    command = ["git", "-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false", *arguments]
    subprocess.run(command, cwd=repository, env=environment, check=True, stdout=subprocess.DEVNULL)


def _commit(repository: Path, message: str) -> None:
    person = {"NAME": "Demo", "EMAIL": "demo@example.org"}
    names = {f"GIT_{role}_{what}": text for role in ("AUTHOR", "COMMITTER") for what, text in person.items()}
    _git(repository, "add", "-A")
    _git(repository, "commit", "-q", "-m", message, environment=os.environ | names)
