"""Reads `[verify]` and `[identify]` of a rule file; docs/verification.md has the format."""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass

from unleak.core import verification
from unleak.core.verification import FIELDS, SECRET, Condition, Request, Verification
from unleak.scan.table import Table

METHODS = ("GET", "HEAD", "POST")
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""Of a header."""
OWN = ("host", "content-length", "transfer-encoding", "connection", "cookie", "user-agent")
"""Headers that the engine sets or never sends."""
TRANSIENT = frozenset({408, 425, 429, *range(500, 600)})
"""Statuses that say nothing of the key."""
ADDRESS = re.compile(r"https://([^/?#]*)(?:[/?#].*)?")
HOST = re.compile(r"[a-z0-9.-]+(?::[0-9]{1,5})?")
PLACE = re.compile(r"\{[a-z][a-z0-9_]*\}")
SHARED = re.compile(r"(?:com?|org|net|edu|gov|ac|or|ne)\.[a-z]{2}")
"""Suffixes below which anybody can register a name."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a file or a rule says; what it does not say is left to the other."""

    request: Request | None = None
    live: tuple[Condition, ...] = ()
    dead: tuple[Condition, ...] = ()
    identify: tuple[tuple[str, str], ...] | None = None
    off: bool = False
    """`verify = false`: keys of this rule are not asked about."""


def read(table: Table) -> Written:
    """The two tables within `table`. Raises UsageError naming file, rule and reason."""
    identify = _identify(table)
    if table.off("verify"):
        return Written(off=True, identify=identify)
    inner = table.table("verify")
    if inner is None:
        return Written(identify=identify)
    written = Written(_request(inner), _conditions(inner, "live"), _conditions(inner, "dead"), identify)
    if not written.live:
        inner.fail("`live` is missing: the answers that prove that a key works")
    _check_dead(inner, written.dead)
    inner.close()
    return written


def of_rule(table: Table, common: Written, parts: Collection[str]) -> Verification | None:
    """How keys of the rule in `table` are asked about: as it says itself, else as its file says.

    `parts` are the names of the public parts that its findings have.
    """
    own = read(table)
    said = own if own.request or own.off else common
    if said.request is None:
        if own.identify is not None:
            table.fail("[rule.identify] is of use only with a [verify] or [rule.verify]")
        return None
    known = {SECRET, *parts}
    for name in sorted(set().union(*map(verification.names, said.request.templates())) - known):
        table.fail(
            f"verify: there is no {{{name}}}, only {', '.join(f'{{{item}}}' for item in sorted(known))}. "
            f"Name the part with [[rule.with]], give the rule a [rule.verify] of its own or `verify = false`, "
            f"and write {{{{{name}}}}} if the text itself is meant"
        )
    identify = own.identify if own.identify is not None else common.identify
    return Verification(said.request, said.live, said.dead, identify or ())


# --- the request -----------------------------------------------------------------------------------


def _request(outer: Table) -> Request:
    table = outer.table("request")
    if table is None:
        outer.fail("`request` is missing")
    table.where = f"{outer.where}: request"
    if sum(key in table for key in ("json", "form", "body")) > 1:
        table.fail("at most one of `json`, `form` and `body` goes into a request")
    request = Request(
        method=table.choice("method", METHODS),
        url=table.line("url"),
        headers=_headers(table),
        basic=_basic(table),
        json=_json(table),
        form=table.mapping("form"),
        body=table.text("body", ""),
        hosts=table.words("hosts", ()),
    )
    if request.method != "POST" and (request.json or request.form or request.body):
        table.fail(f"a {request.method} has no body; use POST, or put the fields into the url")
    _check_templates(table, request)
    _check_url(table, request)
    table.close()
    return request


def _headers(table: Table) -> tuple[tuple[str, str], ...]:
    headers = table.mapping("headers")
    for name, _ in headers:
        if not NAME.fullmatch(name):
            table.fail(f"headers: `{name}` is no name of a header")
        if name.lower() in OWN:
            table.fail(f"headers: `{name}` is set by unleak itself; leave it out")
    if len({name.lower() for name, _ in headers}) != len(headers):
        table.fail("headers: the same name stands there twice")
    if "basic" in table and any(name.lower() == "authorization" for name, _ in headers):
        table.fail("`basic` and an Authorization header exclude each other")
    return headers


