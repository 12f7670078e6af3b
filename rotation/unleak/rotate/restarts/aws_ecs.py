"""A service of Amazon ECS: a new deployment of the same task definition, whose tasks read their secrets anew."""

from typing import Any

from unleak.core.errors import RotationError
from unleak.verify.aws_client import Access, calling, client

READ, WRITE = "ecs:DescribeServices", "ecs:UpdateService"


class EcsService:
    """`CLUSTER/SERVICE` in the Region of the rotation."""

    def __init__(self, name: str, access: Access) -> None:
        self.cluster, _, self.service = name.rpartition("/")
        self._access = access

    def problem(self) -> str:
        """Whether it is there and runs."""
        row = self._row()
        if row is None or row["status"] != "ACTIVE":
            return f"there is no active ECS service {self.service} in cluster {self.cluster or 'default'}"
        if row.get("deploymentController", {}).get("type", "ECS") != "ECS":
            return "another controller than ECS makes its deployments: restart it with that, and leave it out here"
        return ""

    def note(self) -> str:
        """Nothing."""
        return ""

    def begin(self, rotation: str) -> str:
        """A forced deployment; its id."""
        with calling(f"restart {self.service}", WRITE, changes=True):
            came = client(self._access, "ecs").update_service(
                **self._named("service"), forceNewDeployment=True
            )
            return str(_primary(came["service"])["id"])

    def done(self, name: str) -> bool:
        """Whether only tasks of that deployment, or of a later one, run. RotationError if it failed."""
        row = self._row()
        if row is None:
            raise RotationError(
                f"ECS service {self.service} is gone", "see who deleted it; then resume or undo"
            )
        deployed = next((one for one in row["deployments"] if one["id"] == name), _primary(row))
        if deployed.get("rolloutState") == "FAILED":
            raise RotationError(
                f"the new tasks of ECS service {self.service} do not start",
                "see its events; both keys still work. Deploy again and resume, or undo",
            )
        return bool(deployed.get("rolloutState") == "COMPLETED")

    def _row(self) -> Any:
        with calling(f"look at {self.service}", READ):
            found = client(self._access, "ecs").describe_services(**self._named("services"))["services"]
        return found[0] if found else None

    def _named(self, service: str) -> dict[str, Any]:
        given: dict[str, Any] = {service: [self.service] if service == "services" else self.service}
        return given | ({"cluster": self.cluster} if self.cluster else {})


def _primary(row: Any) -> Any:
    return next(one for one in row["deployments"] if one["status"] == "PRIMARY")
