"""Ranges and pushes: what is new in them, and what to do when that cannot be told."""

import pytest

from unleak.core.errors import ScanError, UsageError
from unleak.scan import sources

ZERO = "0" * 40


@pytest.fixture
def ranged(repo):
    return lambda spec, *pathspec: sources.commit_range(str(repo.path), spec, pathspec)


@pytest.fixture
def keys(places):
    return lambda source: [found[:2] for found in places(source)]


def test_blobs_and_messages_of_the_range_only(repo, ranged, places) -> None:
    repo.write("a", "acme_before00")
    base = repo.commit("acme_msgbefor")
    repo.write("b", "acme_added000")
    added = repo.commit("acme_msgrange")
    repo.write("b", "clean")
    repo.commit()
    repo.write("c", "acme_after000")
    repo.commit()
    assert places(ranged(f"{base}..HEAD~1")) == [
        ("acme_msgrange", b"", added, 1, 1),
        ("acme_added000", b"b", added, 1, 1),
    ]


def test_a_secret_added_changed_and_removed_inside_is_found(repo, ranged, keys) -> None:
    repo.write("b", "clean")
    base = repo.commit()
    for content in ["acme_added000", "more\nacme_added000", "clean"]:
        repo.write("b", content)
        repo.commit()
    assert keys(ranged(f"{base}..HEAD")) == [("acme_added000", b"b")]


def test_what_stood_at_a_touched_or_renamed_path_is_not_new(repo, ranged, keys) -> None:
    repo.write("a", "acme_aaaaaaaa")
    repo.write("b", "acme_bbbbbbbb")
    repo.write("c", "acme_cccccccc")
    base = repo.commit()
    repo.write("a", "   acme_aaaaaaaa")
    repo.git("mv", "b", "renamed")
    repo.write("renamed", "acme_bbbbbbbb and more")
    repo.git("mv", "c", "moved as it is")
    repo.commit()
    repo.write("a", "   acme_aaaaaaaa acme_newnewne")
    repo.commit()
    assert keys(ranged(f"{base}..HEAD")) == [("acme_newnewne", b"a")]


def test_a_file_renamed_inside_the_range_is_still_new(repo, ranged, places) -> None:
    base = repo.commit()
    repo.write("z", "acme_aaaaaaaa")
    first = repo.commit()
    repo.git("mv", "z", "a")
    second = repo.commit()
    assert places(ranged(f"{base}..HEAD")) == [
        ("acme_aaaaaaaa", b"z", first, 1, 1),
        ("acme_aaaaaaaa", b"a", second, 1, 1),
    ]


def test_copies_and_reverts_of_what_base_reaches_are_not_new(repo, ranged, keys) -> None:
    repo.write("a", "acme_aaaaaaaa")
    repo.commit()
    repo.write("a", "clean")
    base = repo.commit()
    repo.write("copy", "acme_aaaaaaaa")
    repo.write("new", "acme_newnewne")
    repo.commit()
    assert keys(ranged(f"{base}..HEAD")) == [("acme_newnewne", b"new")]


def test_a_file_that_is_copied_and_then_changed_inside_the_range_is_not_new(repo, ranged, keys) -> None:
    repo.write("a", "acme_aaaaaaaa")
    base = repo.commit()
    repo.write("copy", "acme_aaaaaaaa")
    repo.commit()
    repo.write("a", "acme_aaaaaaaa and more")
    repo.commit()
    assert keys(ranged(f"{base}..HEAD")) == []


def test_a_merge_counts_only_what_no_parent_has(repo, ranged, places) -> None:
    repo.write("a", "1\n")
    repo.commit()
    repo.git("checkout", "-q", "-b", "side")
    repo.write("a", "acme_sideside\n")
    repo.commit()
    repo.git("checkout", "-q", "main")
    repo.write("b", "2\n")
    base = repo.commit()
    repo.git("merge", "-q", "--no-commit", "--no-ff", "side")
    repo.write("b", "acme_evilevil\n")
    merge = repo.commit("merge")
    assert places(ranged("side..HEAD")) == [("acme_evilevil", b"b", merge, 1, 1)]
    assert [found[0] for found in places(ranged(f"{base}..HEAD"))] == ["acme_sideside", "acme_evilevil"]


