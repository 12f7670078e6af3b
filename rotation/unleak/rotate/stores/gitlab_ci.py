"""CI/CD variables of GitLab's projects. A place is a project and one environment scope: `GROUP/PROJECT@SCOPE`.

Texts wait as variables of the same project, whose scope is an environment that no job has, so no job is given
them. GitLab changes one variable a call: a write of several is kept first, and finished by whoever comes next.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import quote

from unleak.core.errors import NotFound, RotationError
from unleak.core.secret import Secret
from unleak.rotate.beside import PLACE, moved
from unleak.rotate.variables import Values, Variables, packed, parsed, split, unpacked
from unleak.verify.rest_client import Rest, Service

EVERYWHERE = "*"
"""The scope of a variable that all jobs are given; a place without a scope has it."""
SETTINGS = ("variable_type", "protected", "masked", "raw", "environment_scope", "description")
"""What is said again with a new value, so that it stays whatever GitLab takes a missing one for."""
MASKED = re.compile(r"\S{8,}")
"""What a value must be like for GitLab to hide it in the logs of jobs."""
MAINTAINER = "40"
"""The least role that sees variables."""
PARTS = (
    "GitLab knows no compare-and-swap and changes one variable at a time: a job that starts between two of them "
    "is given half of the new key, and a change by somebody else in the very moment of writing is lost"
)


class Variable(NamedTuple):
    """One of a project, for jobs of the environments that its scope names."""

    project: str
    key: str
    scope: str


class GitlabCi(Variables):
    """The projects of one server that a token may see."""

    scheme = "gitlab-ci"
    at_once = False

    def __init__(self, address: str) -> None:
        self.address = address
        self._rest = Rest(Service("GitLab", f"{address}/api/v4", "PRIVATE-TOKEN", "", "GITLAB_TOKEN"))

    # --- reading ---------------------------------------------------------------------------------

    def places(self) -> Iterator[tuple[str, Values | None]]:
        """All scopes of all projects in which the token has a role that sees variables."""
        asked = {"membership": "true", "min_access_level": MAINTAINER, "archived": "false", "simple": "true"}
        for project in self._rest.rows("list the projects", "/projects", asked):
            path = project["path_with_namespace"]
            try:
                rows = self._rows(path)
            except RotationError:  # such as one whose pipelines are switched off
                yield path, None
                continue
            for scope in dict.fromkeys(row["environment_scope"] for row in rows):
                if scope != PLACE:
                    yield self.place(f"{path}@{scope}"), _values(rows, scope)

    def place(self, given: str) -> str:
        """Without the scope that is meant anyway."""
        return given.removesuffix(f"@{EVERYWHERE}")

    def variables(self, place: str) -> Values:
        """Those of the very scope: what jobs of an environment are given besides has a scope of its own."""
        project, scope = _where(place)
        values = _values(self._rows(project), scope)
        if not values:
            raise NotFound(
                f"{project} has no variables of scope {scope}", "name one that has: GROUP/PROJECT@SCOPE"
            )
        return values

    def kept(self, name: str) -> Mapping[str, Secret]:
        """The variables of our own scope that are of this place."""
        place, _ = split(name)
        rows = self._rows(_where(place)[0])
        ours = [
            row for row in rows if row["environment_scope"] == PLACE and row["key"].startswith(_key(place))
        ]
        return dict(filter(None, (unpacked(row["value"] or "") for row in ours)))

    def problem(self, name: str) -> str:
        """A token that can only read is told before a key is issued."""
        with suppress(RotationError):
            token = self._rest.call("look at the token", "GET", "/personal_access_tokens/self")
            if "api" not in token["scopes"]:
                return "the token cannot write variables: it needs the scope api"
        return ""

    def note(self, name: str) -> str:
        """What GitLab cannot do."""
        return PARTS

    # --- writing ---------------------------------------------------------------------------------

    def normal(self, name: str, text: Secret) -> Secret:
        """RotationError if GitLab could not hide a new value in logs as it hides the old one."""
        normal = super().normal(name, text)
        place, _ = split(name)
        project, scope = _where(place)
        rows = {row["key"]: row for row in self._rows(project) if row["environment_scope"] == scope}
        for variable, value in parsed(normal).items():
            if rows.get(variable, {}).get("masked") and not MASKED.fullmatch(value.reveal()):
                raise RotationError(
                    f"{variable} of {place} is masked, and GitLab cannot mask its new value",
                    "a masked value is one line of eight characters or more without blanks; undo this rotation",
                )
        return normal

    def change(self, place: str, before: Mapping[str, Secret], after: Mapping[str, Secret]) -> None:
        """Each by itself, if it still has the value from before."""
        project, scope = _where(place)
        rows = {row["key"]: row for row in self._rows(project) if row["environment_scope"] == scope}
        for name, value in after.items():
            if name not in rows or rows[name]["value"] != before[name].reveal():
                raise moved(f"{self.scheme}://{place}")
            said = {key: rows[name][key] for key in SETTINGS if rows[name].get(key) is not None}
            self._send("write", "PUT", Variable(project, name, scope), {"value": value.reveal(), **said})

    def keep(self, name: str, version: str, text: Secret) -> None:
        """As a masked, protected variable for jobs of an environment that there is not."""
        place, _ = split(name)
        project, key = _where(place)[0], _key(place, version)
        body = {
            "value": packed(version, text),
            "variable_type": "env_var",
            "protected": True,
            "masked": True,
            "raw": True,
            "environment_scope": PLACE,
        }
        if any(row["key"] == key and row["environment_scope"] == PLACE for row in self._rows(project)):
            self._send("keep a text in", "PUT", Variable(project, key, PLACE), body)
        else:
            what = f"keep a text beside {place}"
            self._rest.call(what, "POST", f"{_path(project)}/variables", body={"key": key, **body})

    def drop(self, name: str, version: str) -> None:
        """Delete the variable that holds it."""
        place, _ = split(name)
        with suppress(NotFound):
            self._send("remove", "DELETE", Variable(_where(place)[0], _key(place, version), PLACE))

    # --- inside ----------------------------------------------------------------------------------

    def _rows(self, project: str) -> list[Any]:
        return list(self._rest.rows(f"read the variables of {project}", f"{_path(project)}/variables"))

    def _send(self, what: str, method: str, to: Variable, body: object = None) -> None:
        path = f"{_path(to.project)}/variables/{quote(to.key, safe='')}"
        only = {"filter[environment_scope]": to.scope}
        self._rest.call(f"{what} {to.key} of {to.project}", method, path, only, body)


def _where(place: str) -> tuple[str, str]:
    project, _, scope = place.partition("@")
    if not project:
        raise NotFound(
            f"there is no gitlab-ci://{place}", "name a project, such as gitlab-ci://group/project"
        )
    return project, scope or EVERYWHERE


def _values(rows: list[Any], scope: str) -> Values:
    """None for a hidden one."""
    return {
        row["key"]: Secret(row["value"]) if isinstance(row["value"], str) else None
        for row in rows
        if row["environment_scope"] == scope
    }


def _path(project: str) -> str:
    return f"/projects/{quote(project, safe='')}"


def _key(place: str, version: str = "") -> str:
    return f"UNLEAK_{_digest(place)[:12]}_{_digest(version)[:16] if version else ''}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
