import pytest

from unleak.scan import cache

pytestmark = pytest.mark.cold


def test_what_is_written_can_be_read() -> None:
    assert cache.read("a") is None
    assert cache.write("a", b"1")
    assert cache.write("a", b"2")
    assert cache.read("a") == b"2"
    assert [path.name for path in cache.directory().iterdir()] == ["a"]


def test_a_damaged_file_reads_as_absent() -> None:
    cache.write("a", b"content")
    path = cache.directory() / "a"
    path.write_bytes(path.read_bytes() + b"!")
    assert cache.read("a") is None


def test_an_unwritable_directory_is_no_error(tmp_path, monkeypatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert not cache.write("a", b"1")
    assert cache.read("a") is None


def test_without_xdg_it_is_in_the_home_directory(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.directory() == tmp_path / ".cache" / "unleak"
