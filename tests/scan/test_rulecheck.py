import pytest

from unleak.scan import rulecheck, rulefile, ruleset

FILE = """
service = "Acme"
docs = "https://acme.example/docs"
[[rule]]
id = "acme.key"
title = "Acme key"
why = "Opens the gate."
severity = "high"
pattern = '''(?x) \\b ( acme_ [0-9a-z]{8} ) \\b'''
keywords = ["acme_"]
matches = ["key = acme_${lowernum:8}"]
non_matches = ["acme_${lowernum:9}"]
"""


@pytest.fixture
def problems(tmp_path, monkeypatch):
    """The reasons for which a rule file is refused, when it is the only one."""
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.setattr(ruleset, "builtin", lambda: own)

    def problems(text: str) -> list[str]:
        path = tmp_path / "acme.toml"
        path.write_text(text)
        found = rulecheck.check([path])
        assert all(problem.path == path for problem in found)
        return [problem.reason for problem in found]

    return problems


def test_a_rule_that_does_as_its_examples_say(problems) -> None:
    assert problems(FILE) == []


def test_an_example_that_is_not_found(problems) -> None:
    assert problems(FILE.replace("= acme_$", "= acme $")) == [
        "matches, number 1: it holds none of the rule's keywords",
        "matches, number 1: the rule finds 0 secrets in it instead of one (keywords)",
        "matches, number 1: the rule finds 0 secrets in it instead of one (hyperscan)",
    ]


def test_a_keyword_that_the_match_does_not_contain(problems) -> None:
    found = problems(FILE.replace('["acme_"]', '["acme-"]'))
    assert "matches, number 1: it holds none of the rule's keywords" in found
    assert not any("hyperscan" in reason for reason in found)


def test_a_counter_example_that_is_found(problems) -> None:
    assert problems(FILE.replace("{lowernum:9}", "{lowernum:8}")) == [
        "non_matches, number 1: the rule finds a secret in it (keywords)",
        "non_matches, number 1: the rule finds a secret in it (hyperscan)",
    ]


def test_an_example_with_two_secrets(problems) -> None:
    found = problems(FILE.replace('"key = acme_$', '"acme_12345678 acme_$'))
    assert "matches, number 1: the rule finds 2 secrets in it instead of one (keywords)" in found


def test_a_template_that_means_nothing(problems) -> None:
    [reason] = problems(FILE.replace("${lowernum:8}", "${luck}"))
    assert "means nothing" in reason


def test_a_rule_that_another_one_hides(problems) -> None:
    second = FILE[FILE.index("[[rule]]") :].replace("acme.key", "acme.whole").replace("( acme_", "( acme_ ")
    found = problems(FILE + second)
    assert any("another rule takes its place: acme.whole" in reason for reason in found)


def test_half_of_a_pair(problems) -> None:
    pair = "part = 'id'\n[rule.companion]\nname = 'secret'\nwithin = 50\npattern = '([A-F]{8})'\n"
    assert "matches, number 1: the secret half of the pair is not found (hyperscan)" in problems(FILE + pair)
    assert problems(FILE.replace("key = ", "ABCDEFAB key = ") + pair) == []


def test_every_bad_file_is_named(tmp_path) -> None:
    (tmp_path / "acme.toml").write_text(FILE.replace("why", "wherefore"))
    (tmp_path / "zeta.toml").write_text("nothing")
    found = rulecheck.check([tmp_path])
    assert [problem.path.name for problem in found] == ["acme.toml", "zeta.toml"]


def test_only_the_files_asked_for_are_checked(tmp_path, monkeypatch) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "bad.toml").write_text(FILE.replace("acme", "bad").replace("= bad_$", "= nothing $"))
    (tmp_path / "acme.toml").write_text(FILE)
    monkeypatch.setattr(ruleset, "builtin", lambda: own)
    assert rulecheck.check([tmp_path / "acme.toml"]) == []
    assert rulecheck.check() != []
    assert rulecheck.check([own]) != []


def test_an_example_is_shown_masked(tmp_path) -> None:
    path = tmp_path / "acme.toml"
    path.write_text(FILE)
    [definition] = rulefile.read_all([path])
    shown = rulecheck.masked(definition)
    assert shown.startswith("key = …")
    assert len(shown) == len("key = …123")


def test_a_pattern_that_explodes(problems) -> None:
    [reason] = problems(FILE.replace("[0-9a-z]{8}", "(?:[0-9a-z]{1,8}){1,40}"))
    assert reason.startswith("pattern: on some texts it takes more than 200,000 steps")


def test_a_pattern_that_is_too_large(problems) -> None:
    [reason] = problems(
        FILE.replace("[0-9a-z]{8}", f"(?:{'|'.join(f'[{first}-z]{{8000}}' for first in 'abcdef')})")
    )
    assert reason == "pattern: written out it has 48,005 positions; the limit is 40,000"


def test_a_counter_example_that_is_another_services_key(problems, tmp_path) -> None:
    other = FILE.replace("acme", "zeta").replace("zeta_${lowernum:8}", "zeta-${lowernum:8}")
    (tmp_path / "own" / "zeta.toml").write_text(other.replace("zeta_", "zeta-"))
    shared = FILE.replace('["acme_${lowernum:9}"]', '["zeta-${lowernum:8}"]')
    reasons = problems(shared)
    assert len(reasons) == 2
    assert "non_matches, number 1: zeta.key of another service finds a secret in it (keywords)" in reasons[0]
    assert problems(shared + 'shared_with = ["zeta"]\n') == []
    assert problems(FILE + 'shared_with = ["nobody"]\n') == ["`shared_with`: there is no service `nobody`"]


def test_it_says_what_it_does(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(ruleset, "builtin", lambda: tmp_path)
    (tmp_path / "acme.toml").write_text(FILE)
    told: list[str] = []
    assert rulecheck.check([], told.append) == []
    assert told == [
        "reading", "looking at acme.key", "compiling 1 rules", "trying rule 1 of 1, acme.key"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#" * (rulefile.MAX_BYTES + 1), "larger than"),
        ("a = " + "[" * 5000, "nested too deeply"),
        (FILE + FILE[FILE.index("[[rule]]") :] * 500, "the limit is 500"),
        (FILE.replace("[0-9a-z]", f"[{'0-9' * 1500}]"), "the limit is 4,096"),
    ],
    ids=["large", "deep", "many", "long"],
)
def test_hostile_files(problems, text: str, said: str) -> None:
    [reason] = problems(text)
    assert said in reason
