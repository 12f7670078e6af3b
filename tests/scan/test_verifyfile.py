"""`[verify]` and `[identify]` of rule files: what is understood, and what is refused with what to write instead."""

import json
from dataclasses import asdict

import pytest

from unleak.core import verification
from unleak.core.errors import UsageError
from unleak.core.verification import Condition, Verification, owned
from unleak.scan import rulefile, ruleset
from unleak.scan.verifyfile import literal_hosts

HEAD = 'service = "Acme"\ndocs = "https://acme.example/docs"\n'
RULE = """
[[rule]]
id = "acme.{name}"
title = "Acme key"
why = "Opens the gate."
severity = "high"
pattern = '''\\b(acme_[0-9]{{8}})\\b'''
keywords = ["acme_"]
matches = ["acme_12345678"]
non_matches = ["acme_1"]
"""
WITH = """
[[rule.with]]
name = "zone"
pattern = '''[a-z]{3}'''
"""
REQUEST = (
    'request = { method = "GET", url = "https://api.acme.example/me", headers = { X-Key = "{secret}" } }\n'
)
VERIFY = f"[verify]\n{REQUEST}live = {{ status = [200] }}\n"


@pytest.fixture
def rules(tmp_path):
    """Reads the verifications of a file's rules, by name."""

    def read(*text: str) -> dict[str, Verification | None]:
        path = tmp_path / "acme.toml"
        path.write_text(HEAD + "".join(text))
        return {found.rule.id[5:]: found.rule.verification for found in rulefile.read(path)}

    return read


def test_all_of_it(rules) -> None:
    body = """[verify.request]
method = "POST"
url = "https://{zone}.acme.example/me?k={secret}"
headers = { Accept = "*/*" }
basic = ["{secret}", ""]
json = { query = "{ me { id } }", list = ["{secret}"] }
[verify]
live = [{ status = [200, 201] }, { contains = ["yes"] }]
dead = { status = [401], lacks = ["odd"], json = "body.x" }
[identify]
account = "body.id"
scopes = "header.scopes"
"""
    found = rules(body, RULE.format(name="a"), WITH)["a"]
    assert found.request.basic == ("{secret}", "")
    assert json.loads(found.request.json) == {"query": "{ me { id } }", "list": ["{secret}"]}
    assert found.live == (Condition((200, 201)), Condition(contains=("yes",)))
    assert found.dead == (Condition((401,), lacks=("odd",), json="body.x"),)
    assert found.identify == (("account", "body.id"), ("scopes", "header.scopes"))


def test_a_rule_has_the_files_its_own_or_none(rules) -> None:
    own = "[rule.verify]\n" + REQUEST.replace("/me", "/you") + "live = { status = [200] }\n"
    found = rules(
        VERIFY, '[identify]\naccount = "body.a"\n',
        RULE.format(name="a"),
        RULE.format(name="b"), own, '[rule.identify]\naccount = "body.b"\n',
        RULE.format(name="c"), "verify = false\n",
        RULE.format(name="d"), own,
    )  # fmt: skip
    assert found["a"].request.url.endswith("/me")
    assert found["b"].request.url.endswith("/you")
    assert [found[name].identify[0][1] for name in "abd"] == ["body.a", "body.b", "body.a"]
    assert found["c"] is None


def test_none_is_said(rules) -> None:
    assert rules(RULE.format(name="a")) == {"a": None}


