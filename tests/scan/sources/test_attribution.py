"""Commit, author, path and place of what is found in history."""

from datetime import UTC, datetime

import pytest

from unleak.core.model import Commit, GitObject
from unleak.scan import sources
from unleak.scan.sources.attribution import EPOCH, parse


@pytest.fixture
def history(repo):
    return lambda *pathspec, **options: sources.history(str(repo.path), pathspec, **options)


def test_the_whole_origin(repo, history, find) -> None:
    repo.write("a", "x acme_aaaaaaaa")
    commit = repo.commit(GIT_AUTHOR_NAME="Grace", GIT_AUTHOR_EMAIL="grace@example.org",
                         GIT_COMMITTER_DATE="2026-01-01T01:30:00+02:00")  # fmt: skip
    (hit,) = find(history())
    blob = repo.git("rev-parse", "HEAD:a")
    date = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)
    assert hit.location.origin == Commit(
        str(repo.path), b"a", blob, commit, "Grace <grace@example.org>", date
    )
    assert hit.location.origin.date.tzinfo is UTC


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        (b"one\r\ntwo\r\n acme_aaaaaaaa\r\n", 3, 2),
        (b"\xef\xbb\xbfacme_aaaaaaaa\n", 1, 1),
        (b"\xef\xbb\xbf\n\xef\xbb\xbfacme_aaaaaaaa\n", 2, 2),
        ("é€😀 acme_aaaaaaaa".encode(), 1, 5),
        (b"\xff\xfe acme_aaaaaaaa", 1, 4),
        (b"no final newline\nacme_aaaaaaaa", 2, 1),
        (b"\n" * 500 + b"\tacme_aaaaaaaa\0", 501, 2),
    ],
)
def test_line_and_column(repo, history, places, content: bytes, line: int, column: int) -> None:
    repo.write("f", content)
    commit = repo.commit()
    assert places(history()) == [("acme_aaaaaaaa", b"f", commit, line, column)]


@pytest.mark.parametrize(
    "path", [b"with space", b"new\nline", b"\xff\xfe", b":100644 x", b"a/b/c", b"tab\there"]
)
def test_any_path(repo, history, places, path: bytes) -> None:
    repo.write(path, "acme_aaaaaaaa")
    commit = repo.commit()
    assert places(history()) == [("acme_aaaaaaaa", path, commit, 1, 1)]


def test_deleted_and_renamed_files(repo, history, places) -> None:
    repo.write("old", "acme_aaaaaaaa")
    first = repo.commit()
    repo.git("mv", "old", "new")
    second = repo.commit()
    repo.git("rm", "-q", "new")
    repo.commit()
    assert places(history()) == [
        ("acme_aaaaaaaa", b"old", first, 1, 1),
        ("acme_aaaaaaaa", b"new", second, 1, 1),
    ]


def test_a_secret_is_told_once_a_path_at_its_oldest_commit(repo, history, places) -> None:
    commits = []
    for number in range(4):
        repo.write("f", "\n" * number + f"acme_aaaaaaaa\nacme_aaaaaaaa # change {number}")
        commits.append(repo.commit())
    assert places(history()) == [("acme_aaaaaaaa", b"f", commits[0], 1, 1)]


def test_one_blob_at_two_paths(repo, history, places) -> None:
    repo.write("a", "acme_aaaaaaaa")
    first = repo.commit()
    repo.write("b", "acme_aaaaaaaa")
    second = repo.commit()
    assert places(history()) == [("acme_aaaaaaaa", b"a", first, 1, 1), ("acme_aaaaaaaa", b"b", second, 1, 1)]
    assert places(history("b")) == [("acme_aaaaaaaa", b"b", second, 1, 1)]


def test_parents_come_first_even_when_clocks_are_wrong(repo, history, places) -> None:
    repo.write("f", "acme_aaaaaaaa")
    first = repo.commit(GIT_COMMITTER_DATE="2030-01-01T00:00:00Z")
    repo.write("f", "more acme_aaaaaaaa")
    repo.commit(GIT_COMMITTER_DATE="2020-01-01T00:00:00Z")
    assert places(history()) == [("acme_aaaaaaaa", b"f", first, 1, 1)]


def merged(repo) -> str:
    repo.write("a", "base\n")
    repo.commit()
    repo.git("checkout", "-q", "-b", "side")
    repo.write("side", "acme_sideside\n")
    side = repo.commit()
    repo.git("checkout", "-q", "main")
    repo.write("main", "main\n")
    repo.commit()
    repo.git("merge", "-q", "--no-commit", "--no-ff", "side")
    return side


def test_what_only_a_merge_holds_is_of_the_merge(repo, history, places) -> None:
    side = merged(repo)
    repo.write("a", "acme_evilevil\n")
    repo.write("only here", "acme_mergeonl\n")
    merge = repo.commit()
    assert places(history()) == [
        ("acme_sideside", b"side", side, 1, 1),
        ("acme_evilevil", b"a", merge, 1, 1),
        ("acme_mergeonl", b"only here", merge, 1, 1),
    ]


def test_an_octopus_merge(repo, history, places) -> None:
    repo.commit()
    for name in ["one", "two", "three"]:
        repo.git("checkout", "-q", "-b", name, "main")
        repo.write(name, name)
        repo.commit()
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--no-commit", "--no-ff", "one", "two", "three")
    repo.write("a", "acme_octopuss")
    merge = repo.commit()
    assert places(history()) == [("acme_octopuss", b"a", merge, 1, 1)]


