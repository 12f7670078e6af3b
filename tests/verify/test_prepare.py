"""Where the key goes in a request, and to which hosts: nothing that a value holds changes either."""

import base64
import email
import json
from email import policy

import pytest

from unleak.core.verification import Request
from unleak.verify import prepare
from unleak.verify.prepare import Unsendable, call, filled

HOSTILE = "a/b?c#d@e:f%2e &\"\\{x}'"
"""A value that would change an address, a header's parameters or JSON if it stood there as it is."""


def made(question, **given):
    asked = question(**given)
    return call(asked.verification.request, asked)


def test_in_an_address_values_are_percent_encoded(question) -> None:
    url = "https://api.acme.example/v1/{secret}/x?key={secret}&{{literal}}"
    sent = made(question, secret=HOSTILE, url=url, request={"headers": ()})
    quoted = "a%2Fb%3Fc%23d%40e%3Af%252e%20%26%22%5C%7Bx%7D%27"
    assert sent.url == f"https://api.acme.example/v1/{quoted}/x?key={quoted}&{{literal}}"
    assert sent.host == "api.acme.example"


def test_in_json_values_are_strings(question) -> None:
    body = json.dumps({"q": "{ me { id } }", "n": 1, "list": ["{secret}"], "in": {"k": "x{secret}y"}})
    sent = made(question, secret=HOSTILE, request={"method": "POST", "json": body})
    assert json.loads(sent.content) == {
        "q": "{ me { id } }", "n": 1, "list": [HOSTILE], "in": {"k": f"x{HOSTILE}y"},
    }  # fmt: skip
    assert ("Content-Type", "application/json") in sent.headers


def test_in_a_form_and_in_basic_authentication(question) -> None:
    sent = made(question, secret="a&b=c d", request={
        "method": "POST", "form": (("token", "{secret}"), ("v", "1")), "basic": ("{secret}", ""),
    })  # fmt: skip
    assert sent.content == b"token=a%26b%3Dc%20d&v=1"
    assert ("Content-Type", "application/x-www-form-urlencoded") in sent.headers
    assert ("Authorization", "Basic " + base64.b64encode(b"a&b=c d:").decode()) in sent.headers


def test_in_multipart_no_value_ends_its_field(question) -> None:
    secret = 'a\r\n--x--\r\nname="role"'
    sent = made(question, secret=secret, request={
        "method": "POST", "multipart": (("token", "{secret}"), ("v", "1")), "headers": (),
    })  # fmt: skip
    (kind,) = (value for name, value in sent.headers if name == "Content-Type")
    message = email.message_from_bytes(
        f"Content-Type: {kind}\r\n\r\n".encode() + sent.content, policy=policy.HTTP
    )
    fields = {part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
              for part in message.iter_parts()}  # fmt: skip
    assert fields == {"token": secret.encode(), "v": b"1"}


def test_a_type_of_the_rule_file_stands(question) -> None:
    headers = (("Content-Type", "text/plain"), ("X-Key", "{secret}"))
    sent = made(question, request={"method": "POST", "body": "{secret}", "headers": headers})
    assert [value for name, value in sent.headers if name == "Content-Type"] == ["text/plain"]
    assert sent.content == b"k3y-" + b"q7w2" * 6


@pytest.mark.parametrize("secret", ["a\nb", "a\r\nHost: evil", "é", "a\0b", "\udcff", ""])
def test_what_no_header_carries_is_not_sent(question, secret: str) -> None:
    with pytest.raises(Unsendable):
        made(question, secret=secret)


def test_a_part_that_was_not_found_is_named(question) -> None:
    with pytest.raises(Unsendable, match="account_id and zone"):
        made(question, url="https://api.acme.example/{zone}/{account_id}")


# --- hosts -------------------------------------------------------------------------------------------

LABEL = {
    "acme": "acme.shop.example", "ACME": "acme.shop.example", "a-1.eu": "a-1.eu.shop.example",
    "https://acme.shop.example/": "acme.shop.example", "acme.shop.example": "acme.shop.example",
}  # fmt: skip
NO_LABEL = ["a/b", "evil.example/x", "evil.example#", "a@b", "a:1", "a?b", "-a", "a-", "a..b", ".a", "a b", "é",
            "a\\b", "a%2fb", "a\nb", "x" * 64, "[::1]"]  # fmt: skip


@pytest.mark.parametrize("value", LABEL)
def test_a_part_may_be_labels_of_the_providers_host(question, value: str) -> None:
    sent = made(question, url="https://{sub}.shop.example/me", parts={"sub": value})
    assert (sent.host, sent.url) == (LABEL[value], f"https://{LABEL[value]}/me")
    assert not sent.chosen


@pytest.mark.parametrize("value", NO_LABEL)
def test_and_nothing_but_labels(question, value: str) -> None:
    for url in ("https://{sub}.shop.example/me", "https://{sub}-dsn.shop.example:444/me", "https://{sub}/me"):
        with pytest.raises(Unsendable):
            made(question, url=url, parts={"sub": value})


