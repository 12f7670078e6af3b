"""Nothing of a scanned repository runs, and git's own trouble is told clearly."""

import os
import shutil
import subprocess

import pytest

from unleak.core.errors import ScanError, UsageError
from unleak.scan import sources
from unleak.scan.sources import git as git_module
from unleak.scan.sources import neutral
from unleak.scan.sources.git import Git, printable

MODES = {
    "tree": lambda path: sources.worktree([path]),
    "tree, everything": lambda path: sources.worktree([path], no_ignore=True),
    "index": sources.staged,
    "history": sources.history,
    "history of a path": lambda path: sources.history(path, ["*"]),
    "all objects": lambda path: sources.history(path, all_objects=True),
    "range": lambda path: sources.commit_range(path, "HEAD~1..HEAD"),
    "push": lambda path: sources.pushed(path, "", "", "origin"),
}


@pytest.fixture
def hostile(repo, trap):
    """A repository each of whose settings names a command."""
    command, _ = trap
    repo.write(".gitattributes", "* filter=evil diff=evil merge=evil\n")
    repo.write("a.txt", "acme_aaaaaaaa\n")
    repo.commit("one")
    repo.write("a.txt", "acme_bbbbbbbb\n")
    repo.commit("two")
    repo.write("a.txt", "acme_cccccccc\n")
    repo.git("add", "-A")
    repo.write("b.txt", "acme_dddddddd\n")
    for name in [
        "core.fsmonitor", "core.sshCommand", "core.gitProxy", "core.pager", "core.editor", "core.askPass",
        "core.alternateRefsCommand", "credential.helper", "diff.external", "diff.evil.command",
        "diff.evil.textconv", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process",
        "gpg.program", "pager.rev-list", "pager.diff-tree", "uploadpack.packObjectsHook", "merge.evil.driver",
    ]:  # fmt: skip
        repo.git("config", name, command)
    for name in ["ls-files", "cat-file", "rev-list", "rev-parse", "diff-index", "diff-tree", "check-ignore"]:
        repo.git("config", f"alias.{name}", f"!{command}")
    repo.git("config", "filter.evil.required", "true")
    repo.git("config", "core.hooksPath", "evil-hooks")
    for folder in [repo.path / "evil-hooks", repo.path / ".git/hooks"]:
        folder.mkdir(exist_ok=True)
        for hook in ["post-index-change", "reference-transaction", "fsmonitor-watchman", "pre-auto-gc"]:
            shutil.copy(command, folder / hook)
    return repo


@pytest.mark.parametrize("mode", MODES)
def test_nothing_of_the_repository_runs(hostile, trap, find, mode: str) -> None:
    _, mark = trap
    assert find(MODES[mode](str(hostile.path)))
    assert not mark.exists()


def test_the_trap_itself_works(hostile, trap) -> None:
    _, mark = trap
    subprocess.run(["git", "status"], cwd=hostile.path, capture_output=True, check=False)
    assert mark.exists()


@pytest.fixture
def partial(make_repo, trap):
    """A clone without some of its blobs, whose configuration names a command to fetch them with."""
    command, mark = trap
    origin = make_repo("origin")
    origin.write("a.txt", "acme_aaaaaaaa\n")
    origin.commit("one")
    origin.write("a.txt", "acme_bbbbbbbb\n")
    origin.commit("two")
    origin.git("config", "uploadpack.allowFilter", "true")
    clone = make_repo("clone")
    clone.git("fetch", "-q", "--filter=blob:none", f"file://{origin.path}", "main")
    clone.git("update-ref", "refs/heads/main", "FETCH_HEAD")
    clone.git("config", "--remove-section", f"remote.file://{origin.path}")
    clone.git("config", "extensions.partialClone", "evil")
    clone.git("config", "remote.evil.promisor", "true")
    clone.git("config", "remote.evil.url", "ssh://example.invalid/x")
    clone.git("config", "remote.evil.uploadpack", command)
    clone.git("config", "core.sshCommand", command)
    assert not mark.exists()
    return clone


@pytest.mark.parametrize("mode", ["history", "history of a path", "all objects", "range", "index"])
@pytest.mark.parametrize(
    "url", ["ssh://example.invalid/x", "ext::sh -c {trap}", "{origin}", "git://example.invalid/x"]
)
@pytest.mark.parametrize("older_git", [False, True])
def test_a_partial_clone_fetches_nothing(
    partial, trap, read, monkeypatch, mode: str, url: str, older_git: bool
) -> None:
    if older_git:  # one that does not know this variable must be kept from fetching by the others
        monkeypatch.delitem(neutral.ENVIRONMENT, "GIT_NO_LAZY_FETCH")
    command, mark = trap
    partial.git("config", "remote.evil.url", url.format(trap=command, origin=partial.path.parent / "origin"))
    partial.git("config", "protocol.allow", "always")
    found = read(MODES[mode](str(partial.path)))
    assert not mark.exists()
    assert b"acme_" not in b"".join(found.contents)
    if mode != "index":
        assert found.failed


def test_that_partial_clone_would_run_the_command(partial, trap) -> None:
    _, mark = trap
    subprocess.run(
        ["git", "cat-file", "-p", "HEAD:a.txt"], cwd=partial.path, capture_output=True, check=False
    )
    assert mark.exists()


