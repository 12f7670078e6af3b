"""What fakes of forges have in common: a repository whose deploy keys are listed in pages of two."""

import importlib
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from unleak.core.secret import Secret
from unleak.rotate import ssh_keys
from unleak.rotate.forges import Repository
from unleak.rotate.providers.deploy_keys import DeployKeys
from unleak.rotate.ssh_keys import ED25519, OPENSSH, Form, Pair

FORGES = sorted({path.stem for path in Path(__file__).parent.glob("*.py")} - {"world"})
NOW = datetime.now(UTC).replace(microsecond=0)
PAGE = 2


def forge(name: str) -> "World":
    """A new world of a forge."""
    return importlib.import_module(f"forges.{name}").Forge()


@dataclass
class Row:
    """A deploy key."""

    id: int
    title: str
    key: str
    writes: bool = False
    more: dict[str, Any] = field(default_factory=dict)


class World:
    """One repository, the token that administrates it, and the deploy key that leaked."""

    name = path = part = api = ""
    """`api` is the path under which the keys stand."""
    fields: dict[str, Any] = {}
    """Of every key."""

    def __init__(self) -> None:
        self.admin = "-".join(("forge", "admin", "token", self.name))
        self.rows: list[Row] = []
        self.number = 1000
        self.add("laptop")
        self.leaked = ssh_keys.made(Form(OPENSSH, ED25519))
        self.held = self.add("production", self.leaked)

    @property
    def repository(self) -> Repository:
        return Repository(self.name, f"{self.name}.com", self.path)

    def provider(self, network: Any) -> DeployKeys:
        return DeployKeys(self.repository, "env:ADMIN", Secret(self.admin), network.https())

    def add(
        self, title: str, pair: Pair | None = None, writes: bool = False, key: str = "", **more: Any
    ) -> Row:
        """Somebody adds a key."""
        self.number += 1
        made = pair or ssh_keys.made(Form(OPENSSH, ED25519))
        row = Row(self.number, title, key or made.public, writes, more)
        self.rows.append(row)
        return row

    def opens(self, private: str) -> bool:
        """Whether the repository lets in whoever has this private key."""
        blob = ssh_keys.read(Secret(private)).blob
        return any(ssh_keys.public_blob(row.key) == blob for row in self.rows)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """As the forge documents it."""
        if not self.accepted(request):
            return httpx.Response(401, json={"message": "Bad credentials"})
        path, _, key_id = request.url.raw_path.decode().partition("?")[0].partition(self.api)
        if path or (key_id and not key_id.startswith("/")):
            return httpx.Response(404, json={"message": "Not Found"})
        held = next((row for row in self.rows if f"/{row.id}" == key_id), None)
        match request.method:
            case "GET" if not key_id:
                start = PAGE * (int(request.url.params.get("page", 1)) - 1)
                return httpx.Response(200, json=[self.shown(row) for row in self.rows[start : start + PAGE]])
            case "POST" if not key_id:
                return self.added(request)
            case "DELETE" if held:
                self.rows.remove(held)
                return httpx.Response(204)
            case "DELETE":
                return httpx.Response(404, json={"message": "Not Found"})
        raise AssertionError(request)

    def shown(self, row: Row) -> dict[str, Any]:
        """A key as it is listed."""
        return {"id": row.id, "title": row.title, "key": row.key, "created_at": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
                **self.fields, **row.more}  # fmt: skip

    def accepted(self, request: httpx.Request) -> bool:
        """Whether the token may do this."""
        raise NotImplementedError

    def added(self, request: httpx.Request) -> httpx.Response:
        """The answer to a new key."""
        raise NotImplementedError


def valid(key: str) -> bool:
    """Whether it is a public key, and one that is strong enough."""
    with suppress(Exception):
        return len(ssh_keys.public_blob(key)) > 40
    return False
