"""What was found can be read again from where it was found."""

import io

import pytest

from unleak.core.errors import ScanError, UsageError
from unleak.core.model import GitObject
from unleak.scan import sources
from unleak.scan.sources.reread import read_again
from unleak.scan.sources.segments import SIZE


def again(source, find) -> dict[str, bytes]:
    """By key: what stands at its place when the origin is read again."""
    texts = {}
    for hit in find(source):
        start, end = hit.location.start.offset, hit.location.end.offset
        for blob in read_again(hit.location.origin):
            if blob.start.offset <= start and end <= blob.start.offset + len(blob.data):
                texts[hit.secret.reveal()] = blob.data[start - blob.start.offset : end - blob.start.offset]
    return texts


def test_every_origin_can_be_read_again(repo, find) -> None:
    repo.write("a", "x" * (SIZE + 5) + " acme_in0blob0")
    repo.commit("some message: acme_message0")
    repo.git("tag", "-a", "-m", "acme_intag000", "v1")
    repo.write("b", "acme_staged00")
    repo.git("add", "-A")
    repo.git("hash-object", "-w", "--stdin", input=b"acme_dangling")
    root = str(repo.path)
    for source, count in [
        (sources.history(root, all_objects=True), 5),
        (sources.staged(root), 1),
        (sources.worktree([root]), 2),
    ]:
        found = again(source, find)
        assert len(found) == count
        assert {key.encode() for key in found} == set(found.values())


def test_what_is_gone_or_cannot_be_is_told(repo, find, tmp_path) -> None:
    (tmp_path / "f").write_text("acme_aaaaaaaa")
    (hit,) = find(sources.worktree([str(tmp_path / "f")]))
    (tmp_path / "f").unlink()
    with pytest.raises(ScanError, match="read again"):
        list(read_again(hit.location.origin))
    repo.commit()
    with pytest.raises(ScanError, match="read again"):
        list(read_again(GitObject(str(repo.path), "0" * 40, "blob")))
    for oid in ["--help", "HEAD", "0" * 39 + "\n", ""]:
        with pytest.raises(UsageError):
            list(read_again(GitObject(str(repo.path), oid, "blob")))
    (piped,) = find(sources.stdin(io.BytesIO(b"acme_aaaaaaaa")))
    with pytest.raises(UsageError, match="piped"):
        list(read_again(piped.location.origin))