def test_a_partial_clone_that_holds_everything_is_clean(make_repo, find, read) -> None:
    origin = make_repo("origin")
    origin.write("a.txt", "acme_aaaaaaaa\n")
    origin.commit("one")
    origin.git("config", "uploadpack.allowFilter", "true")
    clone = make_repo("clone")
    clone.git("fetch", "-q", "--filter=blob:limit=1m", f"file://{origin.path}", "main:main2")
    clone.git("config", "extensions.partialClone", "origin")
    assert find(sources.history(str(clone.path)))
    assert not read(sources.history(str(clone.path))).skipped


def test_a_repository_of_somebody_else_is_read(repo, read, as_nobody) -> None:
    repo.write("a", "mine")
    repo.commit()
    assert "read a mine" in as_nobody("worktree", repo.path)
    assert "read  mine" in as_nobody("history", repo.path)


def test_an_outer_git_speaks_of_its_own_repository_only(repo, make_repo, find, monkeypatch) -> None:
    other = make_repo("other")
    other.write("a", "acme_oooooooo")
    other.commit()
    repo.write("a", "acme_rrrrrrrr")
    repo.commit()
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other.path / ".git/objects"))
    assert [hit.secret.reveal() for hit in find(sources.history(str(repo.path)))] == ["acme_rrrrrrrr"]
    monkeypatch.chdir(repo.path)
    assert [hit.secret.reveal() for hit in find(sources.history("."))] == ["acme_oooooooo"]


def test_variables_that_would_run_something_are_dropped(repo, trap, find, monkeypatch) -> None:
    command, mark = trap
    repo.write("a", "acme_aaaaaaaa")
    repo.commit()
    for name in [
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_EXTERNAL_DIFF",
        "GIT_PAGER",
        "GIT_ASKPASS",
        "GIT_PROXY_COMMAND",
    ]:
        monkeypatch.setenv(name, command)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", command)
    monkeypatch.chdir(repo.path)
    for root in [".", str(repo.path)]:
        assert find(sources.history(root))
        assert find(sources.worktree([root]))
    assert not mark.exists()


def test_replaced_and_grafted_commits_hide_nothing(repo, find) -> None:
    repo.write("a", "acme_aaaaaaaa")
    first = repo.commit()
    repo.write("a", "clean")
    second = repo.commit()
    repo.git("replace", "--graft", second)
    (repo.path / ".git/info/grafts").write_text(f"{second}\n")
    (hit,) = find(sources.history(str(repo.path)))
    assert hit.location.origin.commit == first


@pytest.mark.parametrize(
    "opening", [sources.history, sources.staged, lambda path: sources.commit_range(path, "a..b")]
)
def test_no_repository_is_a_usage_error(tmp_path, opening) -> None:
    with pytest.raises(UsageError, match="no git repository"):
        opening(str(tmp_path))
    with pytest.raises(UsageError, match="no directory"):
        opening(str(tmp_path / "missing"))


def test_a_broken_repository_is_told_without_terminal_codes(repo) -> None:
    repo.commit()
    (repo.path / ".git/config").write_text("[core]\n\x1b]0;owned\x07 = x\n")
    with pytest.raises(ScanError, match="cannot be opened") as caught:
        sources.history(str(repo.path))
    assert "\x1b" not in str(caught.value)


def test_text_of_git_is_made_printable() -> None:
    assert printable(b"fatal: a\x1b[31mb\r\xff\nmore") == "fatal: a\\x1b[31mb\\x0d\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("version", [None, "git version 2.31.9", "git version 1.8", "nonsense"])
def test_git_has_to_be_there_and_new_enough(repo, tmp_path, monkeypatch, version) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    if version:
        (folder / "git").write_text(f"#!/bin/sh\necho {version}\n")
        (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/none" if version is None else f"{folder}:/bin")
    git_module.require_git.cache_clear()
    try:
        with pytest.raises(UsageError, match="git"):
            sources.history(str(repo.path))
    finally:
        git_module.require_git.cache_clear()


def test_a_reader_that_stops_leaves_no_process(repo) -> None:
    for number in range(50):
        repo.write(f"f{number}", f"{number}" * 100_000)
    repo.commit()
    items = sources.history(str(repo.path)).blobs()
    next(items)
    items.close()
    processes = subprocess.run(["ps", "-A", "-o", "ppid=,comm="], capture_output=True, text=True, check=True)
    children = [
        line.split()[1] for line in processes.stdout.splitlines() if line.split()[0] == str(os.getpid())
    ]
    assert "git" not in children


def test_an_interrupt_ends_git_too(repo) -> None:
    running = Git(str(repo.path)).process("cat-file", "--batch")
    with pytest.raises(KeyboardInterrupt), running as child:
        raise KeyboardInterrupt
    assert child.child.returncode is not None


def test_the_repository_is_not_changed(repo, read) -> None:
    repo.write("a", "a")
    repo.commit()
    (repo.path / "a").touch()
    before = (repo.path / ".git/index").read_bytes()
    for mode in ["tree", "index", "history", "all objects"]:
        read(MODES[mode](str(repo.path)))
    assert (repo.path / ".git/index").read_bytes() == before
