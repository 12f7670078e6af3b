"""Every service that can be asked about, against a fake of the answers that its rule file names.

One test a service, made from its rule file: a new service brings its own. The fake is the network port of the
engine, so that what is checked is the request as it leaves.
"""

import base64
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import jmespath
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jmespath.exceptions import JMESPathError

from unleak.core.fingerprint import fingerprint
from unleak.core.model import Liveness, Rule
from unleak.core.secret import Secret
from unleak.core.verification import FIELDS, SECRET, Condition, Verification, expressions, names, owned
from unleak.scan import rulefile, ruleset
from unleak.verify import judge
from unleak.verify.ports import Question

LIVE, DEAD, UNKNOWN, NOT_ASKED = Liveness.LIVE, Liveness.DEAD, Liveness.UNKNOWN, Liveness.NOT_ASKED
KEY = "k3y-" + "Qw7" * 9
HTML = b"<!DOCTYPE html><html><title>Blocked</title></html>"


def services() -> dict[str, list[Rule]]:
    """The rules that differ in their verification, by service."""
    found: dict[str, dict[Verification, Rule]] = defaultdict(dict)
    for rule in ruleset.load().rules:
        if rule.verification:
            found[rule.service].setdefault(rule.verification, rule)
    return {service: list(rules.values()) for service, rules in sorted(found.items())}


SERVICES = services()


# --- an answer for which a condition holds ------------------------------------------------------------


class Unmet(Exception):
    """The fake cannot make such an answer; simplify the condition or teach the fake."""


def meet(node: dict[str, Any], data: Any, truth: bool = True) -> Any:
    """`data` changed so that the expression is true, or false."""
    children = node["children"]
    match node["type"]:
        case "and_expression" | "or_expression":
            for child in children:
                data = meet(child, data, truth)
            return data
        case "not_expression":
            return meet(children[0], data, not truth)
        case "comparator":
            return compare(node["value"], *children, data, truth)
        case "function_expression":
            return apply(node["value"], children, data, truth)
        case _:
            path = path_of(node)
            return data if bool(get(path, data)) == truth else put(path, data, "x" if truth else None)


def compare(operator: str, left: dict[str, Any], right: dict[str, Any], data: Any, truth: bool) -> Any:
    if left["type"] in {"literal"}:
        left, right = right, left
    if right["type"] != "literal":
        raise Unmet(right["type"])
    value = right["value"]
    if left["type"] == "function_expression":
        samples = {
            "string": "x",
            "array": ["x"],
            "object": {"x": 1},
            "number": 1,
            "boolean": True,
            "null": None,
        }
        sample = samples[value] if left["value"] == "type" else ["x"] * (int(value) + 1)
        return put(path_of(left["children"][0]), data, sample if truth else None)
    equal = (operator == "eq") == truth
    if operator in {"gt", "gte", "lt", "lte"}:
        step = 1 if operator in {"gt", "gte"} else -1
        return put(path_of(left), data, value + (step if truth else -step))
    return put(path_of(left), data, value if equal else ("x" if value != "x" else "y"))


def apply(name: str, arguments: list[dict[str, Any]], data: Any, truth: bool) -> Any:
    first = arguments[0]
    if name in {"contains", "starts_with", "ends_with"}:
        if first["type"] == "literal":  # contains(`[…]`, path)
            return put(path_of(arguments[1]), data, first["value"][0] if truth else "no such")
        return put(path_of(first), data, arguments[1]["value"] if truth else "no such")
    if name in {"length", "keys", "not_null", "to_string", "type", "max", "values"}:
        return put(path_of(first), data, ["x"] if truth else None)
    raise Unmet(name)


def path_of(node: dict[str, Any]) -> list[str | int]:
    match node["type"]:
        case "field":
            return [node["value"]]
        case "index":
            return [node["value"]]
        case "subexpression" | "index_expression":
            return [step for child in node["children"] for step in path_of(child)]
        case "projection" | "value_projection":
            source, inner = node["children"]
            return [*path_of(source), 0, *path_of(inner)]
        case "flatten":
            return path_of(node["children"][0])
        case "identity" | "current":
            return []
        case "function_expression":
            return path_of(node["children"][0])
        case other:
            raise Unmet(other)


