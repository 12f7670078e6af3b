"""How a value is tied to its service, and how sure that is; both matchers lead to the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unleak.core.model import Blob, Confidence, Stdin
from unleak.scan import binding
from unleak.scan.confirm import confirm
from unleak.scan.matchers import hyperscan_matcher
from unleak.scan.matchers.keywords import KeywordMatcher

VALUE = "0123456789abcdef0f1e2d3c4b5a6978"
SURE, UNSURE = Confidence.MEDIUM, Confidence.LOW
LONG = " " * 60


@pytest.fixture(scope="module")
def bound(make_rule):
    """A bound rule for 32 hexadecimal digits of a service with these words."""

    def make(*words, **fields):
        settings = {"bound": True, "context": words, "confidence": SURE, "pattern": "[0-9a-f]{32}"} | fields
        names = settings.get("names", ())
        return make_rule(
            f"{words[0] if words else 'acme'}.key", keywords=binding.keywords(words + names), **settings
        )

    return make


def found(rules, text):
    """The confidence of what stands in `text`, which both matchers have to agree on."""
    data = text.encode()
    hits = []
    for matcher in (KeywordMatcher(rules), hyperscan_matcher.compile(rules, "tie")):
        hits.append(confirm(Blob(Stdin(), data), matcher.candidates(data), rules))
    assert hits[0] == hits[1]
    return [(hit.rule.service, hit.confidence) for hit in hits[0]]


NAMED = [
    "GATEHOUSE_API_KEY={}",
    'gatehouseKey: "{}"',
    '"gate-house": {{"x": 1}}, "gateHouse_token": "{}"',
    "--gatehouse-token {}",
    "gatehousekey = '{}'",
    "X-Gatehouse-Auth: Bearer {}",
    "gatehouse = {}",
    "<gatehouse>{}</gatehouse>",
    "gatehouseoauthtoken token = '{}'",
]
SENT = [
    "curl -H 'Authorization: Bearer {}' https://api.gatehouse.example/v1/me",
    "curl -u {}: https://gatehouse.example/v1",
    "curl -d access_token={} https://api.gatehouse.example/v1/devices",
    "requests.get('https://api.gatehouse.example/v1/things/by/name/and/by/number',\n  headers={{'X-Api-Key': '{}'}})",
    "url = 'https://api.gatehouse.example/a/path/that/is/long/enough/to/be/far'\nheaders = {{'apikey': '{}'}}\n",
]
PLACED = [
    "services:\n  gatehouse:\n    comment: a text that is long enough to be far away from it\n    key: {}\n",
    "[gatehouse]\nurl = https://example.org/with/a/path/that/is/rather/long\ntoken = {}\n",
    '{{\n  "gatehouse": {{\n    "note": "a text that is long enough to be far away",\n    "secret": "{}"\n  }}\n}}\n',
    'resource "gatehouse" {{\n  comment = "a text that is long enough to be far away"\n  api_key = "{}"\n}}\n',
]
NEAR_NOUN = [
    "Using gatehouse with the key {}",
    "gatehouse: see below\n secret {}",
    "(gatehouse) access code '{}'",
]


@pytest.mark.parametrize("text", NAMED + SENT + PLACED + NEAR_NOUN)
def test_is_tied(bound, text) -> None:
    assert found([bound("gatehouse", "gate_house")], text.format(VALUE)) == [("gatehouse", SURE)]


UNSURE_TEXTS = [
    "gatehouse {}",
    "gatehouse, built from {}",
    "https://gatehouse.example/keys/{}",
    "gatehouse:\n  comment: a text that is long enough to be far away from it all\n  state: {}\n",
]


@pytest.mark.parametrize("text", UNSURE_TEXTS)
def test_is_worth_a_look(bound, text) -> None:
    assert found([bound("gatehouse")], text.format(VALUE)) == [("gatehouse", UNSURE)]


FREE = [
    "OTHER_API_KEY={}",
    f"gatehouse {LONG} {{}}",
    "mygatehouse_key={}",
    "gatehouses {}",
    "gatehouse_key={}0",
    "gatehouse_key=-{}",
    "gatehouse_key='?{}'",
    "gatehouse_key={}?",
    "gatehouse:\n  x: 1\nother:\n  comment: a text that is long enough to be far away\n  key: {}\n",
    "[gatehouse]\nx = 1\n[other]\nurl = https://example.org/with/a/path/that/is/long\nkey = {}\n",
    "https://gatehouse.example/a/page/of/documentation/that/is/long/enough\n\napi_key = '{}'",
    "gatehouse commit: {}",
    "gatehouse_sha256={}",
    "see https://gatehouse.example/a/page/of/documentation/that/is/long/enough commit {}",
    "curl -H 'Authorization: Bearer {}' https://forge.example/tools/gatehouse",
    "gatehouse_commit = '{}'",
    "gatehouse:\n  sha256: {}\n",
    "uses: gatehouse/setup@{}",
    "* gatehouse: fewer doors\n+ commit {}\n",
    "text about a gatehouse\n  goes on over lines that are long enough to be far away\n  token = {}\n",
]


@pytest.mark.parametrize("text", FREE)
def test_is_not_tied(bound, text) -> None:
    assert found([bound("gatehouse")], text.format(VALUE)) == []


@pytest.mark.parametrize("value", ["gate-house-door-1.2.3", "GATE_HOUSE_DOOR_NAME", "gatehouse_v1beta1"])
def test_names_near_a_service_are_no_keys(bound, value) -> None:
    rules = [bound("gatehouse", pattern="[0-9A-Za-z_.-]{17,21}")]
    assert found(rules, f"gatehouse, made of {value}") == []
    assert found(rules, f"gatehouse_key = '{value}'") == [("gatehouse", SURE)]


@pytest.mark.parametrize(
    ("text", "ties"), [("myOvhKey={}", 1), ("myOVHKey={}", 1), ("4blOvH+kQ {}", 0), ("x4oVh+kQ {}", 0)]
)
def test_short_words_within_others_keep_their_case(bound, text, ties) -> None:
    assert len(found([bound("ovh")], text.format(VALUE))) == ties


COMMON = {
    "line_token={}": [("line", SURE)],
    "LINE_CHANNEL_SECRET = '{}'": [("line", SURE)],
    "lineApiKey: {}": [("line", SURE)],
    "line = '{}'": [("line", UNSURE)],
    "line 12 of the text says {}": [],
    "<secret>{{line ABCD {}}}</secret>": [("line", UNSURE)],
    "pipeline_token={}": [],
    "newline: {}": [],
    "lines_token={}": [],
}


@pytest.mark.parametrize("text", COMMON)
def test_an_everyday_word_has_to_stand_alone(bound, text) -> None:
    assert found([bound("line", common=True)], text.format(VALUE)) == COMMON[text]


def test_an_everyday_word_may_hold_what_names_a_credential(bound) -> None:
    rules = [bound("line", "line_secret", common=True)]
    assert found(rules, f"line_secret = '{VALUE}'") == [("line", SURE)]


@pytest.mark.parametrize("name", ["gatehouse_project_id", "gatehouseProjectId", "gatehouse-app-id"])
def test_an_identifier_is_worth_a_look_at_most(bound, name) -> None:
    assert found([bound("gatehouse")], f"{name} = '{VALUE}'") == [("gatehouse", UNSURE)]


def test_names_count_only_where_something_is_assigned_to_them(bound) -> None:
    rules = [bound(names=("secret_key",))]
    assert found(rules, f"SECRET_KEY = '{VALUE}'") == [("acme", SURE)]
    assert found(rules, f"mySecretKeys: '{VALUE}'") == [("acme", SURE)]
    assert found(rules, f"the secret key {VALUE}") == []


def test_of_two_services_the_nearer_one_is_meant(bound) -> None:
    rules = [bound("gatehouse"), bound("drawbridge")]
    assert found(rules, f"gatehouse_drawbridge_key={VALUE}") == [("drawbridge", SURE)]
    assert found(rules, f"drawbridge_gatehouse_key={VALUE}") == [("gatehouse", SURE)]
    assert found(rules, f"# for gatehouse\nDRAWBRIDGE_KEY={VALUE}") == [("drawbridge", SURE)]


def test_a_slash_is_no_border_of_values_that_hold_one(bound) -> None:
    rules = [bound("gatehouse", pattern="[0-9a-f/]{32}")]
    assert found(rules, f"gatehouse_key={VALUE}") == [("gatehouse", SURE)]
    assert found(rules, f"gatehouse_key=ab/{VALUE}") == []
    assert found([bound("gatehouse")], f"gatehouse_key=ab/{VALUE}") == [("gatehouse", UNSURE)]


def test_a_prefix_and_the_name_together_prove_it(bound, make_rule) -> None:
    pattern = r"(?x) \b ( sk_live_ [0-9a-f]{24,32} ) \b"
    rules = [
        make_rule("stripe.key", pattern=pattern, keywords=("sk_live_",)),
        bound("gatehouse", pattern="sk_live_[0-9a-f]{32}"),
    ]
    assert found(rules, f"GATEHOUSE_KEY=sk_live_{VALUE}") == [("gatehouse", Confidence.HIGH)]
    assert found(rules, f"PAYMENT_KEY=sk_live_{VALUE}") == [("stripe", Confidence.HIGH)]
    assert found(rules, f"gatehouse uses sk_live_{VALUE}") == [("stripe", Confidence.HIGH)]


PIECES = st.sampled_from(
    ["gatehouse", "GATE_HOUSE", "gate-house", "line", "api", "key", "token", " ", "\n", "\n  ", "=", ": ", '"', "'",
     "https://", ".example/", "/", "{\n", "[", "]\n", VALUE, VALUE[:31], f"{VALUE}0", "x" * 30, "-", "_", "(", ")"]
)  # fmt: skip


@pytest.fixture(scope="module")
def engines(bound):
    """Three rules, and both matchers for them."""
    rules = [bound("gatehouse", "gate_house"), bound("line", common=True), bound(names=("api_key",))]
    return rules, [KeywordMatcher(rules), hyperscan_matcher.compile(rules, "tie")]


@settings(max_examples=300, deadline=None)
@given(texts=st.lists(st.lists(PIECES, max_size=14).map("".join), max_size=4))
def test_both_matchers_lead_to_the_same(engines, texts) -> None:
    rules, matchers = engines
    data = "\n".join(texts).encode()
    results = [confirm(Blob(Stdin(), data), matcher.candidates(data), rules) for matcher in matchers]
    assert results[0] == results[1]
