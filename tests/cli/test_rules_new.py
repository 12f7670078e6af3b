import os
from pathlib import Path

import pytest

from unleak.cli import rules_new
from unleak.cli.program import run
from unleak.core.errors import Exit
from unleak.scan import rulecheck, rulefile, ruleset


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    """Beside few rules of unleak's own, so that nothing large is compiled."""
    own = tmp_path / "own"
    own.mkdir()
    for name in ("github", "generic", "stripe"):
        (own / f"{name}.toml").write_text((ruleset.builtin() / f"{name}.toml").read_text())
    monkeypatch.setattr(ruleset, "builtin", lambda: own)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("service", "slug"),
    [
        ("Acme Cloud", "acme-cloud"),
        ("x", "x"),
        ("Ümlaut 7", "umlaut-7"),
        ("1-2-3", "1-2-3"),
        ('Qu"ote {}', "qu-ote"),
    ],
)
def test_the_file_passes_the_check_as_it_is(service: str, slug: str, capsys) -> None:
    assert run(["rules", "new", service, "--directory", "some/where"]) == Exit.CLEAN
    path = Path("some/where") / f"{slug}.toml"
    out = capsys.readouterr().out
    assert f"unleak rules check {path}" in out
    assert f"unleak scan --rules {path}" in out
    assert run(["rules", "check", str(path)]) == Exit.CLEAN, capsys.readouterr().err


def test_it_shows_every_part_of_the_format() -> None:
    rules_new.output.create(Path("acme.toml"), rules_new.written("acme", "Acme"))
    bare, bound = rulefile.read(Path("acme.toml"))
    assert not bare.rule.bound
    assert bound.rule.bound
    assert [half.name for half in bound.rule.halves] == ["client_id"]
    assert bare.rule.verification is not None
    assert bound.rule.verification is not None
    assert bare.rule.verification != bound.rule.verification
    assert bare.rule.replacement.console
    assert rulecheck.check([Path("acme.toml")]) == []


def test_nothing_is_overwritten(capsys) -> None:
    Path("acme.toml").write_text("mine")
    assert run(["rules", "new", "acme"]) == Exit.USAGE
    assert Path("acme.toml").read_text() == "mine"
    assert "is there already" in capsys.readouterr().err


def test_a_link_is_not_followed(tmp_path) -> None:
    Path("acme.toml").symlink_to(tmp_path / "elsewhere")
    assert run(["rules", "new", "acme"]) == Exit.USAGE
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("service", ["", "…", "a" * 41, "two\nlines"])
def test_a_name_that_cannot_be_one(service: str, capsys) -> None:
    assert run(["rules", "new", service]) == Exit.USAGE
    assert "letters or digits" in capsys.readouterr().err


def test_a_service_that_is_known(capsys) -> None:
    assert run(["rules", "new", "GitHub"]) == Exit.USAGE
    assert "github-internal" in capsys.readouterr().err
    assert not Path("github.toml").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path, capsys) -> None:
    (tmp_path / "shut").mkdir(mode=0o500)
    assert run(["rules", "new", "acme", "--directory", "shut"]) == Exit.USAGE
    assert "cannot be written" in capsys.readouterr().err
