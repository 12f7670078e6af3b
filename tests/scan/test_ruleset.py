import json
import os
from pathlib import Path

import pytest

from unleak.core.errors import UsageError
from unleak.core.model import Confidence, Severity
from unleak.scan import cache, rulefile, ruleset
from unleak.scan.patterns import width
from unleak.scan.ports import MAX_WIDTH

HEAD = 'service = "Acme"\ndocs = "https://acme.example/docs"\n'
RULE = """
[[rule]]
id = "acme.key"
title = "Acme key"
why = "Opens the gate."
severity = "high"
pattern = '''(?x) \\b ( acme_ [0-9a-z]{8} ) \\b'''
keywords = ["acme_"]
matches = ["acme_${lowernum:8}"]
non_matches = ["acme_"]
"""
FILE = HEAD + RULE


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str, name: str = "acme.toml") -> Path:
        path = tmp_path / "rules" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return write


def only(path: Path):
    [rule] = [rule for rule in ruleset.load([path]).rules if rule.service == "acme"]
    return rule


def changed(line: str, into: str) -> str:
    assert line in FILE
    return FILE.replace(line, into)


def test_reads_all_fields(write) -> None:
    rule = only(write(FILE + '[replace]\nconsole = "https://acme.example/keys"\n'))
    assert (rule.id, rule.service, rule.service_title) == ("acme.key", "acme", "Acme")
    assert (rule.severity, rule.confidence) == (Severity.HIGH, Confidence.HIGH)
    assert rule.docs == "https://acme.example/docs"
    assert width(rule.pattern) == len("acme_12345678")
    assert rule.replacement.console == "https://acme.example/keys"


BARE = FILE.replace("( acme_ [0-9a-z]{8} )", "[0-9]{8}").replace(r"\b", "")


@pytest.mark.parametrize("key", ["context", "names"])
def test_a_bound_rule_is_of_medium_confidence_and_looks_for_its_words(write, key) -> None:
    rule = only(write(BARE.replace('keywords = ["acme_"]', f'{key} = ["acme_gate"]')))
    assert rule.bound
    assert rule.confidence is Confidence.MEDIUM
    assert {"acme_gate", "acmegate", "acme-gate"} <= set(rule.keywords)


def test_the_words_of_the_file_are_those_of_rules_without_keywords(write) -> None:
    words = 'words = ["acme_corp"]\ncommon = true\n'
    assert not only(write(words + FILE)).bound
    rule = only(write(words + BARE.replace('keywords = ["acme_"]', "")))
    assert (rule.context, rule.common) == (("acme_corp",), True)


def test_a_rule_that_is_bound_to_nothing_is_refused(write) -> None:
    with pytest.raises(UsageError, match="`keywords` is missing"):
        only(write(FILE.replace('keywords = ["acme_"]', "")))


def test_a_pair(write) -> None:
    rule = only(
        write(
            FILE + "part = 'id'\n[rule.companion]\nname = 'secret'\nwithin = 90\npattern = '(?<!x)([a-f]{9})'"
        )
    )
    assert rule.part == "id"
    assert (rule.companion.name, rule.companion.within) == ("secret", 90)


