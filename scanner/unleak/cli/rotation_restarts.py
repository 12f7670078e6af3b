"""The services that a rotation restarts."""

from unleak.cli import reference
from unleak.cli.rotation_stores import address_of, team_of
from unleak.core.errors import UsageError
from unleak.rotate.ports import Restart
from unleak.rotate.restarts import RESTARTS
from unleak.rotate.rotation import Options


def restart_of(ref: str, options: Options) -> Restart:
    """Of `ecs://CLUSTER/SERVICE`, `lambda://FUNCTION` and so on; UsageError for anything else."""
    scheme, found, name = ref.partition("://")
    if not found or scheme not in RESTARTS or not name:
        raise UsageError(
            "--restart takes a reference such as ecs://prod/payments or lambda://payments",
            f"known kinds: {', '.join(RESTARTS)}",
        )
    match scheme:
        case "webhook":
            return RESTARTS[scheme](reference.resolve(name, options, "--restart", "the address"))
        case "k8s":
            return RESTARTS[scheme](name, address_of(scheme, options))
        case "vercel":
            return RESTARTS[scheme](name, address_of(scheme, options), team_of(options))
        case "command":
            return RESTARTS[scheme](name)
    from unleak.verify.aws_client import Access

    return RESTARTS[scheme](name, Access(options.profile, options.region))
