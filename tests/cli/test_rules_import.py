from pathlib import Path

import pytest

from unleak.cli.program import run
from unleak.core.errors import Exit
from unleak.scan import rulefile, ruleset

GITLEAKS = """
[[rules]]
id = "acme-api-token"
description = "An Acme token."
regex = '''(?i)\\bacme_([0-9a-f]{32})\\b'''
keywords = ["acme_"]
"""
PLUGIN = """
import re
open("was-run", "w")
class Acme(RegexBasedDetector):
    secret_type = "Acme Token"
    denylist = [re.compile(r"acme_[0-9a-f]{32}")]
"""


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    """Beside few rules of unleak's own."""
    own = tmp_path / "own"
    own.mkdir()
    for name in ("github", "generic"):
        (own / f"{name}.toml").write_text((ruleset.builtin() / f"{name}.toml").read_text())
    monkeypatch.setattr(ruleset, "builtin", lambda: own)
    monkeypatch.chdir(tmp_path)


def given(text: str, name: str = "theirs.toml") -> str:
    Path(name).write_text(text)
    return name


@pytest.mark.parametrize(("name", "text"), [("theirs.toml", GITLEAKS), ("plugin.py", PLUGIN)])
def test_what_is_written_passes_the_check_and_finds(name: str, text: str, capsys) -> None:
    assert run(["rules", "import", given(text, name)]) == Exit.CLEAN
    assert "unleak rules check imported-rules" in capsys.readouterr().out
    assert [path.name for path in Path("imported-rules").iterdir()] == ["acme.toml"]
    assert run(["rules", "check", "imported-rules"]) == Exit.CLEAN, capsys.readouterr().err
    Path("code").mkdir()
    Path("code/settings").write_text("acme_" + "0123456789abcdef" * 2)
    assert (
        run(["scan", "--rules", "imported-rules", "code"]) == Exit.CLEAN
    )  # the check of random text: it counts up
    Path("code/settings").write_text("acme_" + "4f9c1e07ab35d268" + "73e0d9b1c6a8f245")
    assert run(["scan", "--rules", "imported-rules", "code"]) == Exit.FINDINGS
    assert not Path("was-run").exists()


def test_what_cannot_be_converted_is_listed_and_the_rest_written(capsys) -> None:
    broken = GITLEAKS.replace("acme-api-token", "zeta-key").replace("(?i)", "(?=a)")
    assert run(["rules", "import", given(GITLEAKS + broken), "--output", "out"]) == Exit.INCOMPLETE_SCAN
    said = capsys.readouterr()
    assert "not converted: zeta-key: lookahead or lookbehind is not supported" in said.err
    assert "Not converted: 1." in said.err
    assert "Rules written to out: 1" in said.out
    assert [path.name for path in Path("out").iterdir()] == ["acme.toml"]


def test_what_unleak_finds_already_is_no_failure(capsys) -> None:
    text = "[[rules]]\nid='github-refresh'\nregex='''github_secret=[0-9a-f]{40}'''\n"
    assert run(["rules", "import", given(text)]) == Exit.CLEAN
    out = capsys.readouterr().out
    assert "unleak finds it already: github.oauth-client-secret" in out
    assert "No rule was written." in out


def test_nothing_is_overwritten(capsys) -> None:
    Path("imported-rules").mkdir()
    Path("imported-rules/acme.toml").write_text("mine")
    assert run(["rules", "import", given(GITLEAKS)]) == Exit.USAGE
    assert Path("imported-rules/acme.toml").read_text() == "mine"


def test_ids_of_unleak_are_not_taken() -> None:
    text = GITLEAKS.replace("acme-api-token", "github-refresh")
    assert run(["rules", "import", given(text), "--output", "out"]) == Exit.CLEAN
    [found] = rulefile.read(Path("out/github.toml"))
    assert found.rule.id == "github.refresh-2"
    assert found.rule.service_title == "GitHub"
    assert run(["rules", "list", "--rules", "out"]) == Exit.CLEAN


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.toml", b"x" * (5 << 20), "larger than"),
        ("a.toml", b"\xff\xfe", "no text in UTF-8"),
        ("a.toml", b"[[rules", "no TOML"),
        ("a.toml", b"a = " + b"[" * 9000, "nested too deeply"),
        ("a.toml", b"a = 1", "no [[rules]]"),
        ("a.toml", b"[[rules]]\n" * 2001, "the limit is 2,000"),
        ("a.py", b"x = " + b"-" * 90_000 + b"1", "nested too deeply"),
        ("a.py", b"def", "no Python"),
        ("a.py", b"\0", "no Python"),
        ("a.py", b"x = 1", "no subclass"),
    ],
)
def test_hostile_files_are_refused(name: str, data: bytes, said: str, capsys) -> None:
    Path(name).write_bytes(data)
    assert run(["rules", "import", name]) == Exit.USAGE
    assert said in capsys.readouterr().err
    assert not Path("imported-rules").exists()


def test_text_of_the_file_cannot_control_a_terminal(capsys) -> None:
    text = (
        '[[rules]]\nid = "a\\u001b[31m-key"\nregex = "[0-9]"\ndescription = "b\\u001b]0;c"\n'
        + GITLEAKS.replace("An Acme token.", "x\\\\u001b")
    )
    run(["rules", "import", given(text)])
    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err
    assert "\x1b" not in Path("imported-rules/acme.toml").read_text()
