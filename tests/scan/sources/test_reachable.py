"""History: what is read, once each, and what is told when something cannot be."""

import os
import shutil

import pytest

from unleak.scan import sources
from unleak.scan.sources.segments import SIZE


@pytest.fixture
def history(repo):
    return lambda *pathspec, **options: sources.history(str(repo.path), pathspec, **options)


def test_every_reachable_blob_and_message_once(repo, history, read) -> None:
    repo.write("a", "one")
    repo.write("copy", "one")
    repo.commit("message one\n\nbody")
    repo.git("checkout", "-q", "-b", "side")
    repo.write("a", "two")
    repo.commit("message two")
    repo.git("tag", "-a", "-m", "tag message", "v1")
    repo.git("notes", "add", "-m", "a note")
    repo.git("checkout", "-q", "main")
    repo.git("branch", "-q", "-D", "side")
    found = sorted(blob.data for blob in read(history()).blobs if b"Notes added" not in blob.data)
    assert found == sorted(
        [b"one", b"two", b"message one\n\nbody\n", b"message two\n", b"tag message\n", b"a note\n"]
    )


def test_an_empty_repository_is_clean(repo, make_repo, history, read) -> None:
    assert read(history()).items == []
    assert read(history(all_objects=True)).items == []
    assert read(history("*.py")).items == []
    assert read(sources.history(str(make_repo("bare", "--bare").path))).items == []


def test_every_stash_entry_is_read(repo, history, read) -> None:
    repo.write("a", "base")
    repo.commit()
    for content in ["older", "newer"]:
        repo.write("a", content)
        repo.write("untracked", f"{content} untracked")
        repo.git("stash", "-q", "-u")
    wanted = {b"older", b"newer", b"older untracked", b"newer untracked"}
    assert wanted <= read(history()).contents
    assert wanted <= read(history("*")).contents


def test_a_detached_head_and_those_of_other_work_trees_are_read(repo, tmp_path, read) -> None:
    repo.write("a", "base")
    repo.commit()
    repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "tree"))
    repo.git("checkout", "-q", "--detach")
    repo.write("a", "detached")
    repo.commit()
    (tmp_path / "tree/a").write_text("in the tree")
    repo.git("-C", str(tmp_path / "tree"), "commit", "-q", "-a", "-m", "x")
    for root in [repo.path, tmp_path / "tree"]:
        assert {b"detached", b"in the tree"} <= read(sources.history(str(root))).contents


def test_unreachable_objects_are_read_on_demand(repo, history, read) -> None:
    repo.write("a", "kept")
    repo.commit()
    repo.git("hash-object", "-w", "--stdin", input=b"dangling")
    assert b"dangling" not in read(history()).contents
    assert b"dangling" in read(history(all_objects=True)).contents


def test_a_pathspec_limits_to_blobs_at_its_paths(repo, history, read) -> None:
    for folder in ["a", "b"]:
        repo.write(f"{folder}/x", "x")
        repo.write(f"{folder}/y", "y")
    repo.write("deep/er/y", "deep")
    repo.commit()
    repo.write("deep/er/y", "changed")
    repo.commit()
    assert read(history("a/x", "b/y")).contents == {b"x", b"y"}
    assert read(history("deep")).contents == {b"deep", b"changed"}


@pytest.mark.parametrize("packed", [False, True])
def test_any_content_is_read_whole(repo, history, read, packed: bool) -> None:
    contents = {
        b"",
        b"\n",
        b"\0\xff" * 100,
        b"\n\nmissing\n",
        b"0" * 40 + b" blob 3\nabc",
        os.urandom(SIZE // 4),
    }
    for number, content in enumerate(contents):
        repo.write(f"f{number}", content)
    repo.commit("m")
    if packed:
        repo.git("repack", "-q", "-a", "-d")
    assert read(history()).contents == contents | {b"m\n"}


def test_a_large_blob_comes_in_segments_and_the_next_object_is_intact(repo, history, places) -> None:
    repo.write("big", b"x" * 99 + b"\n" + b"y" * (2 * SIZE) + b" acme_12345678")
    repo.write("small", "acme_87654321")
    repo.commit()
    found = {(key, path, line, column) for key, path, _, line, column in places(history())}
    assert found == {("acme_12345678", b"big", 2, 2 * SIZE + 2), ("acme_87654321", b"small", 1, 1)}


def loose(repo, oid: str):
    return repo.path / ".git/objects" / oid[:2] / oid[2:]


def test_a_missing_blob_is_told_and_the_rest_is_read(repo, history, read) -> None:
    for name in "abc":
        repo.write(name, f"content {name}")
    repo.commit("m")
    gone = repo.git("hash-object", "b")
    loose(repo, gone).unlink()
    found = read(history())
    assert found.contents == {b"content a", b"content c", b"m\n"}
    assert [(skip.origin.oid, skip.reason) for skip in found.failed] == [
        (gone, "the repository does not hold it")
    ]


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_a_corrupt_loose_blob_is_told_and_the_rest_is_read(repo, history, read, damage) -> None:
    for name in "abcdef":
        repo.write(name, f"content {name}" * 500)
    repo.commit("m")
    bad = repo.git("hash-object", "c")
    path = loose(repo, bad)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-9] if damage is None else damage)
    found = read(history())
    assert found.contents >= {f"content {name}".encode() * 500 for name in "abdef"} | {b"m\n"}
    assert bad in {skip.origin.oid for skip in found.failed}


