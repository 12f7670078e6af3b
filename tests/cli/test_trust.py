"""Rules that a repository brings along."""

import os

import pytest

from unleak.scan.examples import expand

RULE = """
service = "Acme"
docs = "https://acme.example/docs"
[[rule]]
id = "acme.key"
title = "Acme key"
why = "Opens the gate."
severity = "low"
pattern = '''\\b(acme_[0-9a-z]{12})\\b'''
keywords = ["acme_"]
matches = ["acme_${lowernum:12}"]
non_matches = ["acme_"]
"""
KEY = expand("acme_${lowernum:12}", 3)
TOKEN = expand("ghp_${github_checksummed}", 3)
MODES = {
    "tree": (),
    "history": ("--history",),
    "staged": ("--staged",),
    "range": ("--range", "HEAD~1..HEAD"),
}


@pytest.fixture
def own(repo):
    """A repository with a rule of its own and a key of that form at every place."""
    repo.write("old", "nothing\n")
    repo.commit()
    repo.write(".unleak/rules/acme.toml", RULE)
    repo.write("new", f"key {KEY}\n")
    repo.commit()
    repo.write("staged", f"key {KEY}\n")
    repo.git("add", "-A")
    return repo


@pytest.mark.parametrize("mode", MODES)
def test_they_are_used_only_when_trusted(mode: str, own, scan) -> None:
    ran = scan(*MODES[mode], own.path)
    assert ran.code == 0, ran.out
    assert ran.err.count("\n") == (0 if mode == "staged" else 1)
    ran = scan(*MODES[mode], "--trust-repo-rules", own.path)
    assert ran.code == 1
    assert "Acme key" in ran.out
    assert "note" not in ran.err


def test_the_note_says_where_they_are_and_how_to_use_them(own, scan) -> None:
    err = scan(own.path).err
    assert str(own.path / ".unleak" / "rules") in err
    assert "--trust-repo-rules" in err
    assert scan("--files", "--", own.path / "new").err == ""


def test_a_folder_within_belongs_to_its_repository(own, scan) -> None:
    own.write("deep/er/file", f"{KEY}\n")
    assert scan("--trust-repo-rules", "er", cwd=own.path / "deep").code == 1


def test_the_users_configuration_trusts(own, scan, scrubbed, make_repo) -> None:
    config = scrubbed / ".config" / "unleak" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'trust_repo_rules = ["{own.path}"]\n')
    assert scan(own.path).code == 1
    other = scrubbed / "xdg" / "unleak"
    other.mkdir(parents=True)
    (other / "config.toml").write_text('trust_repo_rules = ["/elsewhere"]\n')
    assert scan(own.path, XDG_CONFIG_HOME=str(scrubbed / "xdg")).code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("trust = true", "there is no setting `trust`"),
        ('trust_repo_rules = "/x"', "a list of absolute paths"),
        ('trust_repo_rules = ["x"]', "a list of absolute paths"),
        ("[", "no TOML"),
    ],
)
def test_a_wrong_configuration(text: str, said: str, own, scan, scrubbed) -> None:
    config = scrubbed / ".config" / "unleak" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(text)
    ran = scan(own.path)
    assert ran.code == 2
    assert said in ran.err


def test_they_do_not_say_where_keys_are_sent(own, scan) -> None:
    verify = "[rule.verify]\nrequest = {method = 'GET', url = 'https://acme.example/{secret}'}\nlive = {status = [200]}"
    own.write(".unleak/rules/acme.toml", RULE + verify)
    ran = scan("--trust-repo-rules", own.path)
    assert ran.code == 2
    assert "must not say [verify]" in ran.err
    assert scan("--rules", own.path / ".unleak" / "rules", own.path).code == 1  # named by the user, it may
    assert scan("--rules", own.path / ".unleak/rules/acme.toml", "--trust-repo-rules", own.path).code == 1


def test_an_id_of_unleak_is_not_taken(own, scan) -> None:
    own.write(".unleak/rules/acme.toml", "service = 'none'")
    own.write(".unleak/rules/github.toml", RULE.replace("acme.key", "github.pat-classic"))
    (own.path / ".unleak/rules/acme.toml").unlink()
    ran = scan("--trust-repo-rules", own.path)
    assert ran.code == 2
    assert "its id is taken" in ran.err


@pytest.mark.parametrize(
    "pattern",
    [
        r"\b(ghp_[0-9A-Za-z]{36})\b",
        r"(key[\x00-\xff]{0,200})\Z",
        r"(key ghp_[0-9A-Za-z]{3})",
        r"key (g[\x00-\xff]{20})",
    ],
)
def test_they_hide_nothing(pattern: str, own, scan) -> None:
    more = expand('password = "${alnum:24}"\n', 5)
    own.write("new", f"key {TOKEN}\n{more}acme_\n")
    before = scan("--format", "jsonl", own.path / "new")
    assert before.code == 1
    assert before.out.count("\n") == 2
    rule = RULE.replace(r"\b(acme_[0-9a-z]{12})\b", pattern).replace('"acme_"]\nm', '"key"]\nm')
    own.write(".unleak/rules/acme.toml", rule + 'confidence = "high"\n')
    after = scan("--trust-repo-rules", "--format", "jsonl", own.path / "new")
    assert after.code == 1, after.err
    assert set(before.out.splitlines()[:-1]) <= set(after.out.splitlines())
    assert "github.pat-classic" in after.out
    assert after.out.count('"generic') == before.out.count('"generic')


def test_they_name_no_findings_of_others(own, scan) -> None:
    """A word of theirs and a very long form would make generic findings theirs, and too short to be any."""
    own.write("new", expand('widget_password = "${alnum:24}"\n', 5))
    before = scan("--format", "jsonl", own.path / "new")
    rule = RULE.replace("[[rule]]", "words = ['widget']\n[[rule]]").replace('keywords = ["acme_"]\n', "")
    rule = rule.replace(r"\b(acme_[0-9a-z]{12})\b", "[0-9]{99}").replace("${lowernum:12}", "${digits:99}")
    own.write(".unleak/rules/acme.toml", rule)
    after = scan("--trust-repo-rules", "--format", "jsonl", own.path / "new")
    assert (after.code, after.out) == (before.code, before.out)
    assert "generic.password" in after.out


def test_links_out_of_the_repository_are_not_followed(own, scan, tmp_path) -> None:
    (tmp_path / "outside.toml").write_text(RULE)
    rules = own.path / ".unleak" / "rules"
    (rules / "acme.toml").unlink()
    (rules / "acme.toml").symlink_to(tmp_path / "outside.toml")
    ran = scan("--trust-repo-rules", own.path)
    assert ran.code == 2
    assert "leads out of the repository" in ran.err
    (rules / "acme.toml").unlink()
    os.mkfifo(rules / "acme.toml")
    ran = scan("--trust-repo-rules", own.path)
    assert ran.code == 2
    assert "is no file" in ran.err
    (rules / "acme.toml").unlink()
    rules.rmdir()
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "acme.toml").write_text(RULE)
    rules.symlink_to(tmp_path / "far")
    assert scan("--trust-repo-rules", own.path).code == 2


def test_the_standard_input_has_no_repository(own, scan) -> None:
    assert scan("--stdin", "--trust-repo-rules", cwd=own.path, given=b"").code == 2
    assert scan("--stdin", cwd=own.path, given=f"{KEY}\n".encode()).err == ""