def _basic(table: Table) -> tuple[str, str] | None:
    if "basic" not in table:
        return None
    pair = table.strings("basic")
    if len(pair) != 2:
        table.fail("`basic` has to be [user, password]; leave one empty with an empty text")
    return pair[0], pair[1]


def _json(table: Table) -> str:
    if "json" not in table:
        return ""
    try:
        return json.dumps(table.anything("json"))
    except TypeError:
        table.fail("`json` holds a value that JSON has not, such as a date; write it as a text")


def _check_templates(table: Table, request: Request) -> None:
    try:
        placeholders = set().union(*map(verification.names, request.templates()))
    except ValueError:
        table.fail("`{{` opens no name; a brace that is meant is written once")
    if SECRET not in placeholders:
        table.fail("{secret} stands nowhere in the request, which would not ask about the key")
    for name, value in (*request.headers, *request.form):
        if verification.names(name):
            table.fail(f"the name `{name}` must not hold a placeholder; values may")
        if not value.isprintable():
            table.fail(f"the value of `{name}` has to be one line of printable characters")
    for host in request.hosts:
        if not HOST.fullmatch(host) or host.count(".") < 1:
            table.fail(f"hosts: `{host}` is no name of a host, such as hooks.acme.example")


def _check_url(table: Table, request: Request) -> None:
    """Whose host is asked must be told by the rule file, or by one part alone."""
    if PLACE.match(request.url):
        if not request.hosts:
            table.fail(
                "a `url` that begins with a placeholder needs `hosts`, the names of the provider's hosts"
            )
        return
    if request.url.startswith("http://"):
        table.fail("`url` has to begin with https://; without encryption anybody on the way reads the key")
    found = ADDRESS.fullmatch(request.url)
    if not found or not request.url.isascii():
        table.fail("`url` has to be an https:// address in ASCII")
    host = found[1]
    if "@" in host:
        table.fail("`url` must not hold user and password; use `basic`")
    if "{secret}" in host:
        table.fail("{secret} must not stand in the host: names of hosts are sent in clear")
    if not HOST.fullmatch(PLACE.sub("x", host)):
        table.fail("`url` has to name a host in lower case")
    literal = host.rpartition("}")[2].partition(":")[0]
    if PLACE.search(host) and literal and not _owned(literal):
        table.fail(
            f"a placeholder before `{literal}` would let the scanned text choose the owner of the host"
        )
    if not PLACE.search(host) and "." not in host:
        table.fail("`url` has to name a public host")


def _owned(literal: str) -> bool:
    """Whether names that end so belong to one provider: at least `.name.tld`."""
    labels = literal.split(".")
    return labels[0] == "" and len(labels) > (3 if SHARED.fullmatch(".".join(labels[-2:])) else 2)


# --- what answers mean -----------------------------------------------------------------------------


def _conditions(outer: Table, key: str) -> tuple[Condition, ...]:
    return tuple(map(_condition, outer.one_or_more(key)))


def _condition(table: Table) -> Condition:
    condition = Condition(
        table.numbers("status"), table.texts("contains", ()), table.texts("lacks", ()), table.text("json", "")
    )
    if any(not 100 <= status <= 599 for status in condition.status):
        table.fail("`status`: an HTTP status is a number from 100 to 599")
    if not condition.status and not condition.reads_body:
        table.fail("give `status`, `contains` or `json`; without one every answer would do")
    table.close()
    return condition


def _check_dead(table: Table, conditions: tuple[Condition, ...]) -> None:
    for condition in conditions:
        if not condition.reads_body and (vague := sorted(TRANSIENT & set(condition.status))):
            table.fail(
                f"dead: status {vague[0]} alone says nothing of the key; add `contains` or `json` with the words "
                "that the provider answers for a wrong key, or leave it out"
            )


def _identify(outer: Table) -> tuple[tuple[str, str], ...] | None:
    table = outer.table("identify")
    if table is None:
        return None
    found = tuple((field, table.line(field)) for field in FIELDS if field in table)
    table.close()
    return found
