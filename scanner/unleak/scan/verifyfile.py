"""Reads `[verify]` and `[identify]` of a rule file; docs/verification.md has the format."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from unleak.core import verification
from unleak.core.rotating import ADMIN
from unleak.core.verification import FIELDS, SECRET, Assertion, Condition, Request, Verification
from unleak.scan.table import Table

METHODS = ("GET", "HEAD", "POST")
BODIES = ("POST", "PUT", "PATCH", "DELETE")
"""Methods of requests that may have a body."""
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""Of a header."""
OWN = ("host", "content-length", "transfer-encoding", "connection", "cookie")
"""Headers that the engine sets or never sends."""
TRANSIENT = frozenset({408, 425, 429, *range(500, 600)})
"""Statuses that say nothing of the key."""
ADDRESS = re.compile(r"https://([^/?#]*)(?:[/?#].*)?")
HOST = re.compile(r"[a-z0-9.-]+(?::[0-9]{1,5})?")
ALONE = re.compile(r"(?:https://)?\{([a-z][a-z0-9_]*)\}(?=[/?]|\Z)")
CHOICE = re.compile(r"\(([a-z0-9\\.|-]+)\)(?![?*+{])")
TAIL = re.compile(r"(?:\\\.|^)[a-z0-9-]+(?:\\\.[a-z0-9-]+)*\Z")
"""The end of a pattern of host names that stands for itself."""
PLACE = re.compile(r"\{[a-z][a-z0-9_]*\}")


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
    asked = request(inner)
    if not any(SECRET in verification.names(text) for text in asked.templates()):
        inner.fail("{secret} stands nowhere in the request, which would not ask about the key")
    written = Written(asked, conditions(inner, "live"), conditions(inner, "dead"), identify)
    if not written.live:
        inner.fail("`live` is missing: the answers that prove that a key works")
    _check_dead(inner, written.dead)
    inner.close()
    return written


def of_rule(table: Table, common: Written, patterns: Mapping[str, str]) -> Verification | None:
    """How keys of the rule in `table` are asked about: as it says itself, else as its file says.

    `patterns` are the regular expressions of the key, under `secret`, and of its public parts, by name.
    """
    own = read(table)
    said = own if own.request or own.off else common
    if said.request is None:
        if own.identify is not None:
            table.fail("[rule.identify] is of use only with a [verify] or [rule.verify]")
        return None
    known = set(patterns) | set(dict(said.request.defaults))
    for name in sorted(set().union(*map(verification.names, said.request.templates())) - known):
        table.fail(
            f"verify: there is no {{{name}}}, only {', '.join(f'{{{item}}}' for item in sorted(known))}. "
            f"Name the part with [[rule.with]], give the rule a [rule.verify] of its own or `verify = false`, "
            f"and write {{{{{name}}}}} if the text itself is meant"
        )
    identify = own.identify if own.identify is not None else common.identify
    request = replace(said.request, hosts=said.request.hosts or _hosts(said.request.url, patterns))
    return Verification(request, said.live, said.dead, identify or ())


def _hosts(url: str, patterns: Mapping[str, str]) -> tuple[str, ...]:
    """The provider's hosts, if a part is all of the host and its pattern ends with them."""
    alone = ALONE.match(url)
    return literal_hosts(patterns[alone[1]]) if alone and alone[1] in patterns else ()


def literal_hosts(pattern: str) -> tuple[str, ...]:
    r"""`acme.com` and `acme.io` of `\w+\.acme\.(?:com|io)`, a pattern of hosts or addresses; none if any will do.

    Read off the text, which need not be exact: before anything is sent, the host is held against them.
    """
    text = re.sub(r"\s", "", pattern) if "(?x" in pattern else pattern
    text = re.sub(r"\\([/-])", r"\1", re.sub(r"\(\?(?:x|-x)?:", "(", text).replace("(?x)", ""))
    text = re.split(r"[/:]", text.partition("://")[2] or text, maxsplit=1)[0].rstrip("(")
    hosts = []
    for branch in _branches(text):
        found = TAIL.search(branch)
        host = found[0].replace("\\.", ".").strip(".") if found else ""
        if not verification.owned(f".{host}"):
            return ()
        hosts.append(host)
    return tuple(dict.fromkeys(hosts))


