"""Google Secret Manager. A secret is `PROJECT/NAME`; its newest version is the current one.

The service has no compare-and-swap for versions. It numbers them without gaps, though, so a write that gets another
number than the next one has gone over somebody else's, which is then written back. Aliases that name the version that
was replaced are moved along, by the secret's etag. Texts wait in secrets of their own in the same project.
"""

import hashlib
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from unleak.core.errors import Conflict, NotFound, RotationError, UsageError
from unleak.core.secret import Secret
from unleak.rotate.beside import PLACE, Beside, Current, moved
from unleak.rotate.replace import occurs
from unleak.verify.cloud_tokens import google
from unleak.verify.http import Server
from unleak.verify.rest_client import Rest, Service

SIZE = 65_536
"""Bytes that a version may hold."""
VERSION = "unleak-version"
"""The annotation that tells of which version a text is."""
BEGUN = "begun"
"""The version under which the aliases that are to be moved are kept until they are."""
OLDER = 20
"""Versions that are looked into, at most."""
SWAP = (
    "there is no compare-and-swap for versions: one that is added between unleak's last look and its own is added "
    "once more at once, and the rotation stops. Services that name a version by its number keep the old key"
)


class GoogleSecretManager(Beside):
    """The secrets that one identity may see."""

    scheme = "gcp-sm"

    def __init__(self, address: str) -> None:
        self.address = address
        service = Service(
            "Google Secret Manager", address, "Authorization", "Bearer ", "Google's credentials"
        )
        self._rest = Rest(service, self._server)

    # --- reading ---------------------------------------------------------------------------------

    def everything(self) -> Iterator[tuple[str, Current | None]]:
        """All secrets of the project that the environment names."""
        project = os.environ.get("GOOGLE_CLOUD_PROJECT", "")
        if not project:
            raise UsageError("which project is to be searched is not said", "name it in GOOGLE_CLOUD_PROJECT")
        for row in self._list(project, {}):
            name = _short(row["name"])
            if not name.startswith(f"{PLACE}-"):
                try:
                    yield f"{project}/{name}", self._access(f"{project}/{name}", "latest")
                except RotationError:  # also one without a version, or whose newest one is disabled
                    yield f"{project}/{name}", None

    def now(self, name: str) -> Current:
        """The newest version; its number is its name."""
        return self._access(name, "latest")

    def kept(self, name: str) -> Mapping[str, Secret]:
        """The secrets of our own that are of this one."""
        project, _ = _where(name)
        own = _own(name)
        rows = [
            row
            for row in self._list(project, {"filter": f"name:{own}"})
            if _short(row["name"]).startswith(own)
        ]
        found = {}
        for row in rows:
            with suppress(NotFound):  # it was made, and has no text yet
                text = self._access(f"{project}/{_short(row['name'])}", "latest").text
                found[str(row.get("annotations", {}).get(VERSION, ""))] = text
        return found

    def note(self, name: str) -> str:
        """What the service cannot do, and which aliases stay."""
        row, now = self._get(name), self.now(name).version
        other = [alias for alias, number in row.get("versionAliases", {}).items() if str(number) != now]
        stays = (
            f". Aliases that name other versions stay as they are: {', '.join(sorted(other))}"
            if other
            else ""
        )
        return SWAP + stays

    def older(self, name: str, current: str, value: str) -> int:
        """The versions that are enabled, the newest first."""
        with suppress(RotationError):
            path = f"{_path(name)}/versions"
            query = {"filter": "state:ENABLED", "pageSize": str(OLDER)}
            rows = self._rest.call(f"list the versions of {name}", "GET", path, query).get("versions", [])
            numbers = [_short(row["name"]) for row in rows]
            texts = [self._access(name, number).text for number in numbers if number != current]
            return sum(occurs(text.reveal(), value) for text in texts)
        return 0

    # --- writing ---------------------------------------------------------------------------------

    def write(self, name: str, text: Secret, expected: Current) -> None:
        """A new version, and the aliases of the one before it."""
        aliases = self._get(name).get("versionAliases", {})
        moving = [alias for alias, number in aliases.items() if str(number) == expected.version]
        if moving:
            self.keep(name, BEGUN, Secret(json.dumps({"aliases": moving, "from": expected.version})))
        number = self._add(name, text)
        if number != int(expected.version) + 1:
            theirs = self._access(name, str(number - 1)).text
            if theirs != text:  # if it is the same, our own call was repeated on its way
                self._add(name, theirs)
                self.drop(name, BEGUN)
                raise moved(f"{self.scheme}://{name}")
        self.settle(name)

    def settle(self, name: str) -> None:
        """Move the aliases that still name the version that was replaced."""
        begun = self.kept(name).get(BEGUN)
        if begun is None:
            return
        said, row, now = json.loads(begun.reveal()), self._get(name), self.now(name).version
        aliases = row.get("versionAliases", {})
        behind = [alias for alias in said["aliases"] if str(aliases.get(alias)) == said["from"]]
        if behind and now != said["from"]:
            body = {"versionAliases": {**aliases, **dict.fromkeys(behind, now)}, "etag": row.get("etag", "")}
            what = f"move the aliases of {name}"
            try:
                self._rest.call(what, "PATCH", _path(name), {"updateMask": "versionAliases"}, body)
            except Conflict:
                raise moved(f"{self.scheme}://{name}") from None
        self.drop(name, BEGUN)

    def keep(self, name: str, version: str, text: Secret) -> None:
        """In a secret of its own, replicated and encrypted as this one is."""
        project, _ = _where(name)
        own = _own(name, version)
        body = {"replication": self._get(name)["replication"], "annotations": {VERSION: version}}
        with suppress(Conflict):  # it is there already
            self._rest.call(
                f"make a secret beside {name}", "POST", _secrets(project), {"secretId": own}, body
            )
        with suppress(NotFound):
            if self._access(f"{project}/{own}", "latest").text == text:
                return
        self._add(f"{project}/{own}", text)

    def drop(self, name: str, version: str) -> None:
        """Delete the secret that holds it, with all its versions."""
        project, _ = _where(name)
        with suppress(NotFound):
            self._rest.call(
                f"remove what is kept of {name}", "DELETE", _path(f"{project}/{_own(name, version)}")
            )

    def normal(self, name: str, text: Secret) -> Secret:
        """RotationError if it is too large."""
        if len(text.reveal().encode()) > SIZE:
            raise RotationError(
                f"the new text of {name} would be larger than the {SIZE} bytes that Google allows",
                "make it smaller, or undo",
            )
        return text

    # --- inside ----------------------------------------------------------------------------------

    def _server(self) -> Server:
        token = ("Authorization", f"Bearer {google().reveal()}")
        return Server(self.address, (token, ("Content-Type", "application/json")))

    def _get(self, name: str) -> Any:
        return self._rest.call(f"look at {name}", "GET", _path(name))

    def _list(self, project: str, query: Mapping[str, str]) -> Iterator[Any]:
        asked = {**query, "pageSize": "100"}
        while True:
            found = self._rest.call(f"list the secrets of {project}", "GET", _secrets(project), asked)
            yield from found.get("secrets", [])
            if not found.get("nextPageToken"):
                return
            asked["pageToken"] = found["nextPageToken"]

    def _access(self, name: str, version: str) -> Current:
        found = self._rest.call(f"read {name}", "GET", f"{_path(name)}/versions/{version}:access")
        try:
            return Current(
                _short(found["name"]), Secret(b64decode(found["payload"].get("data", "")).decode())
            )
        except ValueError:
            raise RotationError(
                f"{name} holds no text, which unleak does not rewrite", "change it by hand"
            ) from None

    def _add(self, name: str, text: Secret) -> int:
        body = {"payload": {"data": b64encode(text.reveal().encode()).decode()}}
        return int(
            _short(self._rest.call(f"write {name}", "POST", f"{_path(name)}:addVersion", body=body)["name"])
        )


def _where(name: str) -> tuple[str, str]:
    project, _, secret = name.partition("/")
    if not project or not secret or "/" in secret:
        raise NotFound("a target of gcp-sm names no secret", "such as gcp-sm://PROJECT/NAME")
    return project, secret


def _secrets(project: str) -> str:
    return f"/v1/projects/{quote(project, safe='')}/secrets"


def _path(name: str) -> str:
    project, secret = _where(name)
    return f"{_secrets(project)}/{quote(secret, safe='')}"


def _own(name: str, version: str = "") -> str:
    return f"{PLACE}-{_digest(_where(name)[1])[:16]}-{_digest(version)[:16] if version else ''}"


def _short(name: str) -> str:
    return str(name).rpartition("/")[2]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
