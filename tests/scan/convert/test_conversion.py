"""Rules of other scanners, one peculiarity at a time."""

import re

import pytest

from unleak.core.model import Confidence
from unleak.scan import regextree, rulefile
from unleak.scan.convert import Foreign, Remark, bounds, detect_secrets, gitleaks, literals, naming
from unleak.scan.convert.conversion import Conversion
from unleak.scan.convert.go_syntax import in_python


@pytest.mark.parametrize(
    ("go", "python"),
    [
        (r"a(?i)b|c", r"a(?i:b)|(?i:c)"),
        (r"(?i)a|(b(?-i)c)d", r"(?i:a)|(?i:(b(?-i:c))d)"),
        (r"[[:alnum:]_.]\z", r"[0-9A-Za-z_.]\Z"),
        (r"(?<name>[[&&a])$", r"(?P<name>[\[\&\&a])\Z"),
        (r"\Qa.b\E\x{41}[]x]", r"a\.b\x41[]x]"),
        (r"(?m)a$", r"(?m:a$)"),
    ],
)
def test_the_syntax_of_go(go: str, python: str) -> None:
    assert in_python(go) == python
    re.compile(python)


@pytest.mark.parametrize("go", [r"\pL", r"\p{Greek}", r"(?U)a+", r"\C", "é", r"\x{1F600}", r"[[:^alpha:]]"])
def test_what_only_re2_has(go: str) -> None:
    with pytest.raises(ValueError, match=r"RE2's alone|beyond ASCII|not supported"):
        in_python(go)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"(?i)acme[-_]key=[0-9a-f]{32}", ("acme-key=", "acme_key=")),
        (r"(?:ghp|gho)_[0-9A-Za-z]{36}", ("gho_", "ghp_")),
        (r"[0-9a-f]{32}", ()),
        (r"(?:acme|[0-9])x[a-z]{9}", ()),
        (r"(?:key)?[a-f]{2}(?:token){2}", ("tokentoken",)),
        (r"[A-Z]{3}(?:a1|b2|c3)?zz[0-9]yyy", ("yyy",)),
    ],
)
def test_keywords_are_read_off_the_pattern(pattern: str, words: tuple[str, ...]) -> None:
    assert literals.keywords(regextree.parsed(pattern)) == words


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("github-pat", ("github", "pat")),
        ("acme-internal-api-token", ("acme-internal", "api-token")),
        ("acme_api_key.2", ("acme", "api-key-2")),
        ("Slack Token", ("slack", "token")),
        ("ArtifactoryDetectorKey", ("artifactory-detector", "key")),
        ("api-key", ("imported", "api-key")),
        ("!!", ("imported", "key")),
    ],
)
def test_the_service_of_a_rule(name: str, place: tuple[str, str]) -> None:
    assert naming.placed(name, {"github": "GitHub", "slack": "Slack"}) == place


def converted(*found):
    return Conversion((), "theirs").convert(found)


def foreign(pattern: str, **more) -> Foreign:
    return Foreign(**({"id": "acme-key", "title": "", "why": "", "pattern": pattern} | more))


def test_one_group_remains_and_it_is_the_secret(tmp_path) -> None:
    made = converted(foreign(r"(acme|zeta)_key=([0-9a-f]{32})(;|\Z)", group=2))
    (tmp_path / "acme.toml").write_text(made.files["acme"])
    [found] = rulefile.read(tmp_path / "acme.toml")
    assert found.rule.pattern == r"(?:acme|zeta)_key=([0-9a-f]{32})(?:;|\Z)"
    assert found.rule.confidence is Confidence.MEDIUM
    assert found.matches != found.non_matches


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (r"(?=acme)x", "lookahead or lookbehind is not supported"),
        (r"(?<!a)acme_[0-9]{9}", "negative lookahead or lookbehind is not supported"),
        (r"(acme)_\1", "a backreference is not supported"),
        (r"acme(?:a(1)|b(2))", "not part of every match"),
        (r"acme_(?:[0-9]{1,9})+x(?:[a-z]+)*!", "takes more than"),
        (r"acme[\s\S]{20000}", "too wide"),
        (r"[0-9a-f]{32}", "no text that stands in every match"),
        (r"acme[", "does not compile"),
        ("(" * 4000 + "acme" + ")" * 4000, "too deeply"),
        ("acme" + "x" * 9000, "too long"),
        ("acmé_[0-9]{9}", "beyond ASCII"),
        (r"^=acme[0-9]{9}", "the anchor ^ is not supported"),
        (r"acme(?:xxxx){3}", "no text could be made of it that it finds"),
    ],
)
def test_what_cannot_be_converted(pattern: str, reason: str) -> None:
    made = converted(foreign(pattern))
    assert made.files == {}
    [remark] = made.remarks
    assert remark.missing
    assert reason in remark.reason