def get(path: list[str | int], data: Any) -> Any:
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def put(path: list[str | int], data: Any, value: Any) -> Any:
    """`data` with `value` at `path`."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = data if isinstance(data, list) else []
        items = [*items, *[{}] * (abs(step) + 1 - len(items))]
        items[step] = put(rest, items[step] or None, value)
        return items
    table = dict(data) if isinstance(data, dict) else {}
    return table | {step: put(rest, table.get(step), value)}


def answer_for(condition: Condition, other: tuple[Condition, ...] = ()) -> httpx.Response:
    """An answer of the provider for which `condition` holds and no status of the `other` side. Raises Unmet."""
    taken = {status for each in other for status in each.status}
    free = (status for status in (200, 400, 401, 403) if status not in taken)
    status = condition.status[0] if condition.status else next(free)
    if not condition.json:
        return httpx.Response(
            status, text=" ".join(condition.contains) or "{}", headers={"Content-Type": "text/plain"}
        )
    expression = jmespath.compile(condition.json)
    whole = meet(expression.parsed, {"body": {}, "status": status})
    body = whole["body"]
    if isinstance(body, dict) and condition.contains:
        body["note"] = " ".join(condition.contains)
    try:
        met = expression.search({"body": body, "header": {}, "status": status})
    except JMESPathError:
        met = False
    if not met:
        raise Unmet(condition.json)
    return httpx.Response(status, json=body)


# --- the questions -----------------------------------------------------------------------------------


def host_part(verification: Verification, name: str) -> str:
    """A value for a part of the host: labels, or a host of the provider's."""
    url = verification.request.url
    if (
        url.startswith((f"{{{name}}}", f"https://{{{name}}}/", f"https://{{{name}}}?"))
        or url == f"https://{{{name}}}"
    ):
        return f"a.{verification.request.hosts[0]}" if verification.request.hosts else "self.hosted.example"
    return "part1"


def question_of(rule: Rule) -> Question:
    """A question whose key and parts can be found again in the request."""
    verification = rule.verification
    assert verification is not None
    wanted = set().union(*map(names, verification.request.templates())) - {SECRET}
    host = verification.request.url.removeprefix("https://").partition("/")[0]
    parts = {
        name: host_part(verification, name) if f"{{{name}}}" in host else f"p4rt-{name}" for name in wanted
    }
    key = f"https://{host_part(verification, SECRET)}/{KEY}" if f"{{{SECRET}}}" in host else KEY
    if said := verification.request.assertion:
        key = signing_key()
        parts |= {name: "p4rt" for _, claim in said.claims for name in names(claim)}
    return Question(rule.id, rule.service, fingerprint(key), Secret(key), verification, parts)


@cache
def signing_key() -> str:
    """A private key, as its rule gives it: base64 without lines."""
    made = rsa.generate_private_key(65537, 1024)  # noqa: S505
    return base64.b64encode(made.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())).decode()


def texts(request: httpx.Request) -> Iterator[str]:
    """Everything of a request, decoded."""
    yield unquote(str(request.url))
    for value in request.headers.values():
        yield value
        if value.startswith("Basic "):
            yield base64.b64decode(value[6:]).decode()
    yield unquote(request.content.decode().replace("+", " "))


def unclear(verification: Verification) -> Iterator[tuple[str, httpx.Response]]:
    """Answers that mean nothing, but for those that the rule file gives a meaning."""
    given = {
        "rate limit": httpx.Response(429, json={}),
        "unavailable": httpx.Response(503, json={}),
        "page": httpx.Response(200, content=HTML, headers={"Content-Type": "text/html"}),
        "elsewhere": httpx.Response(302, headers={"Location": "https://login.example/"}),
    }
    meant = {status for condition in (*verification.live, *verification.dead) for status in condition.status}
    yield from (
        (name, reply) for name, reply in given.items() if name == "page" or reply.status_code not in meant
    )


def check_request(rule: Rule, question: Question, request: httpx.Request) -> None:
    """The key stands where the rule file says, goes to the host that it says, and nowhere else."""
    verification = rule.verification
    assert verification is not None
    said = verification.request
    assert request.method == said.method
    assert request.url.scheme == "https"
    host = urlsplit(said.url if said.url.startswith("https:") else question.secret.reveal()).netloc.partition(
        ":"
    )[0]
    if "{" not in host and not said.url.startswith("{"):
        assert request.headers["host"].partition(":")[0] == host
    if said.assertion:
        assert not any(question.secret.reveal()[:20] in text for text in texts(request))
        assert any("eyJ" in text for text in texts(request)), "nothing is signed"
        return
    assert any(KEY in text for text in texts(request)), "the key is not in the request"
    target = str(request.url) + " ".join(parse_qs(request.url.query.decode()).get("x", []))
    assert (KEY in unquote(target)) == (f"{{{SECRET}}}" in said.url)
    for name, value in said.headers:
        expected = value
        for part, text in (*question.parts.items(), (SECRET, question.secret.reveal())):
            expected = expected.replace(f"{{{part}}}", text)
        assert request.headers[name] == expected
    if said.json:
        json.loads(request.content)