def _branches(text: str) -> Iterator[str]:
    """`text` with each of the alternatives of its groups that hold literal text alone."""
    group = CHOICE.search(text)
    if group is None:
        yield text
        return
    for choice in group[1].split("|"):
        yield from _branches(text[: group.start()] + choice + text[group.end() :])


# --- the request -----------------------------------------------------------------------------------


def request(outer: Table, methods: tuple[str, ...] = METHODS) -> Request:
    """The request within `outer`. Raises UsageError naming file, rule and reason."""
    table = outer.table("request")
    if table is None:
        outer.fail("`request` is missing")
    table.where = f"{outer.where}: request"
    if sum(key in table for key in ("json", "form", "multipart", "body")) > 1:
        table.fail("at most one of `json`, `form`, `multipart` and `body` goes into a request")
    made = Request(
        method=table.choice("method", methods),
        url=table.line("url"),
        headers=_headers(table),
        basic=_basic(table),
        json=_json(table),
        form=table.mapping("form"),
        multipart=table.mapping("multipart"),
        body=table.text("body", ""),
        hosts=table.words("hosts", ()),
        defaults=table.mapping("defaults"),
        assertion=_assertion(table),
    )
    if made.method not in BODIES and (made.json or made.form or made.multipart or made.body):
        table.fail(f"a {made.method} has no body; use POST, or put the fields into the url")
    _check_templates(table, made)
    _check_url(table, made)
    table.close()
    return made


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


def _assertion(outer: Table) -> Assertion | None:
    table = outer.table("assertion")
    if table is None:
        return None
    made = Assertion(table.line("key"), table.mapping("claims"))
    table.close()
    return made


def _basic(table: Table) -> tuple[str, ...]:
    if "basic" not in table:
        return ()
    pair = table.strings("basic")
    if len(pair) != 2 and pair != (f"{{{ADMIN}}}",):
        table.fail("`basic` has to be [user, password]; leave one empty with an empty text")
    return pair


def _json(table: Table) -> str:
    if "json" not in table:
        return ""
    try:
        return json.dumps(table.anything("json"))
    except TypeError:
        table.fail("`json` holds a value that JSON has not, such as a date; write it as a text")


def _check_templates(table: Table, made: Request) -> None:
    try:
        set().union(*map(verification.names, made.templates()))
    except ValueError:
        table.fail("`{{` opens no name; a brace that is meant is written once")
    for name, value in (*made.headers, *made.form, *made.multipart):
        if verification.names(name):
            table.fail(f"the name `{name}` must not hold a placeholder; values may")
        if not value.isprintable():
            table.fail(f"the value of `{name}` has to be one line of printable characters")
    for host in made.hosts:
        if not HOST.fullmatch(host) or host.count(".") < 1:
            table.fail(f"hosts: `{host}` is no name of a host, such as hooks.acme.example")


def _check_url(table: Table, made: Request) -> None:
    """Whose host is asked must be told by the rule file, or by one part alone."""
    if PLACE.match(made.url):
        return
    if made.url.startswith("http://"):
        table.fail("`url` has to begin with https://; without encryption anybody on the way reads the key")
    found = ADDRESS.fullmatch(made.url)
    if not found or not made.url.isascii():
        table.fail("`url` has to be an https:// address in ASCII")
    host = found[1]
    if "@" in host:
        table.fail("`url` must not hold user and password; use `basic`")
    if "{secret}" in host or "{admin}" in host:
        table.fail("{secret} must not stand in the host: names of hosts are sent in clear")
    if not HOST.fullmatch(PLACE.sub("x", host)):
        table.fail("`url` has to name a host in lower case")
    if not PLACE.search(host) and "." not in host:
        table.fail("`url` has to name a public host")


# --- what answers mean -----------------------------------------------------------------------------


def conditions(outer: Table, key: str) -> tuple[Condition, ...]:
    """The conditions under `key`, of which one must hold."""
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


def _check_dead(table: Table, dead: tuple[Condition, ...]) -> None:
    for condition in dead:
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
