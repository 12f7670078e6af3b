"""The services that a rotation restarts."""

from unleak.core.errors import UsageError
from unleak.rotate.ports import Restart
from unleak.rotate.restarts import RESTARTS
from unleak.rotate.rotation import Options


def restart_of(ref: str, options: Options) -> Restart:
    """Of `ecs://CLUSTER/SERVICE` or `lambda://FUNCTION`; UsageError for anything else."""
    from unleak.verify.aws_client import Access

    scheme, found, name = ref.partition("://")
    if not found or scheme not in RESTARTS or not name:
        raise UsageError(
            "--restart takes a reference such as ecs://prod/payments or lambda://payments",
            f"known kinds: {', '.join(RESTARTS)}",
        )
    return RESTARTS[scheme](name, Access(options.profile, options.region))
