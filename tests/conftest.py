"""Fixtures for all tests: a scrubbed environment and a builder of git repositories."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from unleak.scan import ruleset

KEPT = {"PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"}
PIP = ("PIP_", "UV_", "NPM_", "npm_", "HTTP", "http", "NO_PROXY", "no_proxy", "SSL_", "REQUESTS_")


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """What the cache holds once unleak's rule files were read: reading them anew in every test takes longest of all."""
    folder = tmp_path_factory.mktemp("parsed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        ruleset.load()
    return list((folder / "unleak").iterdir())


@pytest.fixture(autouse=True)
def scrubbed(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
    parsed: list[Path],
) -> Path:
    """No test sees the user's files, credentials or git settings. Returns the empty home."""
    keep_pip = request.node.get_closest_marker("install") is not None
    for name in list(os.environ):
        if name in KEPT or name.startswith("PYTEST") or (keep_pip and name.startswith(PIP)):
            continue
        if keep_pip and name == "HOME":
            continue
        monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    if not keep_pip:
        monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    if request.node.get_closest_marker("cold") is None:
        (home / "cache" / "unleak").mkdir(parents=True, mode=0o700)
        for path in parsed:
            os.link(path, home / "cache" / "unleak" / path.name)
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return home


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> Iterator[None]:
    """Children can be interrupted even if whoever started the tests ignores SIGINT, as `&` in a script does."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class GitRepo:
    """A real repository with a fixed author and a clock that advances a minute a commit."""

    def __init__(self, path: Path, *init: str) -> None:
        self.path = path
        self.minute = 0
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main", *init)

    def git(self, *arguments: str, input: bytes | None = None, **environment: str) -> str:  # noqa: A002
        """Run git here and return its output; raises on failure."""
        moment = f"2026-01-01T00:{self.minute // 60:02}:{self.minute % 60:02}Z"
        settings = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_AUTHOR_DATE": moment,
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@example.org",
            "GIT_COMMITTER_DATE": moment,
        } | environment
        run = subprocess.run(
            ["git", *arguments], cwd=self.path, env=settings, input=input, check=True, capture_output=True
        )
        return run.stdout.decode("utf-8", "surrogateescape").strip()

    def write(self, path: str | bytes, content: str | bytes) -> None:
        """Write a file of the work tree, making its folders."""
        target = os.path.join(os.fsencode(self.path), os.fsencode(path))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)

    def commit(self, message: str = "change", **environment: str) -> str:
        """Commit everything in the work tree; returns the commit's id."""
        self.minute += 1
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message, **environment)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    """An empty repository."""
    return GitRepo(tmp_path / "repo")


@pytest.fixture
def make_repo(tmp_path: Path):
    """A maker of repositories: `make_repo("name", "--bare")`."""
    return lambda name, *init: GitRepo(tmp_path / name, *init)
