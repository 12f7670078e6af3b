"""What fakes of providers have in common: keys that live or not, and a network with faults."""

import importlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from unleak.core.model import Rule
from unleak.core.rotating import Rotating
from unleak.scan import rulefile, ruleset
from unleak.scan.examples import expand
from unleak.verify.http import Https

FAKES = sorted({path.stem for path in Path(__file__).parent.glob("*.py")} - {"world", "served"})
"""The modules with a fake of a service."""
NOW = datetime.now(UTC).replace(microsecond=0)
SOON = NOW + timedelta(days=30)


@dataclass
class Held:
    """A key at the provider."""

    id: str
    secret: str
    name: str
    expires: datetime | None = SOON
    fields: dict[str, Any] = field(default_factory=dict)
    live: bool = True


class World:
    """One owner's keys. A fake of a provider answers its requests as the provider documents it.

    `rule` is the id of the rule, `shape` a template of its keys, `admin_shape` of those that manage them.
    """

    rule = shape = admin_shape = ""
    contracts: dict[str, str] = {}
    """The provider's own descriptions of its API, with the path that stands before the paths they tell."""
    undescribed: dict[str, str] = {}
    """Requests that those lack, and why they are right all the same."""
    described_by: dict[str, str] = {}
    """Headers that those want in place of a credential that is documented elsewhere."""
    against = "a fake of the documented answers"
    """What docs/providers.md says that it is."""
    parts: dict[str, str] = {}
    rights: dict[str, Any] = {}
    """Of the leaked key, as fields of `Held`."""
    wider: dict[str, Any] = {}
    """Fields of a key that may do more than the leaked one."""
    until: datetime | None = SOON
    """When the leaked key expires."""
    refused: tuple[dict[str, Any], ...] = ()
    """Such fields of a leaked key that it cannot be replaced."""
    listed_itself = False
    """Whether the credential that acts is listed with the keys."""
    narrowed: dict[str, Any] = {}
    """Where the new key gets less, as the provider does not tell enough of the old one."""

    def __init__(self) -> None:
        self.held: list[Held] = []
        self.admin = self.make("admin", shape=self.admin_shape or self.shape)
        self.leaked = self.make("in use since long", expires=self.until, **self.rights)

    def make(self, name: str, *, shape: str = "", expires: datetime | None = SOON, **fields: Any) -> Held:
        """A new live key."""
        number = len(self.held) + 1
        secret = expand(shape or self.shape, number)
        held = Held(self.id_of(secret, number), secret, name, expires, fields)
        self.held.append(held)
        return held

    def id_of(self, secret: str, number: int) -> str:
        """The public id of a new key."""
        return f"id-{number:04}-{self.rule}"

    def by_secret(self, secret: str | None) -> Held | None:
        """The live key of this value."""
        return next((one for one in self.held if one.secret == secret and one.live), None)

    def by_id(self, key_id: object) -> Held | None:
        """The live key of this id."""
        return next((one for one in self.held if one.id == f"{key_id}" and one.live), None)

    @property
    def listed(self) -> list[Held]:
        """The live keys that the provider lists."""
        return [one for one in self.held if one.live and (self.listed_itself or one is not self.admin)]

    def lives(self, secret: str) -> bool:
        """Whether the provider accepts the key."""
        return self.by_secret(secret) is not None

    def no_longer(self, made: Held) -> bool:
        """Whether a new key expires when the leaked one does, or before."""
        return self.until is None or (made.expires is not None and made.expires <= self.until)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """As the provider documents it."""
        raise NotImplementedError


def declared() -> dict[str, tuple[Rule, Rotating]]:
    """Every rule whose file says how its keys are replaced, by its id."""
    paths = [path for path in ruleset.files() if "[rotate]" in path.read_text(encoding="utf-8")]
    found = rulefile.read_all(paths)
    return {one.rule.id: (one.rule, one.rotation) for one in found if one.rotation}


def fake(name: str) -> type[World]:
    """The fake of a service."""
    return importlib.import_module(f"fakes.{name}").Service


def service(name: str) -> World:
    """A new world of a service."""
    return fake(name)()


def bearer(request: httpx.Request) -> str:
    """The token of the Authorization header."""
    return request.headers.get("authorization", "").removeprefix("Bearer ")


def body(request: httpx.Request) -> dict[str, Any]:
    """The JSON that was sent; nothing for other bodies."""
    with suppress(ValueError):
        return dict(json.loads(request.content))
    return {}


def iso(moment: datetime | None) -> str | None:
    """As most providers write it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.000Z}" if moment else None


def moment(text: str | None) -> datetime | None:
    """What `iso` wrote, or a rule file sends."""
    return datetime.fromisoformat(text) if text else None


Fault = Callable[[httpx.Request, Callable[[], httpx.Response]], httpx.Response]


class Network:
    """Every request to one world. `fault`, if it is set, sees those for which `where` is true."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.requests: list[httpx.Request] = []
        self.fault: Fault | None = None
        self.where: Callable[[httpx.Request], bool] = lambda request: True

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer, with the provider's clock."""
        self.requests.append(request)
        if self.fault and self.where(request):
            return self.fault(request, lambda: self.world.answer(request))
        reply = self.world.answer(request)
        reply.headers.setdefault("date", f"{datetime.now(UTC):%a, %d %b %Y %H:%M:%S GMT}")
        return reply

    def https(self, *, private: bool = False) -> Https:
        """The real transport over this network."""
        there = httpx.MockTransport(self.handle)
        return Https(lambda host, port: ["93.184.216.34"], there, private=private)
