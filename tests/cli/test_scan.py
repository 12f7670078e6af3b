"""`unleak scan` as a person or a program calls it: every mode, every wrong call, every report."""

import json

import pytest

from unleak.scan.examples import expand

SHAPES = ("text", "json", "jsonl", "sarif")
KEYS = [expand("ghp_${github_checksummed}", seed) for seed in range(10)]
LINE = "token = {}\n"


# --- modes -------------------------------------------------------------------------------------------

MODES = {
    "tree": (["{repo}"], [1, 2, 3]),
    "here": ([], [1, 2, 3]),
    "no ignore": (["--no-ignore"], [1, 2, 3, 4]),
    "one file": (["{repo}/dir/loose"], [3]),
    "two paths": (["dir/loose", "ignored"], [3, 4]),
    "names from a hook": (["--files", "--", "dir/new", "dir/staged"], [1, 2]),
    "folder": (["{repo}/dir"], [1, 2, 3]),
    "tree, pathspec": (["--", "dir/n*"], [1]),
    "history": (["--history"], [0, 1]),
    "history, pathspec": (["--history", "{repo}", "--", "dir"], [1]),
    "all objects": (["--history", "--all-objects"], [0, 1, 2, 5]),
    "staged": (["--staged"], [2]),
    "staged, pathspec": (["--staged", "--", "old"], []),
    "range": (["--range", "{first}..HEAD"], [1]),
    "range from nothing": (["--range", f"{'0' * 40}..HEAD"], [1]),
    "push": (["--pre-push"], [1]),
    "bare": (["--history", "{repo}/../remote"], [0]),
}


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_finds_its_own(mode: str, leaky, found) -> None:
    arguments, expected = MODES[mode]
    words = [word.format(repo=leaky.path, first=leaky.first) for word in arguments]
    assert found(*words, cwd=leaky.path) == (int(bool(expected)), expected)


def test_push_reads_what_pre_commit_tells(leaky, found) -> None:
    told = {
        "PRE_COMMIT_FROM_REF": leaky.first,
        "PRE_COMMIT_TO_REF": "HEAD",
        "PRE_COMMIT_REMOTE_NAME": "origin",
    }
    assert found("--pre-push", cwd=leaky.path, **told) == (1, [1])


def test_stdin(found) -> None:
    assert found("--stdin", given=LINE.format(KEYS[0]).encode()) == (1, [0])
    assert found("--stdin", given=b"") == (0, [])


