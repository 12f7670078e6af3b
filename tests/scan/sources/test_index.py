"""The index against what the next commit's parents hold."""

import os

import pytest

from unleak.scan import sources


@pytest.fixture
def staged(repo):
    return lambda *pathspec: sources.staged(str(repo.path), pathspec)


def test_reads_the_index_and_not_the_files(repo, staged, read) -> None:
    repo.write("a", "committed")
    repo.commit()
    repo.write("a", "staged")
    repo.write("new", "added")
    repo.git("add", "-A")
    repo.write("a", "only on disk")
    found = read(staged())
    assert found.files == {b"a": b"staged", b"new": b"added"}
    assert found.preimages == {b"committed"}


def test_nothing_staged_is_clean(repo, staged, read) -> None:
    repo.write("a", "a")
    repo.commit()
    assert read(staged()).items == []


def test_before_the_first_commit_everything_is_new(repo, staged, read) -> None:
    assert read(staged()).items == []
    repo.write("a", "a")
    repo.git("add", "-A")
    assert read(staged()).files == {b"a": b"a"}


def test_moving_or_reindenting_a_known_secret_is_not_new(repo, staged, places) -> None:
    repo.write("old name", "key = acme_aaaaaaaa\n" * 3)
    repo.write("b", "key = acme_bbbbbbbb\n")
    repo.commit()
    repo.git("mv", "old name", "new name")
    repo.write("b", "    key = acme_bbbbbbbb\n")
    repo.write("new name", "  key = acme_aaaaaaaa\nother = acme_cccccccc\n")
    repo.git("add", "-A")
    assert [found[:2] for found in places(staged())] == [("acme_cccccccc", b"new name")]


def test_a_renamed_file_is_not_new_though_its_content_is_the_same(repo, staged, places, read) -> None:
    repo.write("old name", "key = acme_aaaaaaaa\n")
    repo.commit()
    repo.git("mv", "old name", "new name")
    assert places(staged()) == []
    assert read(staged()).preimages == {b"key = acme_aaaaaaaa\n"}


def test_paths_are_told_from_the_top_wherever_one_stands(repo, tmp_path, monkeypatch, find) -> None:
    repo.write("sub/a", "acme_aaaaaaaa")
    repo.write("b", "acme_bbbbbbbb")
    repo.git("add", "-A")
    (tmp_path / "link").symlink_to(repo.path / "sub")

    def files(root: str, *pathspec: str) -> list[str]:
        origins = [hit.location.origin for hit in find(sources.staged(root, pathspec))]
        return [os.path.realpath(os.path.join(origin.root, origin.path.decode())) for origin in origins]

    both = [f"{repo.path}/b", f"{repo.path}/sub/a"]
    assert files(f"{repo.path}/sub") == files(f"{tmp_path}/link") == both
    monkeypatch.chdir(repo.path / "sub")
    assert files(".") == files("..") == both
    assert files(".", "a") == both[1:]  # a pathspec starts where one stands, as git's does
    assert {hit.location.origin.root for hit in find(sources.staged("."))} == {".."}


def test_a_secret_of_a_path_that_is_not_touched_is_new_elsewhere(repo, staged, places) -> None:
    repo.write("a", "acme_aaaaaaaa")
    repo.commit()
    repo.write("b", "x acme_aaaaaaaa")
    repo.git("add", "-A")
    assert [found[:2] for found in places(staged())] == [("acme_aaaaaaaa", b"b")]


def test_one_blob_at_two_paths_is_read_once_and_found_twice(repo, staged, read, places) -> None:
    repo.write("a", "acme_aaaaaaaa")
    repo.write(b"b \n\xff", "acme_aaaaaaaa")
    repo.git("add", "-A")
    assert len(read(staged()).blobs) == 1
    assert [found[1] for found in places(staged())] == [b"a", b"b \n\xff"]


def test_the_index_that_git_names_is_read(repo, read, monkeypatch) -> None:
    repo.write("a", "a")
    repo.commit()
    repo.write("a", "b")
    repo.git("add", "a", GIT_INDEX_FILE=str(repo.path / ".git/other"))
    monkeypatch.chdir(repo.path)
    assert read(sources.staged(".")).items == []
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/other")
    for here in (".", "./", str(repo.path)):
        assert read(sources.staged(here)).files == {b"a": b"b"}
    monkeypatch.chdir(repo.path.parent)  # what that git says is not of this repository
    assert read(sources.staged(str(repo.path))).items == []


def conflict(repo, ours: str, theirs: str, branches: int = 1) -> None:
    repo.write("a", "base\n")
    repo.commit()
    for number in range(branches):
        repo.git("checkout", "-q", "-b", f"side{number}", "main")
        repo.write("a", theirs)
        repo.write(f"side{number}", f"acme_side{number}xxx")
        repo.commit()
    repo.git("checkout", "-q", "main")
    repo.write("a", ours)
    repo.commit()
    head = " ".join(repo.git("rev-parse", f"side{number}") for number in range(branches)).replace(" ", "\n")
    if branches == 1:
        with pytest.raises(Exception, match="merge"):
            repo.git("merge", "-q", "side0")
    else:
        for number in range(branches):
            repo.git("checkout", "-q", f"side{number}", "--", f"side{number}")
        (repo.path / ".git/MERGE_HEAD").write_text(head + "\n")


@pytest.mark.parametrize("branches", [1, 2])
def test_a_merge_counts_only_what_no_parent_has(repo, staged, places, branches: int) -> None:
    conflict(repo, "acme_oursours\n", "acme_theirsxx\n", branches)
    repo.write("a", "acme_oursours\nacme_theirsxx\nacme_evilevil\n")
    repo.git("add", "-A")
    assert [found[:2] for found in places(staged())] == [("acme_evilevil", b"a")]


def test_an_unresolved_conflict_is_a_failure(repo, staged, read) -> None:
    conflict(repo, "ours", "theirs")
    found = read(staged())
    assert found.reasons == {b"a": (True, "unmerged: resolve the conflict and `git add` it first")}


def test_a_submodule_is_skipped_by_design(repo, staged, read, make_repo) -> None:
    module = make_repo("module")
    oid = module.commit()
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{oid},sub")
    assert read(staged()).reasons == {b"sub": (False, "a submodule: scan it by its own path")}


def test_a_pathspec_and_an_intended_addition(repo, staged, read) -> None:
    repo.write("a.py", "a")
    repo.write("b.txt", "b")
    repo.git("add", "-A")
    repo.write("later", "l")
    repo.git("add", "-N", "later")
    assert read(staged("*.py")).files == {b"a.py": b"a"}
    assert set(read(staged()).files) == {b"a.py", b"b.txt"}


def test_a_missing_blob_is_a_failure(repo, staged, read) -> None:
    repo.write("a", "a")
    repo.write("b", "b")
    repo.git("add", "-A")
    oid = repo.git("hash-object", "a")
    (repo.path / ".git/objects" / oid[:2] / oid[2:]).unlink()
    found = read(staged())
    assert found.files == {b"b": b"b"}
    assert found.reasons == {b"a": (True, "the repository does not hold it")}