WRONG = {
    "no key in it": (VERIFY.replace("{secret}", "x"), "{secret} stands nowhere"),
    "no request": ("[verify]\nlive = { status = [200] }\n", "`request` is missing"),
    "no live": (f"[verify]\n{REQUEST}dead = {{ status = [401] }}\n", "`live` is missing"),
    "http": (VERIFY.replace("https:", "http:"), "https://"),
    "no address": (VERIFY.replace("https://api", "api"), "https://"),
    "user in the address": (VERIFY.replace("//api", "//u@api"), "use `basic`"),
    "host in upper case": (VERIFY.replace("//api", "//API"), "in lower case"),
    "no public host": (VERIFY.replace("api.acme.example", "localhost"), "public host"),
    "key in the host": (VERIFY.replace("//api", "//{secret}"), "must not stand in the host"),
    "unknown part": (VERIFY.replace("/me", "/{zone}"), "[[rule.with]]"),
    "unknown part in JSON": (VERIFY.replace("GET", "POST").replace(" } }", ' }, json = { a = ["{id}"] } }'), "{{id}}"),
    "two braces": (VERIFY.replace("/me", "/{{me"), "written once"),
    "other method": (VERIFY.replace("GET", "DELETE"), "GET, HEAD, POST"),
    "a body to get": (VERIFY.replace(" } }", ' }, body = "x" }'), "a GET has no body"),
    "two bodies": (VERIFY.replace("GET", "POST").replace(" } }", ' }, body = "x", json = {} }'), "at most one"),
    "basic and a header": (
        VERIFY.replace("X-Key", "authorization").replace(" } }", ' }, basic = ["a", ""] }'), "exclude",
    ),
    "half a basic": (VERIFY.replace(" } }", ' }, basic = ["a"] }'), "[user, password]"),
    "header of ours": (VERIFY.replace("X-Key", "Cookie"), "leave it out"),
    "no header": (VERIFY.replace("X-Key", '"X Key"'), "no name of a header"),
    "header of two lines": (VERIFY.replace('"{secret}"', '"{secret}\\n"'), "one line"),
    "header twice": (VERIFY.replace("{ X-Key", '{ x-key = "", X-Key'), "twice"),
    "placeholder in a name": (VERIFY.replace("X-Key", '"{secret}"'), "no name of a header"),
    "JSON with a date": (VERIFY.replace("GET", "POST").replace(" } }", " }, json = { a = 2026-01-01 } }"), "date"),
    "no host": (VERIFY.replace(" } }", ' }, hosts = ["acme"] }'), "name of a host"),
    "status": (VERIFY.replace("200", "999"), "100 to 599"),
    "status as text": (VERIFY.replace("200", '"200"'), "whole numbers"),
    "empty condition": (VERIFY.replace("status = [200]", 'lacks = ["x"]'), "every answer would do"),
    "dead by its limit": (VERIFY + "dead = { status = [401, 429] }\n", "status 429 alone"),
    "dead by its error": (VERIFY + "dead = [{ status = [401] }, { status = [500] }]\n", "status 500 alone"),
    "unknown key": (VERIFY + "alive = 1\n", "unknown key `alive`"),
    "unknown key of the request": (VERIFY.replace("method", "verb = 1, method"), "unknown key `verb`"),
    "unknown key of a condition": (VERIFY.replace("status", "state = 1, status"), "unknown key `state`"),
    "unknown field": (VERIFY + '[identify]\nname = "body.a"\n', "unknown key `name`"),
    "a number": ("verify = 1\n", "has to be a table"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("own", [False, True])
def test_what_is_refused(rules, case: str, own: bool) -> None:
    text, message = WRONG[case]
    rule = RULE.format(name="a")
    parts = (rule, text.replace("[", "[rule.", 1) if text.startswith("[") else text) if own else (text, rule)
    if own:
        parts = tuple(part.replace("\n[identify]", "\n[rule.identify]") for part in parts)
    with pytest.raises(UsageError) as raised:
        rules(*parts)
    assert message in raised.value.message
    assert "acme.toml" in raised.value.message
    assert not own or "rule acme.a" in raised.value.message


def test_identify_alone_is_of_no_use(rules) -> None:
    with pytest.raises(UsageError, match="of use only with"):
        rules(RULE.format(name="a"), '[rule.identify]\naccount = "body.a"\n')


def test_dead_by_its_error_with_the_providers_words(rules) -> None:
    text = VERIFY + 'dead = { status = [500], contains = ["Invalid API key"] }\n'
    assert rules(text, RULE.format(name="a"))["a"].dead[0].status == (500,)


# --- hosts -------------------------------------------------------------------------------------------

HOSTS = {
    r"[a-z0-9-]{1,60}\.zendesk\.com": ("zendesk.com",),
    r"https://[a-z]+\.webhook\.office\.com/w/[a-z/]{3}": ("webhook.office.com",),
    r"(?x) https:// hooks \. slack \. com / [A-Z]{3}": ("hooks.slack.com",),
    r"https:\/\/hooks\.slack\.com\/services": ("hooks.slack.com",),
    r"[a-z]+\.(?:aws|gcp)\.cloud2\.influxdata\.com": ("aws.cloud2.influxdata.com", "gcp.cloud2.influxdata.com"),
    r"[a-z]+\.(?:okta|oktapreview)\.com": ("okta.com", "oktapreview.com"),
    r"[a-z]+\.acme\.com(?::[0-9]{2,5})?": ("acme.com",),
    r"[a-z]+\.co\.uk": (), r"[a-z]+\.herokuapp\.com": (), r"[a-z.]+": (), r".*\.com": (), r"acme[a-z]\.com": (),
    r"[a-z]+\.(?:[a-z]{2}|acme)\.com": (),
}  # fmt: skip


@pytest.mark.parametrize("pattern", HOSTS)
def test_hosts_that_a_pattern_tells(pattern: str) -> None:
    assert literal_hosts(pattern) == HOSTS[pattern]


def test_the_host_of_a_part_is_the_providers_if_its_pattern_says_so(rules) -> None:
    verify = VERIFY.replace("api.acme.example", "{zone}")
    inside = WITH.replace("[a-z]{3}", "[a-z]{3}[.]x")
    named = WITH.replace("[a-z]{3}", r"[a-z]{3}\.acme\.example")
    assert rules(verify, RULE.format(name="a"), named)["a"].request.hosts == ("acme.example",)
    assert rules(verify, RULE.format(name="a"), inside)["a"].request.hosts == ()
    given = verify.replace(" } }", ' }, hosts = ["acme.test"] }')
    assert rules(given, RULE.format(name="a"), named)["a"].request.hosts == ("acme.test",)


@pytest.mark.parametrize(("suffix", "one"), [
    (".acme.com", True), ("-dsn.acme.net", True), (".eu.acme.co.uk", True), (".acme.co.uk", True), (".co.uk", False),
    (".com", False), ("", False), ("x.com", False), (".herokuapp.com", False), (".amazonaws.com", False),
])  # fmt: skip
def test_who_owns_the_names_below(suffix: str, one: bool) -> None:
    assert owned(suffix) is one


# --- the cache of rules ------------------------------------------------------------------------------


def test_it_survives_the_cache(rules, tmp_path) -> None:
    full = VERIFY.replace(" } }", ' }, basic = ["a", "{secret}"], hosts = ["acme.example"] }').replace(
        "X-Key", "X-A"
    )
    found = rules(full, 'dead = { status = [401] }\n[identify]\naccount = "body.a"\n', RULE.format(name="a"))[
        "a"
    ]
    assert verification.decoded(json.loads(json.dumps(asdict(found)))) == found
    first = ruleset.load([tmp_path / "acme.toml"])
    again = ruleset.load([tmp_path / "acme.toml"])
    assert again.rules == first.rules
    assert again.rules[-1].verification == found


def test_it_changes_no_compiled_database(rules, tmp_path) -> None:
    digests = set()
    for text in ("", VERIFY):
        rules(text, RULE.format(name="a"))
        digests.add(ruleset.load([tmp_path / "acme.toml"]).digest)
    assert len(digests) == 1
