"""A world in which the real program runs, and a search through all that a run leaves or shows."""

import base64
import binascii
import gzip
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import hyperscan
import pytest

from unleak.demo.aws_cloud import REGION, Account, Key, account
from unleak.scan.examples import expand

WINDOW = 12
"""A piece of a secret of so many characters is a leak."""
HERE = Path(__file__).parent


# --- the search --------------------------------------------------------------------------------------


def windows(data: bytes, size: int = WINDOW) -> set[bytes]:
    """All pieces of `size` bytes."""
    return {data[at : at + size] for at in range(len(data) - size + 1)}


def base64_windows(data: bytes) -> set[bytes]:
    """What any 12 bytes of `data` look like within base64, at each of the three alignments."""
    found: set[bytes] = set()
    for before in range(3):
        text = base64.b64encode(b"\0" * before + data).rstrip(b"=")
        whole = text[4 if before else 0 : len(text) - len(text) % 4 - 4]
        found |= windows(whole, 16) | windows(whole.translate(bytes.maketrans(b"+/", b"-_")), 16)
    return found


ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda piece: piece,
    "reversed": lambda piece: piece[::-1],
    "json": lambda piece: json.dumps(piece.decode())[1:-1].replace("/", "\\/").encode(),
    "unicode escapes": lambda piece: "".join(f"\\u{byte:04x}" for byte in piece).encode(),
    "percent": lambda piece: quote(piece, safe="").encode(),
    "percent, all of it": lambda piece: "".join(f"%{byte:02x}" for byte in piece).encode(),
    "hex": lambda piece: piece.hex().encode(),
    "upper hex": lambda piece: piece.hex().upper().encode(),
    "reversed hex": lambda piece: piece.hex()[::-1].encode(),
    "html": lambda piece: piece.replace(b"/", b"&#x2F;").replace(b"+", b"&#43;"),
}


class Search:
    """Finds any piece of the given secrets, in any of the forms above and in base64."""

    def __init__(self, secrets: dict[str, str]) -> None:
        needles: dict[bytes, str] = {}
        for name, secret in secrets.items():
            for piece in windows(secret.encode()):
                for form, encode in ENCODINGS.items():
                    needles.setdefault(encode(piece), f"{name} ({form})")
            needles |= dict.fromkeys(base64_windows(secret.encode()), f"{name} (base64)")
        self.names = list(needles.values())
        self.database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self.database.compile(
            expressions=list(needles), ids=list(range(len(needles))), elements=len(needles),
            flags=[hyperscan.HS_FLAG_SINGLEMATCH] * len(needles), literal=True,
        )  # fmt: skip
        self.clean: set[bytes] = set()

    def __call__(self, data: bytes) -> set[str]:
        """The names of the secrets of which a piece stands in `data`."""
        digest = hashlib.sha256(data).digest()
        found: set[str] = set()
        if data and digest not in self.clean:
            for view in (data, data.replace(b"\0", b"")):  # the second for UTF-16
                self.database.scan(view, match_event_handler=lambda at, *_: found.add(self.names[at]))
        if not found:
            self.clean.add(digest)
        return found


def layers(value: bytes, depth: int = 2) -> Iterator[bytes]:
    """`value`, and what it holds if it is encoded or compressed."""
    yield value
    if not depth:
        return
    padded = value.strip() + b"=" * (-len(value.strip()) % 4)
    openers: list[Callable[[], bytes]] = [
        lambda: base64.b64decode(padded, validate=True),
        lambda: base64.urlsafe_b64decode(padded),
        lambda: binascii.unhexlify(value.strip()),
        lambda: zlib.decompress(value),
        lambda: zlib.decompress(value, -15),
        lambda: gzip.decompress(value),
    ]
    for opener in openers:
        with suppress(ValueError, zlib.error, OSError, EOFError):
            if inner := opener():
                yield from layers(inner, depth - 1)