WRONG = {
    "unknown key": (
        changed('title = "Acme key"', 'title = "Acme key"\nverifi = "x"'),
        "unknown key `verifi`",
    ),
    "unknown table": (f"{FILE}[verifi]\nurl = 'https://acme.example'", "unknown key `verifi`"),
    "unknown key in a table": (
        f"{FILE}[replace]\nurl = 'https://acme.example'",
        r"\[replace\]: unknown key `url`",
    ),
    "missing": (changed('why = "Opens the gate."', ""), "acme.key: `why` is missing"),
    "empty": (changed('"Opens the gate."', '""'), "`why` has to be a text"),
    "terminal codes": (changed("Opens the gate.", "\\u001b[31mred"), "`why` has to be one line of printable"),
    "wrong type": (changed('keywords = ["acme_"]', 'keywords = "acme_"'), "`keywords` has to be a list"),
    "no keywords": (changed('keywords = ["acme_"]', ""), "`keywords` is missing"),
    "upper-case keyword": (changed('["acme_"]', '["ACME_"]'), "lower-case"),
    "no examples": (changed('matches = ["acme_${lowernum:8}"]', ""), "`matches` is missing"),
    "no counter-examples": (
        changed('non_matches = ["acme_"]', "non_matches = []"),
        "`non_matches` has to be a list",
    ),
    "severity": (changed('"high"', '"terrible"'), "`severity` has to be one of critical, high, medium, low"),
    "confidence": (
        changed('severity = "high"', 'severity = "high"\nconfidence = "sure"'),
        "`confidence` has to be",
    ),
    "check": (
        changed('severity = "high"', 'severity = "high"\nchecks = ["luck"]'),
        "there is no check `luck`",
    ),
    "docs": (FILE.replace("https://", "http://"), "`docs` has to begin with https://"),
    "id of another service": (changed("acme.key", "other.key"), "other.key: its id has to be `acme.`"),
    "part alone": (FILE + "part = 'id'", "go together"),
    "same id twice": (FILE + RULE, "acme.key: its id is taken"),
    "no rule": (HEAD, r"it holds no \[\[rule"),
    "no TOML": ("service = ", "this is no TOML"),
    "pattern that does not compile": (
        changed(r"[0-9a-z]{8}", "[0-9a-z{8}"),
        "acme.key: pattern: it does not compile",
    ),
    "no group": (changed("( acme_ [0-9a-z]{8} )", "acme_"), "one capturing group"),
    "two groups": (changed("acme_ [0-9a-z]{8}", "(acme_) [0-9a-z]{8}"), "one capturing group"),
    "lookahead": (changed(r"8} ) \b", "8} ) (?!x)"), "lookahead"),
    "lookbehind": (changed(r"\b (", "(?<!x) ("), "lookbehind"),
    "backreference": (changed("8} ) \\b", "8} ) \\1"), "backreferences"),
    "atomic": (changed("[0-9a-z]{8}", "(?>[0-9a-z]{8})"), "atomic"),
    "possessive": (changed("{8}", "{8}+"), "possessive"),
    "keep": (changed("acme_ [", r"acme_ \K ["), "does not compile"),
    "anchor": (changed(r"8} ) \b", "8} ) $"), "anchors"),
    "beginning": (changed(r"\b ( acme", "^ ( acme"), "anchors"),
    "star": (changed("{8}", "*"), "bounded"),
    "plus": (changed("{8}", "+?"), "bounded"),
    "open repeat": (changed("{8}", "{8,}"), "bounded"),
    "too wide": (changed("{8}", f"{{8,{MAX_WIDTH}}}"), "the limit is 16,384"),
    "matches nothing": (changed(r"\b ( acme_ [0-9a-z]{8} ) \b", "( a? )"), "empty text"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_refused(write, case: str) -> None:
    text, reason = WRONG[case]
    path = write(text)
    with pytest.raises(UsageError, match=reason) as caught:
        ruleset.load([path])
    assert str(path) in caught.value.message


def test_the_name_of_a_file_is_its_service(write) -> None:
    with pytest.raises(UsageError, match="slug"):
        ruleset.load([write(FILE, "Acme Inc.toml")])


def test_what_is_not_there_is_refused(tmp_path) -> None:
    with pytest.raises(UsageError, match="no rule file"):
        ruleset.load([tmp_path / "none.toml"])
    with pytest.raises(UsageError, match="holds no rule file"):
        ruleset.load([tmp_path])


def test_a_folder_stands_for_its_files(write) -> None:
    write(FILE)
    path = write(FILE.replace("acme.", "zeta."), "zeta.toml")
    assert [rule.id for rule in ruleset.load([path.parent]).rules][-2:] == ["acme.key", "zeta.key"]


def test_a_file_of_our_own_may_be_given_again() -> None:
    own = ruleset.files()
    assert ruleset.load([own[0]]).rules == ruleset.load().rules


def test_a_new_rule_in_the_checkout_is_read_without_installing(tmp_path, monkeypatch) -> None:
    (tmp_path / "acme.toml").write_text(FILE)
    monkeypatch.setattr(ruleset, "builtin", lambda: tmp_path)
    assert [rule.id for rule in ruleset.load().rules] == ["acme.key"]


def test_our_rules_are_where_the_wheel_or_the_checkout_has_them(tmp_path, monkeypatch) -> None:
    assert ruleset.builtin() == Path(__file__).parents[2] / "rules"
    (tmp_path / "_rules").mkdir()
    monkeypatch.setattr(ruleset, "HERE", tmp_path)
    assert ruleset.builtin() == tmp_path / "_rules"


class TestCache:
    @pytest.fixture
    def parsed(self, monkeypatch):
        """How often the files were parsed."""
        count = []
        read_all = rulefile.read_all
        monkeypatch.setattr(rulefile, "read_all", lambda paths: count.append(1) or read_all(paths))
        return count

    def test_gives_the_same_rules(self, write, parsed) -> None:
        path = write(FILE)
        first, second = ruleset.load([path]), ruleset.load([path])
        assert first == second
        assert len(parsed) == 1

    def test_a_changed_file_is_read_again(self, write, parsed) -> None:
        path = write(FILE)
        before = ruleset.load([path])
        os.utime(write(changed("{8}", "{9}")), ns=(1, 1))
        after = ruleset.load([path])
        assert len(parsed) == 2
        assert before.digest != after.digest
        assert width(after.rules[-1].pattern) == width(before.rules[-1].pattern) + 1

    def test_a_file_may_go(self, write, parsed) -> None:
        write(FILE)
        path = write(FILE.replace("acme.", "zeta."), "zeta.toml")
        assert len(ruleset.load([path.parent]).rules) - 1 == len(
            (path.unlink(), ruleset.load([path.parent]))[1].rules
        )

    @pytest.mark.parametrize("damage", [b"", b"x", b"{}"])
    def test_a_damaged_entry_is_ignored(self, write, parsed, damage: bytes) -> None:
        path = write(FILE)
        first = ruleset.load([path])
        for entry in cache.directory().glob("rules-*"):
            entry.write_bytes(damage)
        assert ruleset.load([path]) == first
        assert len(parsed) == 2

    def test_works_where_nothing_can_be_kept(self, write, parsed, monkeypatch, tmp_path) -> None:
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file" / "below"))
        path = write(FILE)
        assert ruleset.load([path]) == ruleset.load([path])
        assert len(parsed) == 2

    def test_holds_json(self, write) -> None:
        ruleset.load([write(FILE)])
        [entry] = cache.directory().glob("rules-*")
        assert (
            json.loads((cache.read(entry.name) or b"").partition(b"\n")[2])["rules"][-1]["id"] == "acme.key"
        )


def test_the_digest_is_of_what_matches(write) -> None:
    def digest(text: str) -> str:
        return ruleset.load([write(text)]).digest

    first = digest(FILE)
    assert digest(changed("Opens the gate.", "Opens every gate.")) == first
    assert digest(changed("{8}", "{7}")) != first
    assert digest(changed('severity = "high"', 'severity = "high"\nchecks = ["entropy"]')) != first
    assert digest(changed('severity = "high"', 'severity = "low"')) != first
