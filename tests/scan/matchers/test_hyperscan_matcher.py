import os

from unleak.scan import cache
from unleak.scan.matchers import hyperscan_matcher


def stored():
    return sorted(path.name for path in cache.directory().glob("*.hsdb"))


def test_a_compiled_database_is_kept_and_loaded(make_rule) -> None:
    assert hyperscan_matcher.load([make_rule()], "d1") is None
    hyperscan_matcher.compile([make_rule()], "d1")
    loaded = hyperscan_matcher.load([make_rule()], "d1")
    assert loaded is not None
    assert [candidate.at for candidate in loaded.candidates(b"acme_12345678 ")] == [12]
    assert hyperscan_matcher.load([make_rule()], "d2") is None


def test_a_damaged_database_is_not_used(make_rule) -> None:
    hyperscan_matcher.compile([make_rule()], "d1")
    [name] = stored()
    path = cache.directory() / name
    path.write_bytes(path.read_bytes()[:-1])
    assert hyperscan_matcher.load([make_rule()], "d1") is None


def test_a_database_of_another_build_is_not_used(make_rule) -> None:
    import hyperscan

    cache.write(hyperscan_matcher._name("d1"), b"not a database")
    assert hyperscan_matcher.load([make_rule()], "d1") is None
    assert hyperscan.__version__ in stored()[0]


def test_it_works_where_nothing_can_be_kept(make_rule, monkeypatch, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", os.fspath(tmp_path / "file" / "below"))
    matcher = hyperscan_matcher.compile([make_rule()], "d1")
    assert [candidate.rule for candidate in matcher.candidates(b"acme_12345678 ")] == [0]
