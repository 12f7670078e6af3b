"""Services that keep what they read are restarted once another key is current, and seen to have done so."""

from unleak.core.errors import RotationError
from unleak.rotate.run import Paused, Run


def forward(run: Run) -> None:
    """After the new key became current."""
    _restart(run, "new")


def back(run: Run) -> None:
    """After the old key became current again, if services may have read the new one."""
    if run.history.last("restarting"):
        _restart(run, "old")


def _restart(run: Run, key: str) -> None:
    """All begin, then all are waited for. One that was begun is not begun again."""
    begun = {ref: _begun(run, ref, key) for ref in run.options.restarts}
    waited = 0.0
    for ref, name in begun.items():
        while not run.restarts[ref].done(name):
            if waited >= run.options.wait:
                raise Paused(
                    RotationError(
                        f"{ref} is not restarted yet after {run.options.wait:g} s of waiting",
                        "see what holds it up; both keys still work"
                        if run.overlaps
                        else "see what holds it up; until it uses the new key, it fails",
                    )
                )
            run.progress.note(f"waiting for {ref} to restart")
            run.sleep(run.options.poll)
            waited += run.options.poll
        run.once("restarted", {"service": ref, "key": key})


def _begun(run: Run, ref: str, key: str) -> str:
    for event in run.history.all("restarting"):
        if (event.data["service"], event.data["key"]) == (ref, key):
            return str(event.data["name"])
    name = run.restarts[ref].begin(run.rotation.id)
    run.log("restarting", {"service": ref, "key": key, "name": name})
    return name