def check_service(rules: Iterable[Rule], network, engine) -> None:
    """Hold the rules of one service against the answers that they name, and against those that mean nothing."""
    for rule in rules:
        verification, question = rule.verification, question_of(rule)
        assert verification is not None
        live, dead = verification.live, verification.dead
        for expected, conditions, other in ((LIVE, live, dead), (DEAD, dead, live)):
            for condition in conditions:
                network.requests.clear()
                given = answer_for(condition, other)
                network.reply = lambda request, reply=given: reply
                [answer] = engine(self_hosted=True).ask([question])
                assert answer.liveness is expected, (rule.id, condition, answer.why)
                check_request(rule, question, network.requests[0])
        for name, reply in unclear(verification):
            network.reply = lambda request, reply=reply: reply
            [answer] = engine(self_hosted=True).ask([question])
            assert answer.liveness is UNKNOWN, (rule.id, name)
        assert {request.headers["host"] for request in network.requests} != {"login.example"}
        if "self.hosted.example" in question.parts.values():
            assert engine().ask([question])[0].liveness is NOT_ASKED, "its host is whatever the text says"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service(service: str, network, engine) -> None:
    check_service(SERVICES[service], network, engine)


EXAMPLE = """
service = "Acme"
docs = "https://acme.example/docs"
[verify]
request = { method = "GET", url = "https://{zone}.acme.example/me?k={secret}", headers = { X-Key = "{secret}" } }
live = { status = [200] }
dead = [{ status = [401] }, { status = [500], contains = ["Invalid API key"] }]
[[rule]]
id = "acme.a"
title = "Acme key"
why = "Opens the gate."
severity = "high"
pattern = '''(acme_[0-9]{8})'''
keywords = ["acme_"]
matches = ["acme_12345678"]
non_matches = ["acme_1"]
[[rule.with]]
name = "zone"
pattern = "[a-z]{3}"
"""
OWN = """
[rule.verify]
request = { method = "POST", url = "https://{zone}/me", basic = ["x", "{secret}"], json = { k = ["{secret}"] } }
live = { json = "body.ok == `true`" }
"""


def test_rules_that_are_as_they_should_be(tmp_path, network, engine) -> None:
    path = tmp_path / "acme.toml"
    for text in (EXAMPLE, EXAMPLE + OWN):
        path.write_text(text)
        check_service([found.rule for found in rulefile.read(path)], network, engine)


def test_rules_that_are_not(tmp_path, network, engine) -> None:
    """Control: a rule file whose answers contradict each other is noticed."""
    path = tmp_path / "acme.toml"
    path.write_text(EXAMPLE.replace("{ status = [401] }", "{ status = [200] }"))
    with pytest.raises(AssertionError):
        check_service([found.rule for found in rulefile.read(path)], network, engine)


@pytest.mark.parametrize("service", SERVICES)
def test_its_rule_file(service: str) -> None:
    for rule in SERVICES[service]:
        verification = rule.verification
        assert verification is not None
        assert list(judge.problems(expressions(verification))) == []
        assert any(SECRET in names(text) for text in verification.request.templates())
        assert {field for field, _ in verification.identify} <= set(FIELDS)
        assert all(owned(f".{host}") for host in verification.request.hosts)


def test_the_fake_meets_what_rule_files_ask_for() -> None:
    """Control: it makes answers for conditions of every kind, and says so when it cannot."""
    for text in (
        "body.a", "body.a.b == 'x'", "body.a[0].b == `7`", "body.ok == `true` && body.user.id != `null`",
        "!(body.errors) && body.data", "length(body.items) > `0`", "contains(body.m, 'bad key')", "body.a || body.b",
        "body.off != `true`", "type(body.data.list) == 'array'", "body.a == `\"\"`", "body.items[].id",
        "body.ok == `false` && contains(`[\"a\"]`, body.error)",
    ):  # fmt: skip
        answer_for(Condition(json=text))
    with pytest.raises(Unmet):
        answer_for(Condition(json="sum(body.a) == `7`"))
