"""How a rule file says to ask a provider whether a key lives. docs/verification.md describes it to users.

Texts of a request are templates: `{secret}` and `{name}` of a public part stand for values, `{{name}}`
for the text `{name}`. Any other brace is a brace, because queries and JSON are full of them. In an address,
`{+name}` is several segments of its path.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SECRET = "secret"  # noqa: S105
"""The placeholder of the key itself."""
FIELDS = ("account", "principal", "credential_id", "scopes", "created", "expires")
"""What `[identify]` may ask for."""
_REGISTRIES = re.compile(r"(?:com?|org|net|edu|gov|ac|or|ne)\.[a-z]{2}")
"""Second levels of countries, below which anybody registers a name."""
_PLATFORMS = frozenset({
    "amazonaws.com", "appspot.com", "azureedge.net", "azurefd.net", "azurewebsites.net", "cloudapp.net",
    "cloudapp.azure.com", "cloudfront.net", "firebaseapp.com", "fly.dev", "github.io", "gitlab.io", "googleapis.com",
    "googleusercontent.com", "herokuapp.com", "linodeusercontent.com", "netlify.app", "ngrok.app", "ngrok.io",
    "ngrok-free.app", "onrender.com", "pages.dev", "railway.app", "render.com", "run.app", "trycloudflare.com",
    "vercel.app", "web.app", "windows.net", "workers.dev",
})  # fmt: skip
"""Hosts below which anybody runs servers of their own."""
_TOKEN = re.compile(r"\{\{([a-z][a-z0-9_]*)\}\}|\{(\+?)([a-z][a-z0-9_]*)\}|\{\{")


ASSERTION = "assertion"
"""The placeholder of what a request signs."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """A JSON Web Token (RS256) that a request holds as `{assertion}` in place of a secret."""

    key: str
    """A template of the private key: PEM, its base64, or JSON with a `private_key`, whose fields claims may hold."""
    claims: tuple[tuple[str, str], ...]
    """Templates by name. When it was issued and expires is added."""


@dataclass(frozen=True, slots=True)
class Request:
    """The one request that asks about a key. At most one of `json`, `form`, `multipart` and `body` is set."""

    method: str
    """GET, HEAD or POST; to change keys also PUT, PATCH or DELETE."""
    url: str
    """`https://…`, or an address that a placeholder begins."""
    headers: tuple[tuple[str, str], ...] = ()
    basic: tuple[str, ...] = ()
    """User and password of HTTP Basic authentication, or one text that holds both and a colon between them."""
    json: str = ""
    """JSON, whose strings are templates."""
    form: tuple[tuple[str, str], ...] = ()
    multipart: tuple[tuple[str, str], ...] = ()
    """Form fields, sent as multipart/form-data."""
    body: str = ""
    hosts: tuple[str, ...] = ()
    """Hosts of the provider: if a part names the host, it has to be one of them or below one. Without any,
    such a host is the choice of whoever wrote the scanned text."""
    defaults: tuple[tuple[str, str], ...] = ()
    """Values of parts that are not given, such as the host of the service that most keys are for."""
    assertion: Assertion | None = None

    def templates(self) -> Iterator[str]:
        """Every template of the request, without what it signs itself."""
        if self.assertion:
            yield self.assertion.key
        for text in self._texts():
            yield text.replace(f"{{{ASSERTION}}}", "") if self.assertion else text

    def _texts(self) -> Iterator[str]:
        yield self.url
        for name, value in (*self.headers, *self.form, *self.multipart):
            yield name
            yield value
        yield from self.basic
        yield from strings(json.loads(self.json)) if self.json else ()
        yield self.body


@dataclass(frozen=True, slots=True)
class Condition:
    """An answer that means something. All that is given must hold."""

    status: tuple[int, ...] = ()
    """One of these."""
    contains: tuple[str, ...] = ()
    """All of these stand in the body."""
    lacks: tuple[str, ...] = ()
    """None of these stands in the body."""
    json: str = ""
    """A JMESPath expression over `{body, header, status}` that is true; the body has to be JSON."""

    @property
    def reads_body(self) -> bool:
        """Whether it holds only for a body with something certain in it."""
        return bool(self.contains or self.json)


@dataclass(frozen=True, slots=True)
class Verification:
    """How to ask whether a key lives, and whose it is."""

    request: Request
    live: tuple[Condition, ...]
    """The key lives if one of them holds; at least one."""
    dead: tuple[Condition, ...] = ()
    """The key is dead if one of them holds; without one, no answer means dead."""
    identify: tuple[tuple[str, str], ...] = ()
    """JMESPath expressions over `{body, header, status}` by the names of FIELDS."""


def expressions(said: Verification) -> list[str]:
    """Every JMESPath expression of `said`."""
    conditions = [condition.json for condition in (*said.live, *said.dead) if condition.json]
    return conditions + [expression for _, expression in said.identify]


def names(template: str) -> set[str]:
    """The placeholders of `template`. Raises ValueError for two braces that open no name."""
    tokens = list(_TOKEN.finditer(template))
    if any(token[0] == "{{" for token in tokens):
        raise ValueError
    return {token[3] for token in tokens if token[3]}


def sole(template: str) -> str:
    """The name of the placeholder that is all of `template`; empty if it is not one."""
    token = _TOKEN.fullmatch(template)
    return (token[3] or "") if token else ""


def fill(
    template: str,
    values: Mapping[str, Any],
    encode: Callable[[Any], str] = str,
    several: Callable[[Any], str] | None = None,
) -> str:
    """`template` with the encoded values in their places; `several` encodes those of `{+name}`.

    Raises KeyError for a value that is missing.
    """

    def filled(token: re.Match[str]) -> str:
        if token[1]:
            return f"{{{token[1]}}}"
        return ((several if token[2] else None) or encode)(values[token[3]])

    return _TOKEN.sub(filled, template)


def owned(suffix: str) -> bool:
    """Whether hosts that end in `suffix`, such as `.acme.com` or `-dsn.acme.com`, have one owner."""
    labels = suffix.split(".")
    if ".".join(labels[1:]) in _PLATFORMS:
        return False
    return len(labels) > (3 if _REGISTRIES.fullmatch(".".join(labels[-2:])) else 2)


def strings(data: object) -> Iterator[str]:
    """All strings in JSON data, keys included."""
    match data:
        case str():
            yield data
        case dict():
            for key, value in data.items():
                yield key
                yield from strings(value)
        case list():
            for item in data:
                yield from strings(item)


def decoded(fields: dict[str, Any]) -> Verification:
    """The verification that `dataclasses.asdict` and JSON made `fields` of."""
    request = fields["request"]
    return Verification(
        request=Request(**request | {
            "headers": _pairs(request["headers"]),
            "form": _pairs(request["form"]),
            "multipart": _pairs(request["multipart"]),
            "basic": tuple(request["basic"]),
            "hosts": tuple(request["hosts"]),
            "defaults": _pairs(request["defaults"]),
            "assertion": _assertion(request["assertion"]),
        }),
        live=tuple(map(_condition, fields["live"])),
        dead=tuple(map(_condition, fields["dead"])),
        identify=_pairs(fields["identify"]),
    )  # fmt: skip


def _assertion(fields: dict[str, Any] | None) -> Assertion | None:
    return Assertion(fields["key"], _pairs(fields["claims"])) if fields else None


def _pairs(items: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in items)


def _condition(fields: dict[str, Any]) -> Condition:
    return Condition(
        tuple(fields["status"]), tuple(fields["contains"]), tuple(fields["lacks"]), fields["json"]
    )
