import json
import re

import pytest

from unleak.cli.program import run
from unleak.core.errors import Exit
from unleak.scan import ruleset
from unleak.scan.examples import expand


def test_list_fits_a_terminal(capsys) -> None:
    assert run(["rules", "list"]) == Exit.CLEAN
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(ruleset.load().rules) + 1
    assert max(map(len, lines)) <= 80
    assert re.search(r"^github\.pat-classic +critical +high +GitHub$", "\n".join(lines), re.MULTILINE)


def test_list_as_json(capsys) -> None:
    assert run(["rules", "list", "--format", "json"]) == Exit.CLEAN
    rows = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in rows] == [rule.id for rule in ruleset.load().rules]
    assert rows[0].keys() == {"id", "service", "service_title", "title", "severity", "confidence"}


def test_show_masks_the_example(capsys) -> None:
    assert run(["rules", "show", "github.pat-classic"]) == Exit.CLEAN
    out = capsys.readouterr().out
    token = expand("GITHUB_TOKEN=ghp_${github_checksummed}")
    assert token not in out
    assert f"…{token[-4:]}" in out
    assert "ghp_" in out
    assert "confidence: high" in out


def test_show_as_json(capsys) -> None:
    assert run(["rules", "show", "aws.access-key", "--format", "json"]) == Exit.CLEAN
    shown = json.loads(capsys.readouterr().out)
    assert shown["companion"]["name"] == "secret_access_key"
    assert shown["confidence"] == "high"


def test_show_names_similar_rules(capsys) -> None:
    assert run(["rules", "show", "github.pat-clasic"]) == Exit.USAGE
    assert "github.pat-classic" in capsys.readouterr().err


@pytest.fixture
def bad(tmp_path):
    path = tmp_path / "acme.toml"
    head = 'service = "Acme"\ndocs = "https://acme.example"\n'
    path.write_text(head + '[[rule]]\nid = "acme.key"\nluck = 7\npattern = "["\n')
    return path


def test_check_names_file_rule_and_reason(bad, capsys) -> None:
    assert run(["rules", "check", str(bad)]) == Exit.USAGE
    err = capsys.readouterr().err
    assert f"{bad}: rule acme.key: pattern: it does not compile" in err


def test_check_is_silent_about_good_files(capsys) -> None:
    assert run(["rules", "check", str(ruleset.builtin() / "github.toml")]) == Exit.CLEAN
    assert capsys.readouterr().out.startswith("Rule files as they should be: 1.")


def test_further_rules(tmp_path, capsys) -> None:
    text = (ruleset.builtin() / "cheqd.toml").read_text()
    (tmp_path / "acme.toml").write_text(text.replace("cheqd.", "acme."))
    assert run(["rules", "list", "--rules", str(tmp_path)]) == Exit.CLEAN
    assert "acme.api-key" in capsys.readouterr().out