def database_values(path: Path) -> Iterator[bytes]:
    """Every value of every table of a SQLite file."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608
                for value in row:
                    yield value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


# --- the world ---------------------------------------------------------------------------------------

GIT = """#!/bin/sh
{{ tr '\\0' '\\n' < /proc/$$/cmdline; tr '\\0' '\\n' < /proc/$$/environ; }} >> {log}
exec {git} "$@"
"""


@dataclass
class Ran:
    """One run of the program."""

    code: int
    stdout: bytes
    stderr: bytes
    traces: set[tuple[str, str]]
    """Where something was found, and what."""
    shown: dict[str, bytes] = field(repr=False)
    """What could be seen of it from outside: its output and the process list."""

    @property
    def text(self) -> str:
        return (self.stdout + self.stderr).decode("utf-8", "surrogateescape")


@dataclass
class World:
    """The directories that a run may write to, and the environment that leads there."""

    path: Path
    search: Search
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("home", "cache", "state", "tmp", "cwd", "bin"):
            (self.path / name).mkdir(parents=True)
        log, git = self.path / "git.log", shutil.which("git")
        (self.path / "bin" / "git").write_text(GIT.format(log=log, git=git))
        (self.path / "bin" / "git").chmod(0o755)
        self.environment |= {
            "PATH": f"{self.path / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.path / "home"),
            "XDG_CACHE_HOME": str(self.path / "cache"),
            "UNLEAK_STATE_DIR": str(self.path / "state"),
            "TMPDIR": str(self.path / "tmp"),
        }

    def run(self, *arguments: str, given: bytes = b"", script: str = "", **environment: str) -> Ran:
        """Run `unleak` (or a script of this folder that runs it) and search through everything."""
        start = [str(HERE / script)] if script else ["-m", "unleak"]
        process = subprocess.Popen(
            [sys.executable, *start, *arguments],
            env=os.environ | self.environment | environment,
            cwd=self.path / "cwd", start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        typed = any(self.search(argument.encode()) for argument in arguments)
        with Watch(process.pid, ignore=typed) as seen:
            stdout, stderr = process.communicate(given, timeout=120)
        shown = {"stdout": stdout, "stderr": stderr} | seen.processes
        return Ran(process.returncode, stdout, stderr, self.traces(shown, self.search), shown)

    def traces(self, shown: dict[str, bytes], search: Search) -> set[tuple[str, str]]:
        """Search what was shown and every file of this world."""
        found = {(place, name) for place, data in shown.items() for name in search(data)}
        for path in (path for path in self.path.rglob("*") if path.is_file()):
            place = str(path.relative_to(self.path))
            data = path.read_bytes()
            contents: Iterable[bytes] = [data, os.fsencode(place)]
            if data.startswith(b"SQLite format 3"):
                contents = [*contents, *(layer for value in database_values(path) for layer in layers(value))]
            found |= {(place, name) for content in contents for name in search(content)}
        return found


class Watch:
    """Samples the process list while the program runs."""

    def __init__(self, pid: int, ignore: bool) -> None:
        self.pid = pid
        self.ignore = ignore
        self.processes: dict[str, bytes] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            for folder in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    self._sample(folder)

    def _sample(self, folder: Path) -> None:
        session = (folder / "stat").read_text().rpartition(")")[2].split()[3]
        if int(session) == self.pid and not (self.ignore and folder.name == str(self.pid)):
            for name in ("cmdline", "environ"):
                place = f"{name} of {(folder / 'comm').read_text().strip()}"
                self.processes[place] = self.processes.get(place, b"") + (folder / name).read_bytes()


# --- what leaks --------------------------------------------------------------------------------------


@dataclass
class Leak:
    """A key of a user of the account, the secrets beside it, and the repository that holds them."""

    user: str
    key: Key
    secrets: dict[str, str]
    repository: Path = Path()

    @property
    def pair(self) -> bytes:
        """As typed for `unleak rotate --stdin`."""
        return f"{self.key.id} {self.key.secret}".encode()

    @property
    def text(self) -> str:
        """A settings file that holds everything."""
        return (
            f"AWS_ACCESS_KEY_ID={self.key.id}\nAWS_SECRET_ACCESS_KEY={self.key.secret}\n"
            f"GITHUB_TOKEN={self.secrets['github']}\nDATABASE_URL=postgres://app:{self.secrets['password']}@db/x\n"
            f"webhook: https://hooks.slack.com/services/{self.secrets['slack']}\n"
        )


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """A local AWS that checks signatures and policies."""
    with account(tmp_path_factory.mktemp("moto") / "log") as made:
        yield made


@pytest.fixture(scope="session")
def iam(cloud: Account) -> Any:
    """An administrator's client; making one costs more than a call."""
    return cloud.client("iam")


@pytest.fixture(scope="session")
def vault(cloud: Account) -> Any:
    """The same, of Secrets Manager."""
    return cloud.client("secretsmanager")


@pytest.fixture
def leak(iam, vault, make_repo, tmp_path: Path) -> Leak:
    """A new user whose key stands in a secret and, in all its history, in a repository."""
    user = f"user-{tmp_path.name}"[:60]
    iam.create_user(UserName=user)
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    iam.put_user_policy(UserName=user, PolicyName="all", PolicyDocument=json.dumps(policy))
    made = iam.create_access_key(UserName=user)["AccessKey"]
    key = Key(made["AccessKeyId"], made["SecretAccessKey"])
    secrets = {
        "aws": key.secret,
        "github": expand("ghp_${github_checksummed}", seed=7),
        "password": expand("${alnum:20}", seed=7),
        "slack": expand("T${uppernum:9}/B${uppernum:9}/${alnum:24}", seed=7),
    }
    leak = Leak(user, key, secrets)
    text = json.dumps({"id": key.id, "secret": key.secret})
    vault.create_secret(Name=f"prod/{user}", SecretString=text)
    repo = make_repo("leaking")
    repo.commit("begin")
    repo.write("settings.env", leak.text)
    repo.commit("settings, and a token in the message: " + secrets["github"])
    repo.write("copy.env", leak.text)
    repo.git("add", "copy.env")
    leak.repository = repo.path
    return leak


@pytest.fixture
def world(cloud: Account, vault, leak: Leak, tmp_path: Path) -> Iterator[World]:
    """Where the program runs as the account's administrator, whose profile stands outside of it."""
    profiles = tmp_path / "credentials"
    profiles.write_text(
        "".join(
            f"[{name}]\naws_access_key_id={key.id}\naws_secret_access_key={key.secret}\n"
            for name, key in {
                "default": cloud.admin, "responder": cloud.admin, "itself": leak.key,
                "wrong": Key(cloud.admin.id, leak.key.secret),
            }.items()
        )
    )  # fmt: skip
    acting = {
        "AWS_ENDPOINT_URL": cloud.endpoint,
        "AWS_SHARED_CREDENTIALS_FILE": str(profiles),
        "AWS_DEFAULT_REGION": REGION,
        "HTTPS_PROXY": "http://127.0.0.1:9",  # no provider but the local AWS is reached
    }
    yield World(tmp_path / "world", Search(leak.secrets | {"responder": cloud.admin.secret}), acting)
    vault.delete_secret(SecretId=f"prod/{leak.user}", ForceDeleteWithoutRecovery=True)
