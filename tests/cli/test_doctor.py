import pytest

from unleak.cli.program import run


def test_it_looks_at_everything_and_changes_nothing(scrubbed, capsys) -> None:
    assert run(["doctor"]) == 0
    out = capsys.readouterr().out
    assert all(word in out for word in ("git", "rules of", "Hyperscan", "cache", "recorded"))
    assert not (scrubbed / "state").exists()


@pytest.mark.parametrize(
    ("kept", "said"), [("", "outlives the job"), ("/var/lib/unleak", "recorded in /var/lib")]
)
def test_on_ci_it_warns_unless_the_state_has_a_place(monkeypatch, capsys, kept: str, said: str) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("UNLEAK_STATE_DIR", kept)
    assert run(["doctor"]) == 0
    assert said in capsys.readouterr().out


def test_without_git_it_fails(monkeypatch, capsys) -> None:
    from unleak.scan.sources.git import require_git

    require_git.cache_clear()
    monkeypatch.setenv("PATH", "/nonexistent")
    assert run(["doctor"]) == 2
    assert "Install git" in capsys.readouterr().out


def test_an_unwritable_cache_is_a_note(monkeypatch, capsys, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert run(["doctor"]) == 0
    assert "cannot be written" in capsys.readouterr().out
