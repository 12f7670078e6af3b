"""Makes a request of a rule file's template and a key, or says why that cannot be done."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from unleak.core.verification import ASSERTION, SECRET, Request, fill, names, owned, sole
from unleak.verify.assertion import Unsigned, signed
from unleak.verify.ports import Call, Question

LABELS = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")
"""Labels of a host name."""
HOST = re.compile(rf"({LABELS.pattern}\.[a-z][a-z0-9-]*[a-z0-9])(?::([0-9]{{1,5}}))?")
"""A whole host name with its port; a last label without a letter would be an address in some notation."""
ADDRESS = re.compile(r"https://[^\\\s\x00-\x20\x7f-\uffff]+")
SEGMENT = re.compile(r"[0-9A-Za-z._~-]+")
HEADER = re.compile(r"[\x20-\x7e]*")


class Unsendable(Exception):
    """The request cannot be made; the text says why, without the values."""


def call(request: Request, question: Question) -> Call:
    """`request` about the key of `question`. Raises Unsendable."""
    return filled(request, {**question.parts, SECRET: question.secret.reveal()})


def filled(request: Request, values: Mapping[str, Any]) -> Call:
    """`request` with `values` in their places. Raises Unsendable.

    In JSON, a text that is one place and nothing else becomes the value itself, of whatever type. Fields of
    JSON, forms and queries whose value is None are left out.
    """
    used, given = set().union(*map(names, request.templates())), values
    values = {**dict(request.defaults), **values}
    if missing := used - set(values):
        listed = " and ".join(sorted(missing))
        raise Unsendable(f"the request needs the key's {listed}, which was not found near it")
    if any(isinstance(value, str) and not _encodable(value) for value in values.values()):
        raise Unsendable("the key is no text that could be sent")
    if request.assertion:
        try:
            values = {**values, ASSERTION: signed(request.assertion, values)}
        except Unsigned as reason:
            raise Unsendable(f"{reason}") from None
    url, host, chosen = _url(request, values)
    chosen = chosen and bool(_chooses(request.url) & set(given))
    headers = [(name, fill(value, values, _text)) for name, value in request.headers]
    if request.basic:
        pair = ":".join(fill(part, values, _text) for part in request.basic)
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


def _text(value: Any) -> str:
    """A value within a text. Raises Unsendable for what is neither a text nor a number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Unsendable("a value that is needed is missing, or no text")
    return f"{value}"


def _content(request: Request, values: Mapping[str, Any]) -> tuple[bytes, str]:
    """The body and its type."""
    if request.json:
        data = _filled(json.loads(request.json), values)
        return json.dumps(data, separators=(",", ":")).encode(), "application/json"
    if request.form:
        pairs = [(name, fill(value, values, _text)) for name, value in request.form
                 if not _absent(value, values)]  # fmt: skip
        return urlencode(pairs, quote_via=quote, safe="").encode(), "application/x-www-form-urlencoded"
    if request.multipart:
        fields = [(name, fill(value, values, _text)) for name, value in request.multipart
                  if not _absent(value, values)]  # fmt: skip
        return _multipart(fields)
    return fill(request.body, values, _text).encode(), ""


def _multipart(fields: Sequence[tuple[str, str]]) -> tuple[bytes, str]:
    """The fields between lines that stand in none of their values, as a hash of them cannot."""
    line = hashlib.sha256(repr(fields).encode()).hexdigest()
    parts = [
        f'--{line}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields
    ]
    return f"{''.join(parts)}--{line}--\r\n".encode(), f"multipart/form-data; boundary={line}"


def _filled(data: object, values: Mapping[str, Any]) -> object:
    match data:
        case str() if alone := sole(data):
            return values[alone]
        case str():
            return fill(data, values, _text)
        case dict():
            return {
                fill(key, values, _text): _filled(value, values)
                for key, value in data.items()
                if not (isinstance(value, str) and _absent(value, values))
            }
        case list():
            return [_filled(item, values) for item in data]
        case _:
            return data


def _absent(template: str, values: Mapping[str, Any]) -> bool:
    """Whether `template` needs a value that there is none of."""
    return any(values[name] is None for name in names(template))


def _chooses(url: str) -> set[str]:
    """The placeholders that say whose host is asked."""
    return names(re.split("(?=[/?#])", url.removeprefix("https://") + "/", maxsplit=1)[0])


# --- where to --------------------------------------------------------------------------------------


def _url(request: Request, values: Mapping[str, Any]) -> tuple[str, str, bool]:
    """The address, its host, and whether the host was chosen by a part alone."""
    if request.url.startswith("{"):
        return _based(request, values)
    literal, path = re.split("(?=[/?#])", request.url.removeprefix("https://") + "/", maxsplit=1)
    rest = _path(path[:-1], values)
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


def _based(request: Request, values: Mapping[str, Any]) -> tuple[str, str, bool]:
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
    return start + _path(rest, values), host, not request.hosts


def _below(host: str, hosts: tuple[str, ...]) -> bool:
    return any(host == known or host.endswith(f".{known}") for known in hosts)


def _path(template: str, values: Mapping[str, Any]) -> str:
    path, mark, query = template.partition("?")
    pairs = [fill(pair, values, _quoted) for pair in query.split("&") if not _absent(pair, values)]
    return fill(path, values, _quoted, _segments) + (f"{mark}{'&'.join(pairs)}" if any(pairs) else "")


def _segments(value: Any) -> str:
    """Segments of a path, none of which leads elsewhere. Raises Unsendable."""
    pieces = _text(value).split("/")
    if not all(SEGMENT.fullmatch(piece) and piece.strip(".") for piece in pieces):
        raise Unsendable("a value that is needed is no path")
    return "/".join(pieces)


def _quoted(value: Any) -> str:
    return quote(_text(value), safe="")
