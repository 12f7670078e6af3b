"""Sensitive variables of Vercel's projects. A place is a project and its targets, `PROJECT@production`.

Vercel gives out when one was written last, and there is no compare-and-swap. Deployments keep the values that they
were made with.
"""

from datetime import UTC, datetime
from typing import Any

from unleak.core.errors import NotFound, UsageError
from unleak.core.model import SecretRef
from unleak.core.secret import Secret
from unleak.rotate.beside import moved
from unleak.rotate.ports import Credential, Holder, Sweep
from unleak.rotate.stamps import version
from unleak.rotate.variables import split
from unleak.verify.vercel_client import Vercel, place, settings, targets

KIND = "sensitive"
NEW_ONLY = "a new key is used by new deployments alone (--restart vercel://PROJECT)"


class Sensitive:
    """What one token may write."""

    scheme = "vercel-sensitive"

    def __init__(self, address: str, team: str = "") -> None:
        self.address, self.team = address, team
        self._vercel = Vercel(address, team)

    # --- what is there ---------------------------------------------------------------------------

    def find(self, leaked: Credential) -> Sweep:
        """UsageError: nothing can be searched for what cannot be read."""
        raise UsageError(
            "sensitive variables of Vercel cannot be read, and so not searched",
            f"name those that hold the key: --target {self.scheme}://PROJECT@production?NAME",
        )

    def look(self, ref: SecretRef, leaked: Credential) -> Holder:
        """One variable, or two that hold the id and the secret of a key."""
        given, names = split(ref.name)
        if ref.field or len(names) not in {1, 2}:
            raise UsageError(  # what was given may be a key that was typed in the wrong place
                f"a target of {self.scheme} does not say which variable is meant",
                f"such as {self.scheme}://PROJECT@production?NAME, or ?ID_NAME,SECRET_NAME for a key that has an id",
            )
        rows = {name: self._row(given, name) for name in names}
        readable = ", ".join(name for name, row in rows.items() if row["type"] != KIND)
        problem = f"{readable} can be read: name it by vercel:// instead" if readable else ""
        found = version({name: _stamp(row) for name, row in rows.items()})
        return Holder(ref, found, problem, NEW_ONLY, whole=len(names) == 2, reportable=False, write_only=True)

    def stamp(self, name: str, variable: str) -> str:
        """Its `updatedAt`, in milliseconds."""
        return _stamp(self._row(split(name)[0], variable))

    # --- writing ---------------------------------------------------------------------------------

    def write(self, name: str, variable: str, value: Secret, expected: str) -> str:
        """With the same targets, branch and comment."""
        given, _ = split(name)
        row = self._row(given, variable)
        if _stamp(row) != expected:
            raise moved(f"{self.scheme}://{name}")
        self._vercel.send("write", "PATCH", place(given)[0], row, {"value": value.reveal(), **settings(row)})
        return self.stamp(name, variable)

    def _row(self, given: str, variable: str) -> Any:
        project, scope = place(given)
        for row in self._vercel.variables(project):
            if row["key"] == variable and targets(row) == scope:
                return row
        raise NotFound(
            f"{project} has no such variable for these targets",
            "name it as its row has it: PROJECT@development+preview?NAME",
        )


def _stamp(row: Any) -> str:
    return datetime.fromtimestamp(int(row["updatedAt"]) / 1000, UTC).isoformat(timespec="milliseconds")
