"""Makes a request of a rule file's template and a key, or says why that cannot be done."""

import base64
import json
import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode, urlsplit

from unleak.core.verification import SECRET, Request, fill, names, owned
from unleak.verify.ports import Call, Question

LABELS = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")
"""Labels of a host name."""
HOST = re.compile(rf"({LABELS.pattern}\.[a-z][a-z0-9-]*[a-z0-9])(?::([0-9]{{1,5}}))?")
"""A whole host name with its port; a last label without a letter would be an address in some notation."""
ADDRESS = re.compile(r"https://[^\\\s\x00-\x20\x7f-\uffff]+")
HEADER = re.compile(r"[\x20-\x7e]*")


class Unsendable(Exception):
    """The request cannot be made; the text says why, without the values."""


def call(request: Request, question: Question) -> Call:
    """`request` about the key of `question`. Raises Unsendable."""
    values = {**question.parts, SECRET: question.secret.reveal()}
    missing = set().union(*map(names, request.templates())) - set(values)
    if missing:
        listed = " and ".join(sorted(missing))
        raise Unsendable(f"the request needs the key's {listed}, which was not found near it")
    if any(not _encodable(value) for value in values.values()):
        raise Unsendable("the key is no text that could be sent")
    url, host, chosen = _url(request, values)
    headers = [(name, fill(value, values)) for name, value in request.headers]
    if request.basic:
        pair = ":".join(fill(part, values) for part in request.basic)
        headers.append(("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"))
    content, kind = _content(request, values)
    if kind and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", kind))
    if not all(HEADER.fullmatch(value) for _, value in headers):
        raise Unsendable("the key holds characters that no header can carry")
    return Call(request.method, url, tuple(headers), content, host, chosen)


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return bool(value)


def _content(request: Request, values: Mapping[str, str]) -> tuple[bytes, str]:
    """The body and its type."""
    if request.json:
        filled = _filled(json.loads(request.json), values)
        return json.dumps(filled, separators=(",", ":")).encode(), "application/json"
    if request.form:
        pairs = [(name, fill(value, values)) for name, value in request.form]
        return urlencode(pairs, quote_via=quote, safe="").encode(), "application/x-www-form-urlencoded"
    return fill(request.body, values).encode(), ""


def _filled(data: object, values: Mapping[str, str]) -> object:
    match data:
        case str():
            return fill(data, values)
        case dict():
            return {fill(key, values): _filled(value, values) for key, value in data.items()}
        case list():
            return [_filled(item, values) for item in data]
        case _:
            return data


# --- where to --------------------------------------------------------------------------------------


def _url(request: Request, values: Mapping[str, str]) -> tuple[str, str, bool]:
    """The address, its host, and whether the host was chosen by a part alone."""
    if request.url.startswith("{"):
        return _based(request, values)
    literal, path = re.split("(?=[/?#])", request.url.removeprefix("https://") + "/", maxsplit=1)
    rest = fill(path[:-1], values, _quoted)
    placeholders = names(literal)
    if not placeholders:
        return f"https://{literal}{rest}", literal.partition(":")[0], False
    whole = literal == f"{{{min(placeholders)}}}"
    if whole:
        host = _host(values[min(placeholders)])
    else:
        suffix = literal.rpartition("}")[2].partition(":")[0]
        labels = {name: _bare(values[name]).removesuffix(suffix) for name in placeholders}
        if not all(LABELS.fullmatch(value) for value in labels.values()):
            raise Unsendable("a part of the host's name is none")
        host = fill(literal, labels)
        if not HOST.fullmatch(host):
            raise Unsendable("a part of the host's name is none")
    name = host.partition(":")[0]
    if request.hosts and not _below(name, request.hosts):
        raise Unsendable("the host that was found near the key is none of the provider's")
    chosen = not request.hosts and not owned(literal.rpartition("}")[2].partition(":")[0])
    return f"https://{host}{rest}", name, chosen


def _host(found: str) -> str:
    """The host that a part names, also as an https address without a path."""
    host = _bare(found)
    if not HOST.fullmatch(host):
        raise Unsendable("the host that was found near the key is no public name of a host")
    return host


def _bare(found: str) -> str:
    return found.strip().lower().removeprefix("https://").rstrip("/")


def _based(request: Request, values: Mapping[str, str]) -> tuple[str, str, bool]:
    """The address begins with a value: an address itself, or a host."""
    first, _, rest = request.url[1:].partition("}")
    start = values[first].strip()
    start = start if "://" in start else f"https://{start}"
    try:
        parsed = urlsplit(start)
        host, port = parsed.hostname or "", parsed.port
    except ValueError:
        raise Unsendable("what was found is no https address") from None
    if not ADDRESS.fullmatch(start) or not HOST.fullmatch(parsed.netloc.lower()):
        raise Unsendable("what was found is no plain https address")
    if request.hosts and not (_below(host, request.hosts) and port in {None, 443}):
        raise Unsendable("the host that was found near the key is none of the provider's")
    start = start.rstrip("/") if rest.startswith("/") else start
    return start + fill(rest, values, _quoted), host, not request.hosts


def _below(host: str, hosts: tuple[str, ...]) -> bool:
    return any(host == known or host.endswith(f".{known}") for known in hosts)


def _quoted(value: str) -> str:
    return quote(value, safe="")
