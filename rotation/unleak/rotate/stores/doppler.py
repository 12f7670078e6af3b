"""Secrets of Doppler. A place is a config, written `PROJECT/CONFIG`, and whoever reads it gets all of it.

Texts therefore wait in a config of their own, a branch of the same environment: who may read the one may read
the other, and no service does. Were they in the same config, every service would be given them, and each of
them would set off the config's syncs.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from unleak.core.errors import AccessDenied, NotFound, OutcomeUnknown, RotationError
from unleak.core.secret import Secret
from unleak.rotate.beside import PLACE, moved
from unleak.rotate.variables import Values, Variables, packed, split, unpacked
from unleak.verify.rest_client import Rest, Service

PREFIX = "UNLEAK_"
SECRETS = "/v3/configs/config/secrets"


class Doppler(Variables):
    """The configs that one token may see."""

    scheme = "doppler"

    def __init__(self, address: str) -> None:
        self.address = address
        self._rest = Rest(Service("Doppler", address, "Authorization", "Bearer ", "DOPPLER_TOKEN"))

    # --- reading ---------------------------------------------------------------------------------

    def places(self) -> Iterator[tuple[str, Values | None]]:
        """All configs of all projects; of a branch what it does not inherit, as far as that can be told."""
        for project in self._rest.rows("list the projects", "/v3/projects", within="projects"):
            inherited: dict[str, Values] = {}
            for row in sorted(self._configs(project["slug"]), key=lambda row: not row["root"]):
                if f"_{PLACE}-" in row["name"]:
                    continue
                place, root = f"{project['slug']}/{row['name']}", inherited.get(row["environment"], {})
                values = self._readable(place)
                if row["root"]:
                    inherited[row["environment"]] = values or {}
                yield place, values and {name: it for name, it in values.items() if root.get(name, "") != it}

    def variables(self, place: str) -> Values:
        """The values as they are written, in which references stand as such."""
        where = _where(place)
        found = self._rest.call(f"read {place}", "GET", SECRETS, where)["secrets"]
        return {name: _value(row) for name, row in found.items() if not name.startswith("DOPPLER_")}

    def kept(self, name: str) -> Mapping[str, Secret]:
        """Secrets of the branch."""
        return dict(self._kept(name).values())

    def problem(self, name: str) -> str:
        """What would be refused later."""
        where = _where(split(name)[0])
        try:
            if self._config(where)["locked"]:
                return "the config is locked: unlock it for the rotation"
            self._configs(where["project"])
        except AccessDenied:
            return "the token may not list and make configs: use one of a service account, or a personal one"
        return ""

    def note(self, name: str) -> str:
        """What inheritance hides."""
        where = _where(split(name)[0])
        config = self._config(where)
        if not config["root"]:
            return "it is a branch: what it inherits of these variables becomes its own"
        branches = ""
        with suppress(AccessDenied):
            branches = ", ".join(
                row["name"]
                for row in self._configs(where["project"])
                if row["environment"] == config["environment"] and not row["root"]
            )
        return branches and (
            f"its branches ({branches}) are taken to inherit from it; one that holds a copy of the key has to be "
            "named with --target"
        )

    # --- writing ---------------------------------------------------------------------------------

    def change(self, place: str, before: Mapping[str, Secret], after: Mapping[str, Secret]) -> None:
        """In one call, which names the values that are expected."""
        changes = [
            {
                "name": name,
                "originalName": name,
                "originalValue": before[name].reveal(),
                "value": value.reveal(),
            }
            for name, value in after.items()
        ]
        try:
            self._rest.call(
                f"write {place}", "POST", SECRETS, body={**_where(place), "change_requests": changes}
            )
        except (AccessDenied, OutcomeUnknown):
            raise
        except RotationError:
            now = self.variables(place)
            if any(now.get(name) != value for name, value in before.items()):
                raise moved(f"{self.scheme}://{place}") from None
            raise

    def keep(self, name: str, version: str, text: Secret) -> None:
        """As a secret of the branch, which is made if need be."""
        beside = self._beside(name)
        if not self._exists(beside):
            environment = self._config(_where(split(name)[0]))["environment"]
            made = {"project": beside["project"], "environment": environment, "name": beside["config"]}
            self._rest.call(f"make a config beside {name}", "POST", "/v3/configs", body=made)
        body = {**beside, "secrets": {_key(version): packed(version, text)}}
        self._rest.call(f"keep a text of {name}", "POST", SECRETS, body=body)

    def drop(self, name: str, version: str) -> None:
        """Delete it, and the branch with the last one."""
        what = f"remove what is kept of {name}"
        with suppress(NotFound):
            beside, kept = self._beside(name), self._kept(name)
            if _key(version) in kept:
                query = {**beside, "name": _key(version)}
                self._rest.call(what, "DELETE", "/v3/configs/config/secret", query)
            if kept.keys() <= {_key(version)} and self._exists(beside):
                self._rest.call(what, "DELETE", "/v3/configs/config", body=beside)

    # --- inside ----------------------------------------------------------------------------------

    def _configs(self, project: str) -> list[Any]:
        return list(
            self._rest.rows(f"list the configs of {project}", "/v3/configs", {"project": project}, "configs")
        )

    def _config(self, where: Mapping[str, str]) -> Any:
        return self._rest.call(f"look at {where['config']}", "GET", "/v3/configs/config", where)["config"]

    def _readable(self, place: str) -> Values | None:
        with suppress(AccessDenied, NotFound):
            return self.variables(place)
        return None

    def _beside(self, name: str) -> dict[str, str]:
        """The branch in which texts of a config are kept."""
        where = _where(split(name)[0])
        begin = self._config(where)["environment"]
        return {**where, "config": f"{begin}_{PLACE}-{_digest(where['config'])[:8]}"}

    def _exists(self, beside: Mapping[str, str]) -> bool:
        return beside["config"] in {row["name"] for row in self._configs(beside["project"])}

    def _kept(self, name: str) -> dict[str, tuple[str, Secret]]:
        """Version and text by the name of the secret that holds them."""
        beside = self._beside(name)
        if not self._exists(beside):
            return {}
        rows = self._rest.call(f"read what is kept of {name}", "GET", SECRETS, beside)["secrets"]
        found = {key: unpacked(row.get("raw") or "") for key, row in rows.items() if key.startswith(PREFIX)}
        return {key: kept for key, kept in found.items() if kept}


def _where(place: str) -> dict[str, str]:
    project, _, config = place.partition("/")
    if not project or not config:
        raise NotFound(
            f"there is no doppler://{place}", "name project and config, such as doppler://backend/prd"
        )
    return {"project": project, "config": config}


def _value(row: Any) -> Secret | None:
    """None for one whose visibility is restricted."""
    return Secret(row["raw"]) if isinstance(row.get("raw"), str) else None


def _key(version: str) -> str:
    return PREFIX + _digest(version)[:16].upper()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
