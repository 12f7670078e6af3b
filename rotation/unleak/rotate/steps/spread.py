"""Copies of a secret elsewhere, such as replicas in other Regions, are waited for: services read them, too."""

from unleak.core.errors import RotationError
from unleak.rotate.keys import PATIENCE
from unleak.rotate.run import Run
from unleak.rotate.store_ports import Spreads


def wait(run: Run) -> None:
    """Until every copy has what is current. RotationError if that takes longer, or failed."""
    for target in run.rotation.targets:
        store, waited = run.store(target), 0.0
        while isinstance(store, Spreads) and (behind := store.behind(target.ref.name)):
            if waited >= PATIENCE:
                raise RotationError(
                    f"{target.ref}: {behind} do not have the current version yet",
                    "see what holds it up; both keys still work. Then go on",
                )
            if waited == 0.0:
                run.progress.note(f"waiting for the copies of {target.ref}: {behind}")
            run.sleep(1.0)
            waited += 1.0