def test_bounds_are_given_and_said() -> None:
    made = converted(foreign(r"(?:^|;)acme_[0-9a-z]{20,}\s*;$"))
    assert r"(?:\b|;)acme_[0-9a-z]{20,1000}\s{0,40};(?:[\n\r]|\Z)" in made.files["acme"]
    said = [remark.reason for remark in made.remarks]
    assert said[0] == "2 repeats had no upper bound and got one"
    assert "a word has to" in said[1]


def test_bounds_within_repeats_are_narrower() -> None:
    tree = bounds.bounded(regextree.parsed(r"(?:[0-9]+-)+[a-z]{600,}"))
    assert [node.most for node in regextree.nodes(tree) if isinstance(node, regextree.Repeat)] == [
        20,
        60,
        1200,
    ]


GITLEAKS = """
title = "theirs"
[extend]
useDefault = true
[allowlist]
paths = ["x"]
[[rules]]
id = "acme-key"
description = "Opens the gate."
regex = '''acme_[0-9a-f]{32}'''
entropy = 3.5
path = "conf"
[[rules.allowlists]]
stopwords = ["x"]
[[rules]]
id = "only-a-path"
path = '''\\.p12$'''
[[rules]]
id = "part"
regex = "a"
skipReport = true
[[rules]]
id = "greek"
regex = '''\\p{Greek}'''
"""


def test_what_gitleaks_says() -> None:
    first, second, rule, path, part, greek = gitleaks.read(GITLEAKS)
    assert isinstance(first, Remark)
    assert isinstance(second, Remark)
    assert isinstance(rule, Foreign)
    assert rule.entropy
    assert [text.split()[0] for text in rule.lost] == ["entropy", "its", "its"]
    assert path == Remark(
        "only-a-path", "it has no regex: unleak looks into files and does not judge their paths", True
    )
    assert isinstance(part, Remark)
    assert not part.missing
    assert isinstance(greek, Remark)
    assert greek.missing


PLUGIN = '''
import re
from detect_secrets.plugins.base import RegexBasedDetector
PREFIX = "acme"
class AcmeDetector(RegexBasedDetector):
    """Scans for Acme's keys.

    More.
    """
    secret_type = "Acme " + "Key"
    part = r"[0-9a-f]{32}"
    @property
    def denylist(self):
        return (
            re.compile(rf"{PREFIX}_{part}", flags=re.I | re.X),
            re.compile("|".join(["acme1", "acme2"]) + "x"),
            RegexBasedDetector.build_assignment_regex(PREFIX, "key", "([0-9]{16})"),
            re.compile(open("x").read()),
            re.compile("a", FLAGS),
            "text",
        )
class Other(Plugin):
    denylist = [re.compile("b")]
'''


def test_what_a_plugin_says() -> None:
    first, second, third, *others = detect_secrets.read(PLUGIN)
    assert first == Foreign("Acme-1", "Acme Key", "Scans for Acme's keys.", "acme_[0-9a-f]{32}", re.I | re.X)
    assert isinstance(second, Foreign)
    assert second.pattern == "acme1|acme2x"
    assert isinstance(third, Foreign)
    assert re.search(third.pattern, "ACME_KEY: '" + "7" * 16 + "'", third.flags)
    assert [type(item) for item in others] == [Remark] * 3


def test_names_that_multiply_end() -> None:
    lines = ["import re", "a0 = ''", *(f"a{n} = a{n - 1} + a{n - 1}" for n in range(1, 60))]
    text = "\n".join([*lines, "class A(RegexBasedDetector):", "    denylist = [re.compile(a59)]"])
    [remark] = detect_secrets.read(text)
    assert isinstance(remark, Remark)


def test_names_that_go_round_end() -> None:
    text = "a = b\nb = a\nclass A(RegexBasedDetector):\n    denylist = [re.compile(a)]\n    secret_type = a"
    [remark] = detect_secrets.read(text)
    assert isinstance(remark, Remark)
