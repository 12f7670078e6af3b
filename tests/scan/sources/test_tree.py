"""Working trees: what is read, what is not, and why."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from unleak.core.errors import UsageError
from unleak.scan import sources
from unleak.scan.sources import git as git_module


def test_a_repository_is_read_as_git_sees_it(repo, read) -> None:
    repo.write(".gitignore", "*.log\n")
    repo.write("tracked.py", "1")
    repo.write("kept.log", "2")
    repo.git("add", "-f", "kept.log", "tracked.py")
    repo.write("new file", "3")
    repo.write("out.log", "4")
    (repo.path / ".git/info/exclude").write_text("private\n")
    repo.write("private", "5")
    found = read(sources.worktree([str(repo.path)]))
    assert found.files == {
        b".gitignore": b"*.log\n",
        b"tracked.py": b"1",
        b"kept.log": b"2",
        b"new file": b"3",
    }
    assert found.skipped == []


def test_no_ignore_reads_everything_but_git_itself(repo, read) -> None:
    repo.write(".gitignore", "*.log\nbuild/\n")
    repo.write("build/out.log", "4")
    found = read(sources.worktree([str(repo.path)], no_ignore=True))
    assert found.files == {b".gitignore": b"*.log\nbuild/\n", b"build/out.log": b"4"}


def test_elsewhere_all_files_are_read(tmp_path: Path, read) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / ".gitignore").write_text("*\n")
    (tmp_path / "a/b/c").write_text("c")
    assert read(sources.worktree([str(tmp_path)])).files == {b".gitignore": b"*\n", b"a/b/c": b"c"}


def test_changes_that_are_not_staged_are_read(repo, read) -> None:
    repo.write("a", "old")
    repo.commit()
    repo.write("a", "new")
    assert read(sources.worktree([str(repo.path)])).files == {b"a": b"new"}


def test_a_folder_of_a_repository_and_a_pathspec(repo, read) -> None:
    repo.write("src/a.py", "a")
    repo.write("src/b.txt", "b")
    repo.write("top.py", "t")
    assert read(sources.worktree([str(repo.path / "src")])).files == {b"a.py": b"a", b"b.txt": b"b"}
    assert set(read(sources.worktree([str(repo.path)], ["*.py"])).files) == {b"src/a.py", b"top.py"}


def test_an_ignored_folder_that_is_named_is_read(repo, read) -> None:
    repo.write(".gitignore", "build\n")
    repo.write("build/x/out", "o")
    assert read(sources.worktree([str(repo.path / "build")])).files == {b"x/out": b"o"}


@pytest.mark.parametrize(
    "name", [b"with space", b"new\nline", b"\xff\xfe latin", b"-rf", b'tab\t"quote"', b":(glob)x"]
)
@pytest.mark.parametrize("inside", [True, False])
def test_any_name_is_read(repo, tmp_path, read, name: bytes, inside: bool) -> None:
    if inside:
        repo.write(name, "n")
        repo.git("add", "-A")
        root = repo.path
    else:
        root = tmp_path / "plain"
        root.mkdir()
        Path(os.fsdecode(os.path.join(os.fsencode(root), name))).write_text("n")
    assert read(sources.worktree([str(root)])).files == {name: b"n"}


@pytest.mark.parametrize("inside", [False, True])
def test_folders_nested_deeper_than_python_calls_are_read(repo, tmp_path, read, inside: bool) -> None:
    place = repo.path if inside else tmp_path / "plain"
    path = "d/" * 1500 + "file"
    subprocess.run(["mkdir", "-p", (place / path).parent], check=True)  # Python's own would recurse
    try:
        (place / path).write_text("deep")
        assert read(sources.worktree([str(place)])).files == {path.encode(): b"deep"}
    finally:
        subprocess.run(["rm", "-rf", place / "d"], check=True)


def test_nested_repositories_are_read_by_their_own_rules(repo, make_repo, read) -> None:
    nested = make_repo("repo/vendor/inner")
    nested.write(".gitignore", "junk\n")
    nested.write("code", "c")
    nested.write("junk", "j")
    assert read(sources.worktree([str(repo.path)])).files == {
        b"vendor/inner/.gitignore": b"junk\n",
        b"vendor/inner/code": b"c",
    }
    assert set(read(sources.worktree([str(repo.path.parent)])).files) == {
        b"repo/vendor/inner/.gitignore",
        b"repo/vendor/inner/code",
    }


def test_a_submodule_is_skipped_by_design(repo, make_repo, read) -> None:
    module = make_repo("module")
    module.write("m", "m")
    module.commit()
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(module.path), "sub")
    repo.commit()
    found = read(sources.worktree([str(repo.path)]))
    assert set(found.files) == {b".gitmodules"}
    assert found.reasons == {b"sub": (False, "a submodule: scan it by its own path")}


@pytest.mark.parametrize("inside", [True, False])
def test_links_are_never_followed(repo, tmp_path, read, inside: bool) -> None:
    root = repo.path if inside else tmp_path / "plain"
    (root / "dir").mkdir(parents=True)
    (root / "dir/real").write_text("r")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("s")
    for name, target in {
        "in": "dir/real", "indir": "dir", "out": "../outside/secret", "outdir": "../outside",
        "broken": "nowhere",
        "loop": "loop2", "loop2": "loop", "self": ".",
    }.items():  # fmt: skip
        (root / name).symlink_to(target)
    found = read(sources.worktree([str(root)]))
    assert found.files == {b"dir/real": b"r"}
    inner = (False, "a symbolic link: its target is read itself")
    outer = (False, "a symbolic link to outside")
    assert found.reasons == {
        b"in": inner, b"indir": inner, b"self": inner, b"out": outer, b"outdir": outer,
        b"broken": (False, "a broken symbolic link"),
        b"loop": (False, "a symbolic link that leads nowhere"),
        b"loop2": (False, "a symbolic link that leads nowhere"),
    }  # fmt: skip


def test_a_tracked_path_behind_a_link_is_not_read(repo, tmp_path, read) -> None:
    repo.write("dir/secret", "tracked")
    repo.commit()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("not ours")
    (repo.path / "dir/secret").unlink()
    (repo.path / "dir").rmdir()
    (repo.path / "dir").symlink_to(tmp_path / "outside")
    found = read(sources.worktree([str(repo.path)]))
    assert found.files == {}
    assert found.reasons[b"dir/secret"] == (False, "behind a symbolic link")


@pytest.mark.parametrize("inside", [True, False])
def test_what_is_no_file_is_skipped_without_waiting(repo, tmp_path, read, inside: bool) -> None:
    root = repo.path if inside else tmp_path / "plain"
    root.mkdir(exist_ok=True)
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "sock"))
    found = read(sources.worktree([str(root)], no_ignore=True))
    assert found.reasons == {
        b"pipe": (False, "a named pipe, not a file"),
        b"sock": (False, "a socket, not a file"),
    }


def test_a_tracked_file_that_became_a_pipe(repo, read) -> None:
    repo.write("a", "a")
    repo.commit()
    (repo.path / "a").unlink()
    os.mkfifo(repo.path / "a")
    assert read(sources.worktree([str(repo.path)])).reasons == {b"a": (False, "a named pipe, not a file")}


def test_a_deleted_file_is_by_design(repo, read) -> None:
    repo.write("a", "a")
    repo.commit()
    (repo.path / "a").unlink()
    assert read(sources.worktree([str(repo.path)])).reasons == {b"a": (False, "deleted in the working tree")}


def test_what_a_sparse_checkout_leaves_out_is_by_design(repo, read) -> None:
    repo.write("in/a", "a")
    repo.write("out/b", "b")
    repo.commit()
    repo.git("sparse-checkout", "set", "in")
    found = read(sources.worktree([str(repo.path)]))
    assert found.files == {b"in/a": b"a"}
    assert found.reasons == {b"out/b": (False, "not checked out (sparse)")}


def test_a_file_that_vanishes_while_it_is_read_is_a_failure(tmp_path: Path, read) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    source = sources.worktree([str(tmp_path)])
    items = source.blobs()
    next(items)
    (tmp_path / "b").unlink()
    (skipped,) = items
    assert (skipped.origin.path, skipped.failed) == (b"b", True)


@pytest.mark.parametrize("inside", [True, False])
def test_unreadable_files_and_folders_are_failures(repo, tmp_path, as_nobody, inside: bool) -> None:
    root = repo.path if inside else tmp_path / "plain"
    (root / "closed").mkdir(parents=True)
    (root / "closed/x").write_text("x")
    (root / "closed").chmod(0)
    (root / "open").write_text("o")
    (root / "secret").write_text("s")
    (root / "secret").chmod(0)
    assert sorted(as_nobody("worktree", root)) == [
        "read open o",
        "skipped closed failed permission denied",
        "skipped secret failed permission denied",
    ]


def test_files_named_by_the_user_are_read_and_keep_their_name(repo, tmp_path, read, monkeypatch) -> None:
    repo.write(".gitignore", "secret.env\n")
    repo.write("secret.env", "s")
    (repo.path / "link").symlink_to("secret.env")
    monkeypatch.chdir(repo.path)
    assert read(sources.worktree(["secret.env", "./link"])).files == {b"secret.env": b"s", b"link": b"s"}
    (blob,) = read(sources.worktree([str(repo.path / "secret.env")])).blobs
    assert (blob.origin.root, blob.origin.path) == (str(repo.path), b"secret.env")


def test_what_cannot_be_meant_is_refused(repo, make_repo, tmp_path) -> None:
    (tmp_path / "plain").mkdir()
    os.mkfifo(tmp_path / "pipe")
    bare = make_repo("bare", "--bare")
    for arguments in [
        ([str(tmp_path / "missing")],),
        ([str(tmp_path / "pipe")],),
        ([str(tmp_path / "plain")], ["*.py"]),
        ([str(bare.path)],),
        ([str(repo.path)], ["*.py"], True),
    ]:
        with pytest.raises(UsageError):
            sources.worktree(*arguments)


def test_large_files_come_in_segments(tmp_path, places) -> None:
    line = b"x" * 99 + b"\n"
    (tmp_path / "big").write_bytes(line * 200_000 + b" acme_12345678")
    assert places(sources.worktree([str(tmp_path)])) == [("acme_12345678", b"big", "", 200_001, 2)]


def test_the_settings_of_the_repository_cannot_lead_elsewhere(repo, tmp_path, read) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/x").write_text("x")
    repo.write("a", "a")
    repo.git("config", "core.worktree", str(tmp_path / "elsewhere"))
    assert read(sources.worktree([str(repo.path)])).files == {b"a": b"a"}


def test_without_git_only_plain_folders_are_read(repo, tmp_path, read, monkeypatch) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain/a").write_text("a")
    monkeypatch.setenv("PATH", "/nonexistent")
    git_module.require_git.cache_clear()
    try:
        assert read(sources.worktree([str(tmp_path / "plain")])).files == {b"a": b"a"}
        with pytest.raises(UsageError, match="git"):
            sources.worktree([str(repo.path)]).blobs().__next__()
    finally:
        git_module.require_git.cache_clear()


def test_git_of_a_hook_is_believed_for_its_own_repository_only(repo, make_repo, read, monkeypatch) -> None:
    other = make_repo("other")
    other.write("o", "o")
    repo.write("r", "r")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.path))
    assert read(sources.worktree([str(repo.path)])).files == {b"r": b"r"}