def test_notes_and_stashes_are_attributed_to_their_commits(repo, history, find) -> None:
    repo.write("a", "a")
    noted = repo.commit()
    repo.git("notes", "add", "-m", "acme_innotes0")
    repo.write("a", "acme_stashed0")
    repo.git("stash", "-q")
    repo.write("a", "other")
    repo.git("stash", "-q")
    found = {hit.secret.reveal(): hit.location.origin for hit in find(history())}
    assert found["acme_innotes0"].path == noted.encode()
    assert found["acme_innotes0"].commit == repo.git("rev-parse", "refs/notes/commits")
    assert found["acme_stashed0"].commit == repo.git("rev-parse", "stash@{1}")


def test_messages_have_an_empty_path(repo, history, find) -> None:
    commit = repo.commit("subject\n\n  acme_commit00")
    repo.git("tag", "-a", "-m", "acme_intag000", "v1")
    by_key = {hit.secret.reveal(): hit.location for hit in find(history())}
    assert by_key["acme_commit00"].origin.commit == commit
    assert by_key["acme_commit00"].origin.path == b""
    assert (by_key["acme_commit00"].start.line, by_key["acme_commit00"].start.column) == (3, 3)
    assert by_key["acme_intag000"].origin.blob == repo.git("rev-parse", "v1")
    assert by_key["acme_intag000"].origin.author == "Ada <ada@example.org>"


def test_a_blob_without_a_commit_stays_an_object(repo, history, find) -> None:
    repo.commit()
    oid = repo.git("hash-object", "-w", "--stdin", input=b"acme_dangling")
    tagged = repo.git("hash-object", "-w", "--stdin", input=b"acme_tagblob0")
    repo.git("tag", "blob", tagged)
    found = {hit.secret.reveal(): hit.location.origin for hit in find(history(all_objects=True))}
    assert found == {
        "acme_dangling": GitObject(str(repo.path), oid, "blob"),
        "acme_tagblob0": GitObject(str(repo.path), tagged, "blob"),
    }


def test_a_marker_does_not_hide_a_place_without_one(repo, history, find) -> None:
    repo.write("a", "acme_aaaaaaaa # allow")
    repo.commit()
    repo.write("a", "acme_aaaaaaaa")
    bare = repo.commit()
    (hit,) = find(history())
    assert (hit.location.suppression, hit.location.origin.commit) == ("", bare)


def test_a_linked_work_tree_and_a_subfolder(repo, tmp_path, places) -> None:
    repo.write("sub/a", "acme_aaaaaaaa")
    commit = repo.commit()
    repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "tree"))
    for root in [repo.path, tmp_path / "tree", repo.path / "sub"]:
        assert places(sources.history(str(root))) == [("acme_aaaaaaaa", b"sub/a", commit, 1, 1)]


def test_a_tree_that_is_missing_costs_only_its_own_attribution(repo, history, find) -> None:
    repo.write("x/a", "acme_aaaaaaaa")
    broken = repo.commit()
    repo.git("rm", "-q", "-r", "x")
    repo.commit()
    repo.write("b", "acme_bbbbbbbb")
    good = repo.commit()
    tree = repo.git("rev-parse", f"{broken}:x")
    (repo.path / ".git/objects" / tree[:2] / tree[2:]).unlink()
    found = {hit.secret.reveal(): hit.location.origin for hit in find(history(all_objects=True))}
    assert found["acme_bbbbbbbb"].commit == good
    assert isinstance(found["acme_aaaaaaaa"], GitObject)


def test_commits_that_lie_about_themselves(repo, history, find) -> None:
    repo.write("a", "acme_aaaaaaaa")
    repo.git("add", "-A")
    tree = repo.git("write-tree")
    raw = (
        b"tree %s\nauthor J\xe9r\xf4me <j@example.org> 99999999999999999999 +0000\n"
        b"committer x 1 +0000\nencoding bogus-\xff\n\nmessage\n" % tree.encode()
    )
    oid = repo.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", input=raw)
    repo.git("update-ref", "refs/heads/main", oid)
    (hit,) = find(history())
    assert hit.location.origin.author == "J\ufffdr\ufffdme <j@example.org>"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"author A <a> 1 +0000\ncommitter B <b> 2 -0730\n\nx", ("A <a>", 2)),
        (b"author \xe9 <a> 1 +0000\ncommitter B <b> 2 +0000\nencoding latin-1\n\nx", ("é <a>", 2)),
        (b"author \xe9 <a> 1 +0000\ncommitter B <b> 2 +0000\nencoding base64\n\nx", ("\ufffd <a>", 2)),
        (b"object x\ntype commit\ntag v\ntagger T <t> 3 +0000\n\nx", ("T <t>", 3)),
        (b"object x\ntype commit\ntag v\n\ntagger T <t> 3 +0000", ("", 0)),
        (b"author A <a>\ncommitter B <b> 9999999999999999 +0000\n\n", ("A <a>", 0)),
        (b"", ("", 0)),
    ],
)
def test_headers(raw: bytes, expected: tuple[str, int]) -> None:
    author, seconds = expected
    assert parse(raw) == (author, EPOCH.fromtimestamp(seconds, UTC))
