"""Environment variables of Vercel's projects. A place is a project and what its deployments are made for.

`PROJECT@production`, `PROJECT@development+preview`, `PROJECT@preview:BRANCH`: a variable of several targets is one row,
and the rows of the same targets are one place. Texts wait as encrypted variables of the very same targets, so that
nobody may read them who may not read the key. Vercel changes one variable a call, and deployments keep the values that
they were made with.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from unleak.core.errors import AccessDenied, NotFound
from unleak.core.secret import Secret
from unleak.rotate.beside import moved
from unleak.rotate.variables import Values, Variables, packed, split, unpacked
from unleak.verify.vercel_client import Vercel, settings, targets
from unleak.verify.vercel_client import place as where

PREFIX = "UNLEAK_"
READABLE = {"plain", "encrypted"}
PARTS = (
    "deployments keep the values that they were made with: a new key is used by new deployments alone (--restart "
    "vercel://PROJECT). Those that are made during the rotation are given its texts, too, as UNLEAK_… variables. "
    "Vercel knows no compare-and-swap and changes one variable at a time; a change in the very moment of writing is "
    "lost"
)


class VercelEnv(Variables):
    """The projects that one token may see."""

    scheme = "vercel"
    at_once = False

    def __init__(self, address: str, team: str = "") -> None:
        self.address, self.team = address, team
        self._vercel = Vercel(address, team)

    # --- reading ---------------------------------------------------------------------------------

    def places(self) -> Iterator[tuple[str, Values | None]]:
        """All targets of all projects."""
        for project in self._vercel.projects():
            name = project["name"]
            try:
                rows = self._vercel.variables(name)
                for scope in dict.fromkeys(map(targets, rows)):
                    values = self._values(name, [row for row in rows if targets(row) == scope])
                    if values:
                        yield f"{name}@{scope}", values
            except (AccessDenied, NotFound):
                yield name, None

    def variables(self, place: str) -> Values:
        """Those of the very targets."""
        project, scope = where(place)
        values = self._values(project, self._of(place))
        if not values:
            raise NotFound(
                f"{project} has no variables of {scope}",
                "name it as its rows have it: PROJECT@development+preview",
            )
        return values

    def kept(self, name: str) -> Mapping[str, Secret]:
        """The variables of our own that are of this place."""
        place, _ = split(name)
        ours = [row for row in self._of(place) if row["key"].startswith(PREFIX)]
        texts = [self._value(where(place)[0], row) for row in ours]
        return dict(filter(None, (unpacked(text.reveal()) for text in texts if text)))

    def note(self, name: str) -> str:
        """What Vercel cannot do."""
        return PARTS

    # --- writing ---------------------------------------------------------------------------------

    def change(self, place: str, before: Mapping[str, Secret], after: Mapping[str, Secret]) -> None:
        """Each by itself, if it still has the value from before."""
        project, _ = where(place)
        rows = {row["key"]: row for row in self._of(place)}
        for name, value in after.items():
            if name not in rows or self._value(project, rows[name]) != before[name]:
                raise moved(f"{self.scheme}://{place}")
            self._vercel.send(
                "write", "PATCH", project, rows[name], {"value": value.reveal(), **settings(rows[name])}
            )

    def keep(self, name: str, version: str, text: Secret) -> None:
        """As an encrypted variable of the same targets."""
        place, _ = split(name)
        (project, _), rows, key = where(place), self._of(place), _key(version)
        if not rows:
            raise NotFound(f"there is no {self.scheme}://{place}", "see that its name is right")
        body = {**settings(rows[0]), "key": key, "value": packed(version, text), "type": "encrypted"}
        body.pop("comment", None)
        if known := next((row for row in rows if row["key"] == key), None):
            self._vercel.send("keep a text in", "PATCH", project, known, body)
        else:
            self._vercel.call(
                f"keep a text beside {place}", "POST", f"/v10/projects/{quote(project)}/env", body=body
            )

    def drop(self, name: str, version: str) -> None:
        """Delete the variable that holds it."""
        place, _ = split(name)
        for row in self._of(place):
            if row["key"] == _key(version):
                with suppress(NotFound):
                    self._vercel.send("remove", "DELETE", where(place)[0], row)

    # --- inside ----------------------------------------------------------------------------------

    def _of(self, place: str) -> list[Any]:
        project, scope = where(place)
        return [row for row in self._vercel.variables(project) if targets(row) == scope]

    def _values(self, project: str, rows: list[Any]) -> Values:
        """None for one that Vercel does not give out; without those that Vercel itself sets."""
        given = [row for row in rows if row["type"] != "system" and not row["key"].startswith(PREFIX)]
        return {row["key"]: self._value(project, row) for row in given}

    def _value(self, project: str, row: Any) -> Secret | None:
        if row["type"] not in READABLE:
            return None
        path = f"/v1/projects/{quote(project)}/env/{quote(row['id'])}"
        value = self._vercel.call(f"read {row['key']} of {project}", "GET", path)["value"]
        return Secret(value) if isinstance(value, str) else None


def _key(version: str) -> str:
    return PREFIX + hashlib.sha256(version.encode()).hexdigest()[:20].upper()