def test_a_corrupt_pack_is_told_and_the_rest_is_read(repo, history, read) -> None:
    for name in "abcdef":
        repo.write(name, os.urandom(4000))
    repo.commit("m")
    repo.git("repack", "-q", "-a", "-d")
    (pack,) = (repo.path / ".git/objects/pack").glob("*.pack")
    pack.chmod(0o644)
    data = bytearray(pack.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 50] = bytes(50)
    pack.write_bytes(data)
    found = read(history())
    assert len(found.blobs) >= 6
    assert len({skip.origin.oid for skip in found.failed}) >= 1
    assert "\x1b" not in "".join(skip.reason for skip in found.failed)


@pytest.mark.parametrize("kind", ["commit", "tree"])
@pytest.mark.parametrize("damage", ["missing", "corrupt"])
def test_when_commits_cannot_be_followed_every_object_is_read(
    repo, history, read, kind: str, damage: str
) -> None:
    repo.write("a", "one")
    first = repo.commit("first")
    repo.write("a", "two")
    repo.commit("second")
    path = loose(repo, repo.git("rev-parse", f"{first}^{{{kind}}}"))
    path.chmod(0o644)
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(b"garbage")
    found = read(history())
    assert b"two" in found.contents
    assert found.failed
    if kind == "commit" or damage == "corrupt":
        assert b"one" in found.contents


def test_a_shallow_clone_is_read_and_its_gap_told(repo, tmp_path, read) -> None:
    for number in range(3):
        repo.write("a", f"content {number}")
        repo.commit()
    repo.git("clone", "-q", "--depth=1", f"file://{repo.path}", str(tmp_path / "shallow"))
    for pathspec in [(), ("a",)]:
        found = read(sources.history(str(tmp_path / "shallow"), pathspec))
        assert b"content 2" in found.contents
        (gap,) = found.skipped
        assert not gap.failed
        assert "git fetch --unshallow" in gap.reason


def test_a_bare_repository_is_read(repo, tmp_path, places) -> None:
    repo.write("a", "acme_aaaaaaaa")
    commit = repo.commit()
    repo.git("clone", "-q", "--bare", str(repo.path), str(tmp_path / "bare.git"))
    assert places(sources.history(str(tmp_path / "bare.git"))) == [("acme_aaaaaaaa", b"a", commit, 1, 1)]


def test_borrowed_objects_are_read(repo, tmp_path, read) -> None:
    repo.write("a", "borrowed")
    repo.commit()
    repo.git("clone", "-q", "--shared", str(repo.path), str(tmp_path / "borrower"))
    assert b"borrowed" in read(sources.history(str(tmp_path / "borrower"))).contents
    shutil.rmtree(repo.path)
    assert read(sources.history(str(tmp_path / "borrower"))).failed


def test_ids_of_sha256_work(make_repo, places) -> None:
    repo = make_repo("sha256", "--object-format=sha256")
    repo.write("a", "acme_aaaaaaaa")
    commit = repo.commit("acme_bbbbbbbb")
    assert sorted(places(sources.history(str(repo.path)))) == [
        ("acme_aaaaaaaa", b"a", commit, 1, 1),
        ("acme_bbbbbbbb", b"", commit, 1, 1),
    ]


def test_a_large_blob_that_is_cut_off_is_told_and_the_rest_is_read(repo, history, read) -> None:
    repo.git("config", "core.bigFileThreshold", "1m")
    repo.write("big", os.urandom(2 * SIZE))
    repo.write("small", "small")
    repo.commit("m")
    repo.git("repack", "-q", "-a", "-d")
    (pack,) = (repo.path / ".git/objects/pack").glob("*.pack")
    pack.chmod(0o644)
    data = bytearray(pack.read_bytes())
    data[SIZE : SIZE + 1000] = bytes(1000)
    data[SIZE + 500_000 : SIZE + 500_100] = b"\xff" * 100
    pack.write_bytes(data)
    found = read(history())
    assert {b"small", b"m\n"} <= found.contents
    assert repo.git("rev-parse", "HEAD:big") in {skip.origin.oid for skip in found.failed}
