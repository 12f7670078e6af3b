"""The words of a plan where a user has one password at a time: services fail until they use the new one."""

from unleak.rotate.ports import Outline
from unleak.rotate.rotation import Options


def steps(outline: Outline, options: Options, names: str) -> tuple[str, ...]:
    """What is done to the secrets of these names."""
    return (
        f"choose a new password and put it as a pending version into {names}; until here everything can be undone",
        f"{outline.issue}: the leaked password is dead, services that log in fail, and there is no way back",
        f"make the new version current in {names} at once, if it is still the version read now",
        "check that the new password works",
        *(
            [f"restart {', '.join(options.restarts)} and wait until that is through"]
            if options.restarts
            else []
        ),
        _pick_up(options),
        f"close the open connections of {outline.owner}",
        f"ask {outline.prove} with the leaked password, which must be refused",
    )


def _pick_up(options: Options) -> str:
    """How it is seen that services use the new password."""
    if options.consumers:
        return f"wait until {', '.join(options.consumers)} report the new version"
    return "stop and ask whether services use the new password"


def warnings(outline: Outline, options: Options) -> list[str]:
    """How long services fail, and that there is no way back."""
    if options.restarts:
        until = "until they are restarted, which is begun at once"
    elif options.consumers:
        until = "until they have read the secret again, which is waited for"
    else:
        until = "until they read the secret again, with AWS's caching client up to an hour (--restart makes it short)"
    found = [
        f"DOWNTIME: {outline.owner} has one password at a time. From the moment it is changed, whoever logs in with "
        f"the leaked one fails: services {until}. Connections that are open go on until the end",
        "there is no undo once it is changed: the way back would be to set the leaked password again",
        f"all connections of {outline.owner} are closed in the end, those with the new password too: clients must "
        "connect again by themselves",
    ]
    if not options.consumers:
        found.append(
            f"{outline.service} does not say when a password is used, so pick-up cannot be proved: once the new "
            "version is current, unleak stops and asks before it closes connections; --consumer names services that "
            "can tell"
        )
    return found
