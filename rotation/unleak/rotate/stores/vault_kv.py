"""Key-value secrets of HashiCorp Vault or OpenBao, of both versions of the engine.

Version 2 numbers what is written and takes a write only if the number before it is the expected one. Version 1
knows neither, so a text is named by its digest and looked at once more before it is written.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from unleak.core.errors import AccessDenied, NotFound, OutcomeUnknown, RotationError
from unleak.core.fingerprint import fingerprint
from unleak.core.secret import Secret
from unleak.rotate.beside import PLACE, Beside, Current, moved
from unleak.rotate.replace import occurs
from unleak.verify.vault_client import Place, Vault

ENGINES = {"kv", "generic"}
"""The types of mounts that hold such secrets; the second is an old name of version 1."""
NO_SWAP = (
    "version 1 of the key-value engine keeps no versions and knows no compare-and-swap: a change by somebody else "
    "in the very moment of writing is lost"
)


class At(NamedTuple):
    """Where a secret is."""

    mount: str
    version: int
    """Of the engine: 1 or 2."""
    path: str

    @property
    def data(self) -> str:
        """Where its fields are read and written."""
        return f"{self.mount}/data/{self.path}" if self.version == 2 else f"{self.mount}/{self.path}"

    @property
    def metadata(self) -> str:
        """Where it is listed, and deleted with all its versions."""
        return f"{self.mount}/metadata/{self.path}" if self.version == 2 else f"{self.mount}/{self.path}"

    def beside(self, version: str) -> "At":
        """Where a text is kept."""
        return self._replace(path=f"{PLACE}/{self.path}/{version}")


class VaultKv(Beside):
    """The secrets that one token may see. A name is the mount and the path; the text is the fields as JSON."""

    scheme = "vault-kv"

    def __init__(self, where: Place) -> None:
        self.where = where
        self._vault = Vault(where)
        self._known: dict[str, int] = {}

    # --- reading ---------------------------------------------------------------------------------

    def everything(self) -> Iterator[tuple[str, Current | None]]:
        """All secrets of all mounts of the engine."""
        for mount, version in self._mounts().items():
            yield from self._below(At(mount, version, ""))

    def now(self, name: str) -> Current:
        """The newest version; of the old engine, the only one."""
        at = self._at(name)
        found = self._vault.call(f"read {name}", "GET", at.data)
        if at.version == 2:
            return Current(str(found["metadata"]["version"]), _text(found["data"]))
        text = _text(found)
        return Current(fingerprint(text.reveal()), text)

    def kept(self, name: str) -> Mapping[str, Secret]:
        """Secrets of the same mount, under a path of our own."""
        at, found = self._at(name), {}
        for version in self._listed(at.beside("")):
            if not version.endswith("/"):  # a secret below this one has some kept as well
                with suppress(NotFound):
                    found[version] = self._kept_text(at.beside(version))
        return found

    def problem(self, name: str) -> str:
        """What the token may not do is told before a key is issued."""
        at = self._at(name)
        beside, needed = at.beside("version"), {at.data: {"update"}}
        for path, rights in ((beside.data, {"create", "read"}), (beside.metadata, {"list", "delete"})):
            needed[path] = needed.get(path, set()) | rights
        try:
            told = self._vault.call(
                "ask for rights", "POST", "sys/capabilities-self", {"paths": list(needed)}
            )
        except (AccessDenied, NotFound, OutcomeUnknown):
            return ""
        for path, rights in needed.items():
            missing = rights - set(told.get(path, rights))
            if missing and "root" not in told[path]:
                return f"the token lacks the right to {', '.join(sorted(missing))} {path} (docs/rotation.md)"
        return ""

    def note(self, name: str) -> str:
        """What version 1 cannot do."""
        return NO_SWAP if self._at(name).version == 1 else ""

    def older(self, name: str, current: str, value: str) -> int:
        """Only version 2 has any."""
        at, found = self._at(name), 0
        if at.version == 1:
            return 0
        with suppress(AccessDenied, NotFound):
            told = self._vault.call(f"list the versions of {name}", "GET", at.metadata)["versions"]
            for number, row in told.items():
                if number != current and not row["destroyed"] and not row["deletion_time"]:
                    read = self._vault.call(f"read {name}", "GET", at.data, query=f"version={number}")
                    found += occurs(_text(read["data"]).reveal(), value)
        return found

    # --- writing ---------------------------------------------------------------------------------

    def write(self, name: str, text: Secret, expected: Current) -> None:
        """All fields in one call."""
        at, fields = self._at(name), json.loads(text.reveal())
        if at.version == 1:
            if self.now(name).version != expected.version:
                raise moved(f"{self.scheme}://{name}")
            self._vault.call(f"write {name}", "POST", at.data, fields)
            return
        body = {"options": {"cas": int(expected.version)}, "data": fields}
        try:
            self._vault.call(f"write {name}", "POST", at.data, body)
        except (AccessDenied, OutcomeUnknown):
            raise
        except RotationError:
            if self.now(name).version != expected.version:
                raise moved(f"{self.scheme}://{name}") from None
            raise

    def keep(self, name: str, version: str, text: Secret) -> None:
        """As a secret of one field."""
        at, fields = self._at(name).beside(version), {"text": text.reveal()}
        what = f"keep a text of {name}"
        if at.version == 1:
            self._vault.call(what, "POST", at.data, fields)
            return
        number = 0
        with suppress(NotFound):
            number = self._vault.call(what, "GET", at.data)["metadata"]["version"]
        self._vault.call(what, "POST", at.data, {"options": {"cas": number}, "data": fields})

    def drop(self, name: str, version: str) -> None:
        """Delete it with all its versions."""
        with suppress(NotFound):
            at = self._at(name).beside(version)
            self._vault.call(f"remove what is kept of {name}", "DELETE", at.metadata)

    def normal(self, name: str, text: Secret) -> Secret:
        """In the order that the server gives the fields back in."""
        try:
            fields = json.loads(text.reveal())
        except ValueError:
            fields = None
        if not isinstance(fields, dict):
            raise RotationError(f"the new text of {name} is no JSON object", "undo this rotation")
        return _text(fields)

    # --- inside ----------------------------------------------------------------------------------

    def _mounts(self) -> dict[str, int]:
        """Those that the token may see, with the engine's version."""
        if not self._known:
            told = self._vault.call("list the mounts", "GET", "sys/internal/ui/mounts")
            self._known = {
                mount.strip("/"): 2 if (row.get("options") or {}).get("version") == "2" else 1
                for mount, row in (told.get("secret") or {}).items()
                if row["type"] in ENGINES
            }
        return self._known

    def _at(self, name: str) -> At:
        mount = next((mount for mount in self._mounts() if name.startswith(f"{mount}/")), "")
        if not mount or not {"", ".", ".."}.isdisjoint(name.split("/")):
            raise NotFound(
                f"there is no {self.scheme}://{name}",
                "a name begins with the mount of a key-value engine that the token may see, such as secret/app",
            )
        return At(mount, self._mounts()[mount], name.removeprefix(f"{mount}/"))

    def _kept_text(self, at: At) -> Secret:
        found = self._vault.call(f"read {at.mount}/{at.path}", "GET", at.data)
        return Secret(str((found["data"] if at.version == 2 else found).get("text", "")))

    def _listed(self, folder: At) -> list[str]:
        """What is in a folder, whose path is empty or ends with a slash; folders in it do, too."""
        try:
            return list(
                self._vault.call(f"list {folder.mount}/{folder.path}", "LIST", folder.metadata)["keys"]
            )
        except NotFound:
            return []

    def _below(self, folder: At) -> Iterator[tuple[str, Current | None]]:
        try:
            keys = self._listed(folder)
        except AccessDenied:
            yield f"{folder.mount}/{folder.path}", None
            return
        for path in (folder.path + key for key in keys):
            if path.endswith("/"):
                if path != f"{PLACE}/":
                    yield from self._below(folder._replace(path=path))
                continue
            with suppress(NotFound):  # its newest version is deleted
                yield f"{folder.mount}/{path}", self._readable(f"{folder.mount}/{path}")

    def _readable(self, name: str) -> Current | None:
        with suppress(AccessDenied):
            return self.now(name)
        return None


def _text(fields: Any) -> Secret:
    return Secret(json.dumps(fields, sort_keys=True, ensure_ascii=False))