WRONG = {
    "two modes": (["--staged", "--history"], "--history and --staged exclude each other"),
    "three modes": (["--staged", "--stdin", "--pre-push"], "exclude each other"),
    "all objects of a tree": (["--all-objects"], "--all-objects goes with --history"),
    "stdin and a path": (["--stdin", "."], "--stdin takes no PATH"),
    "stdin and a pathspec": (["--stdin", "--", "x"], "--stdin takes no PATH"),
    "two repositories": (["--history", ".", ".."], "--history takes one PATH"),
    "unknown option": (["--frobnicate"], "No such option"),
    "unknown format": (["--format", "pdf"], "'pdf' is not one of"),
    "no such path": (["nowhere"], "'nowhere' does not exist"),
    "a dash": (["-"], "Read the standard input with --stdin"),
    "no repository": (["--history", "plain"], "repository"),
    "no repository to stage": (["--staged", "plain"], "repository"),
    "pathspec without repository": (["plain", "--", "x"], "is in no git repository"),
    "bare tree": (["bare"], "Scan it with --history"),
    "pathspec and no ignore": (["repo", "--no-ignore", "--", "x"], "does not go with a PATHSPEC"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_call_is_told_and_nothing_is_done(case: str, scan, repo, make_repo, tmp_path) -> None:
    make_repo("bare", "--bare")
    (tmp_path / "plain").mkdir()
    arguments, message = WRONG[case]
    ran = scan(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("unleak: error: ")
    assert message in ran.err


# --- reports -----------------------------------------------------------------------------------------

MIXED = (
    LINE.format(KEYS[0])
    + f"aws_secret_access_key = {expand('${base64:40}')}\n"
    + f'api_key = "{expand("${hex:32}")}"\n'
)
"""One secret of each confidence."""


def confidences(shape: str, out: str) -> set[str]:
    """The confidences that a report carries."""
    match shape:
        case "text":
            return {word for word in ("low", "medium", "high") if f", {word} confidence" in out}
        case "json":
            return {found["confidence"] for found in json.loads(out)["findings"]}
        case "jsonl":
            return {json.loads(line)["confidence"] for line in out.splitlines()}
    return {result["properties"]["confidence"] for result in json.loads(out)["runs"][0]["results"]}


@pytest.mark.parametrize("least", [None, "low", "medium", "high"])
@pytest.mark.parametrize("shape", SHAPES)
def test_confidence_of_reports_and_of_the_exit_code(shape: str, least: str | None, scan) -> None:
    levels = ["low", "medium", "high"]
    chosen = ["--min-confidence", least] if least else []
    ran = scan("--stdin", "--format", shape, *chosen, given=MIXED.encode())
    first = least or ("medium" if shape == "text" else "low")
    assert ran.code == 1
    assert confidences(shape, ran.out) == set(levels[levels.index(first) :])


@pytest.mark.parametrize(("least", "code"), [(None, 0), ("low", 1), ("high", 0)])
def test_the_exit_code_counts_from_the_threshold(least, code, scan) -> None:
    low = MIXED.splitlines()[2].encode()
    chosen = ["--min-confidence", least] if least else []
    for shape in SHAPES:
        assert scan("--stdin", "--format", shape, *chosen, given=low).code == code


def test_markers_suppress_and_no_ignore_counts_them(scan, tmp_path) -> None:
    (tmp_path / "a").write_text(f"token = {KEYS[0]}  # unleak:allow\n")
    ran = scan("a")
    assert (ran.code, "1 suppressed by a comment" in ran.out) == (0, True)
    assert json.loads(scan("a", "--format", "jsonl").out)["suppression"]
    assert scan("a", "--no-ignore").code == 1


@pytest.mark.parametrize("shape", SHAPES)
def test_no_colour_and_no_long_lines_without_a_terminal(shape: str, scan, leaky) -> None:
    ran = scan("--format", shape, cwd=leaky.path, TERM="xterm-256color", FORCE_COLOR="1", COLUMNS="300")
    assert "\x1b" not in ran.out + ran.err
    if shape == "text":
        assert max(map(len, ran.out.splitlines())) <= 80


def test_a_secret_stays_masked_unless_revealed(scan, leaky) -> None:
    for shape in SHAPES:
        assert KEYS[1] not in scan("--format", shape, cwd=leaky.path).out
    assert KEYS[1] in scan("--reveal", cwd=leaky.path).out


RULE = """
[[rule]]
id = "acme.a"
title = "Acme key"
why = "Opens the gate."
severity = "high"
confidence = "high"
pattern = '''\\b(acme_[0-9]{8})\\b'''
keywords = ["acme_"]
matches = ["acme_12345678"]
non_matches = ["acme_1"]
"""
HEAD = 'service = "Acme"\ndocs = "https://example.org"\n'
RULES = {
    "unknown key": (HEAD + RULE + "frob = 1\n", ["acme.a", "frob"]),
    "unknown key of the file": ("frob = 1\n" + HEAD + RULE, ["frob"]),
    "no TOML": ("= what\n", ["line 1"]),
    "pattern": (HEAD + RULE.replace("{8})", "{8}"), ["acme.a", "pattern"]),
    "duplicate id": (HEAD + RULE + RULE, ["acme.a"]),
    "an id of unleak's own": (HEAD + RULE.replace("acme.a", "github.pat-classic"), ["github.pat-classic"]),
    "no UTF-8": ("\udcff", []),
}


def test_a_rule_of_ones_own_finds(scan, tmp_path) -> None:
    (tmp_path / "acme.toml").write_text(HEAD + RULE)
    ran = scan("--stdin", "--rules", "acme.toml", given=b"acme_12345678")
    assert (ran.code, "acme.a" in ran.out) == (1, True)


@pytest.mark.parametrize("case", RULES)
def test_a_broken_rule_file_is_named_with_rule_and_reason(case: str, scan, leaky, tmp_path) -> None:
    text, named = RULES[case]
    (tmp_path / "acme.toml").write_text(text, "utf-8", "surrogateescape")
    ran = scan("--rules", tmp_path / "acme.toml", leaky.path)
    assert (ran.code, ran.out) == (2, "")
    assert [word for word in ("acme.toml", *named) if word not in ran.err] == []


def test_a_missing_rule_file(scan, leaky) -> None:
    ran = scan("--rules", "nowhere.toml", leaky.path)
    assert ran.code == 2
    assert "nowhere.toml" in ran.err
