"""The report for a person."""

import re
from pathlib import Path

import pytest

from unleak.core.model import Confidence, File, Liveness, Part, Replacement, Severity, Staged
from unleak.scan.ports import Summary

OID = "ab" * 20


def test_it_tells_what_where_why_and_what_next(written, make_finding) -> None:
    text = written("text", [make_finding(replacement=Replacement(provider="aws-iam"))])
    assert text.startswith("high  Acme key  …k3y5 (29 characters)\n")
    assert "\n  app.py:3:5\n" in text
    assert "\n  client_id public-1\n" in text
    assert "Opens the gate." in text
    assert f"\n  unleak rotate --finding {'ab' * 16} --report FILE\n" in text
    assert "--format json --output FILE" in text
    assert "unleak:allow" in text
    assert "1 secret in 2 blobs (1.5 kB): 1 high." in text


def test_without_a_provider_it_links_the_console_or_the_documentation(written, make_finding) -> None:
    text = written("text", [make_finding(replacement=Replacement(console="https://acme.example/keys"))])
    assert "\n  replace it at https://acme.example/keys\n" in text
    assert "unleak rotate" not in text
    assert "https://example.org" in written("text", [make_finding()])


def test_the_value_is_there_only_when_asked_for(written, make_finding, secret: str) -> None:
    assert secret not in written("text", [make_finding()])
    assert secret in written("text", [make_finding()], reveal=True)


def test_what_is_staged_is_told_how_to_leave_the_commit(written, make_finding, at) -> None:
    advice = "Not committed yet"
    assert advice in written("text", [make_finding(at(Staged(".", b"app.py", OID)))])
    assert advice not in written("text", [make_finding()])


def test_the_most_severe_comes_first(written, make_finding) -> None:
    findings = [make_finding(severity=level) for level in (Severity.LOW, Severity.CRITICAL, Severity.MEDIUM)]
    text = written("text", findings)
    assert re.findall(r"^(\w+)  Acme", text, re.MULTILINE) == ["critical", "medium", "low"]
    assert "3 secrets in 2 blobs (1.5 kB): 1 critical, 1 medium, 1 low." in text


def test_suppressed_and_doubtful_ones_are_only_counted(written, make_finding, at) -> None:
    findings = [make_finding(at(File(".", b"x"), "unleak:allow")), make_finding(confidence=Confidence.LOW)]
    text = written("text", findings, Summary(blobs=1, bytes=1, suppressed=1, below=1))
    assert text == (
        "No secrets found in 1 blob (1 byte).\n"
        "1 suppressed by a comment; --no-ignore shows them.\n"
        "1 below medium confidence; --min-confidence low shows them.\n"
    )


def test_one_marked_place_of_two_is_named(written, make_finding, at) -> None:
    text = written("text", [make_finding(at(File(".", b"x"), "unleak:allow"), at(File(".", b"y")))])
    assert "  x:3:5\n    suppressed by unleak:allow\n  y:3:5\n" in text


def test_clean_is_one_line(written) -> None:
    assert written("text", []) == "No secrets found in 2 blobs (1.5 kB).\n"


def test_thousands_of_places_are_counted(written, make_finding, at) -> None:
    text = written("text", [make_finding(*(at(File(".", f"{n}.py".encode())) for n in range(3005)))])
    assert "4.py:3:5\n  and 3,000 more places\n" in text
    assert "5.py" not in text


def test_places_in_history_name_commit_date_and_author(written, make_finding, places) -> None:
    text = written("text", [make_finding(*places)])
    assert "commit 0123456789, 2026-01-31, " in text
    assert "  message 0123456789:3:5\n" in text
    assert "  blob 0123456789:3:5\n" in text


def test_a_half_that_may_be_a_secret_is_masked(written, make_finding, at) -> None:
    half = Part("api_key", "another-half-of-some-length", at(File(".", b"conf.py")))
    assert "\n  api_key …ngth\n" in written("text", [make_finding(parts=(half,))])
    assert f"\n  api_key {half.value}\n" in written("text", [make_finding(parts=(half,))], reveal=True)


def test_hostile_text_controls_no_terminal(written, make_finding, places, skipped) -> None:
    text = written("text", [make_finding(*places)], Summary(skipped=skipped))
    assert all(character == "\n" or character.isprintable() for character in text)
    assert r"a b\n\x1b[31m\xff\u202e@\u200b.py:3:5" in text
    assert r"\x1b[2J\u202eAda\xff <ada@example.org>" in text


def test_characters_that_show_nothing_are_escaped(written, make_finding, at) -> None:
    text = written("text", [make_finding(at(File(".", "a\u3164\u200db".encode())))])
    assert r"a\u3164\u200db:3:5" in text


def test_color_only_when_asked_for(written, make_finding) -> None:
    assert "\x1b" not in written("text", [make_finding()])
    assert "\x1b[31mhigh\x1b[0m" in written("text", [make_finding()], color=True)


@pytest.mark.parametrize("width", [60, 80, 100])
def test_lines_fit_but_for_paths_addresses_and_commands(written, make_finding, make_rule, width: int) -> None:
    rule = make_rule(title="Acme key of a kind with a longer name", why="A word " * 40)
    text = written("text", [make_finding(rule=rule)], Summary(below=3), width=width)
    whole = [line for line in text.splitlines() if len(line) > width]
    assert all("https:" in line or "unleak rotate" in line for line in whole), whole


def test_paths_are_relative_to_where_one_stands(
    written, make_finding, at, tmp_path: Path, monkeypatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    inside, outside = str(tmp_path / "here" / "repo"), str(tmp_path / "other")
    origins = [File(inside, b"a.py"), File(outside, b"b.py"), File("..", b"c")]
    text = written("text", [make_finding(*map(at, origins))])
    assert "\n  repo/a.py:3:5\n" in text
    assert f"\n  {outside}/b.py:3:5\n" in text
    assert "\n  ../c:3:5\n" in text


def test_what_could_not_be_read_comes_first(written, skipped) -> None:
    text = written("text", [], Summary(skipped=skipped, interrupted=True))
    assert "Interrupted: this is only what was read until then." in text
    assert text.index("Could not read 1: permission denied") < text.index("Skipped 1,200: a symbolic link")
    assert "  link2\n  and 1,197 more\n" in text


@pytest.mark.parametrize(("liveness", "said"), [
    (Liveness.LIVE, "it is live"), (Liveness.DEAD, "it is dead"), (Liveness.UNKNOWN, "no clear answer"),
])  # fmt: skip
def test_it_says_what_the_provider_said(written, make_finding, liveness: Liveness, said: str) -> None:
    assert said in written("text", [make_finding(liveness=liveness)])