def test_a_pathspec_limits_the_range(repo, ranged, keys) -> None:
    base = repo.commit()
    repo.write("a.py", "acme_aaaaaaaa")
    repo.write("b.txt", "acme_bbbbbbbb")
    repo.commit("acme_message0")
    assert keys(ranged(f"{base}..HEAD", "*.txt")) == [("acme_bbbbbbbb", b"b.txt")]


@pytest.mark.parametrize("base", [ZERO, "f" * 40, "gone", "-x"])
def test_an_unknown_base_means_what_no_remote_has(repo, ranged, keys, base: str) -> None:
    repo.write("a", "acme_publishd")
    repo.commit()
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repo.write("b", "acme_newnewne")
    repo.commit()
    assert keys(ranged(f"{base}..HEAD")) == [("acme_newnewne", b"b")]


@pytest.mark.parametrize("base", [ZERO, "gone"])
def test_an_unknown_base_without_a_remote_is_an_error(repo, ranged, base: str) -> None:
    repo.commit()
    with pytest.raises(ScanError, match="no remote"):
        ranged(f"{base}..HEAD")
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
    with pytest.raises(ScanError, match="on a remote already"):
        ranged(f"{base}..HEAD")


def test_ranges_that_cannot_be_meant(repo, ranged) -> None:
    base = repo.commit()
    for spec in ["HEAD", "HEAD...HEAD", ""]:
        with pytest.raises(UsageError, match=r"BASE\.\.HEAD"):
            ranged(spec)
    for end in ["gone", "f" * 40, "--all"]:
        with pytest.raises(ScanError, match="no commit"):
            ranged(f"{base}..{end}")


def test_an_empty_range_is_clean(repo, ranged, read) -> None:
    repo.commit()
    assert read(ranged("HEAD..HEAD")).items == []


def test_an_unborn_head_has_no_range(repo, ranged) -> None:
    with pytest.raises(ScanError, match="no commit"):
        ranged("HEAD~1..HEAD")


@pytest.fixture
def push(repo):
    return lambda begin="", end="", remote="": sources.pushed(str(repo.path), begin, end, remote)


def test_a_push_is_its_range(repo, push, keys, read) -> None:
    repo.write("a", "acme_old00000")
    first = repo.commit()
    repo.write("a", "acme_newnewne")
    second = repo.commit()
    assert keys(push(first, second, "origin")) == [("acme_newnewne", b"a")]
    assert read(push(second, ZERO, "origin")).items == []
    assert read(push(first, first, "origin")).items == []
    for unknown in [ZERO, "f" * 40]:
        assert len(keys(push(unknown, second, "origin"))) == 2
    with pytest.raises(ScanError):
        push(first, "f" * 40)


def test_without_refs_a_push_is_all_that_the_remote_lacks(repo, push, keys) -> None:
    repo.write("a", "acme_publishd")
    repo.commit()
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repo.write("b", "acme_otherrem")
    repo.commit()
    repo.git("update-ref", "refs/remotes/backup/main", "HEAD")
    repo.git("checkout", "-q", "-b", "other")
    repo.write("c", "acme_branchxx")
    repo.commit()
    repo.git("checkout", "-q", "main")
    assert keys(push(remote="origin")) == [("acme_otherrem", b"b"), ("acme_branchxx", b"c")]
    assert keys(push(remote="backup")) == [("acme_branchxx", b"c")]
    assert keys(push()) == [("acme_branchxx", b"c")]
    assert len(keys(push(remote="https://example.org/new.git"))) == 3


def test_a_tree_that_is_missing_is_told(repo, ranged, read) -> None:
    base = repo.commit()
    repo.write("a", "a")
    broken = repo.commit("one")
    repo.write("b", "b")
    repo.commit("two")
    tree = repo.git("rev-parse", f"{broken}^{{tree}}")
    (repo.path / ".git/objects" / tree[:2] / tree[2:]).unlink()
    found = read(ranged(f"{base}..HEAD"))
    assert found.failed
    assert {skip.origin.oid for skip in found.failed} == {broken, repo.git("rev-parse", "HEAD")}
    assert {b"one\n", b"two\n"} <= found.contents