WHOLE = ["git.corp.example", "GIT.corp.example", "https://git.corp.example/", "git.corp.example:8443"]
NO_HOST = [
    "localhost", "127.0.0.1", "127.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "017700000001", "[::1]", "::1",
    "1.1.1.1", "http://git.corp.example", "git.corp.example/x", "u@git.corp.example", "u:p@git.corp.example",
    "git.corp.example:", "git.corp.example:x", "git.corp.example.", "ftp://x.example", "//x.example",
    "a.example:443@b.example", "a.example\\@b.example", "a.example%00.b.example", "a.example b.example", "é.example",
]  # fmt: skip


@pytest.mark.parametrize("value", WHOLE)
def test_a_host_that_a_part_names_is_the_texts_choice(question, value: str) -> None:
    sent = made(question, url="https://{host}/api?x=1", parts={"host": value})
    assert sent.chosen
    assert sent.host == "git.corp.example"
    assert sent.url == f"https://git.corp.example{':8443' if '8443' in value else ''}/api?x=1"


@pytest.mark.parametrize("value", NO_HOST)
def test_what_is_no_name_of_a_host_is_not_asked(question, value: str) -> None:
    with pytest.raises(Unsendable) as raised:
        made(question, url="https://{host}/api", parts={"host": value})
    assert value not in f"{raised.value}"


@pytest.mark.parametrize(("url", "parts"), [
    ("https://{host}/api", {"host": "acme.herokuapp.com"}),
    ("https://{app}.herokuapp.com/api", {"app": "acme"}),
    ("https://{name}.com/api", {"name": "acme"}),
    ("https://{name}.co.uk/api", {"name": "acme"}),
    ("https://{name}{tld}/api", {"name": "acme.", "tld": "com"}),
    ("{base}/api", {"base": "https://acme.example/git"}),
])  # fmt: skip
def test_a_host_without_one_owner_is_the_texts_choice(question, url: str, parts: dict[str, str]) -> None:
    try:
        assert made(question, url=url, parts=parts).chosen
    except Unsendable:
        assert "tld" in parts


def test_an_address_of_the_providers_host(question) -> None:
    request = {"headers": (), "hosts": ("hooks.acme.example",)}
    good = "https://hooks.acme.example/services/T/B/x?y=1"
    sent = made(question, secret=good, url="{secret}", request=request)
    assert (sent.url, sent.host, sent.chosen) == (good, "hooks.acme.example", False)
    for wrong in (
        "http://hooks.acme.example/x", "https://hooks.acme.example.evil.example/x", "https://evil.example/hooks.acme.example",
        "https://hooks.acme.example@evil.example/", "https://evil.example#hooks.acme.example",
        "https://u:p@hooks.acme.example/x", "https://hooks.acme.example:8443/x", "https://xhooks.acme.example/",
        "https://evil.example\\@hooks.acme.example/", "https://hooks.acme.example/\nx", "https://127.0.0.1/x", "https://[::1]/x",
    ):  # fmt: skip
        with pytest.raises(Unsendable):
            made(question, secret=wrong, url="{secret}", request=request)


def test_a_part_at_the_providers_hosts_only(question) -> None:
    request = {"hosts": ("acme.example", "acme.test")}
    url = "https://{domain}/api"
    assert not made(question, url=url, parts={"domain": "eu.acme.test"}, request=request).chosen
    with pytest.raises(Unsendable, match="none of the provider's"):
        made(question, url=url, parts={"domain": "eu.acme.test.evil.example"}, request=request)


def test_a_call_shows_no_key() -> None:
    shown = repr(prepare.Call("GET", "https://x.example/s3cret", (("A", "s3cret"),), b"s3cret", "x.example"))
    assert "s3cret" not in shown


def test_templates_of_a_request_are_all_of_its_texts() -> None:
    request = Request(
        "POST",
        "{a}",
        (("b", "{b}"),),
        ("{c}", "{d}"),
        '{"x": ["{e}", {"{f}": "y"}]}',
        (("g", "{g}"),),
        (("i", "{i}"),),
        "{h}",
    )
    text = " ".join(request.templates())
    assert all(f"{{{name}}}" in text for name in "abcdefghi")


def test_a_default_stands_where_no_part_does(question) -> None:
    """The rule file chose it, so that the host is no choice of the scanned text."""
    request = Request("GET", "https://{host}/self?k={secret}", defaults=(("host", "git.acme.com"),))
    sent = call(request, question())
    assert (sent.url.partition("?")[0], sent.chosen) == ("https://git.acme.com/self", False)
    sent = call(request, question(parts={"host": "git.own.example"}))
    assert (sent.url.partition("?")[0], sent.chosen) == ("https://git.own.example/self", True)


def test_several_segments_of_a_path() -> None:
    request = Request("GET", "https://acme.com/{+where}/{id}")
    assert (
        filled(request, {"where": "projects/5/keys", "id": "a/b"}).url
        == "https://acme.com/projects/5/keys/a%2Fb"
    )


@pytest.mark.parametrize("where", ["a/../b", "a//b", "/a", "a?b", "a#b", "a%2fb", "..", ""])
def test_a_path_leads_nowhere_else(where: str) -> None:
    with pytest.raises(Unsendable):
        filled(Request("GET", "https://acme.com/x/{+where}"), {"where": where})
