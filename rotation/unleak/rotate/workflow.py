"""Drives the steps of one rotation as a durable workflow of DBOS, in one SQLite file of its own.

A step that ends is recorded and never run again. A step that cannot go on, for whatever reason, leaves
the workflow by `Paused`, which is no Exception, so that DBOS records nothing and the workflow stays
pending: a failure, an expired wait, Ctrl-C and `kill -9` are resumed on the same way. Nothing but the
rotation's id goes into the database, and as JSON, never as pickle.
"""

import json
import logging
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig, Serializer, SetWorkflowID
from sqlalchemy.exc import SQLAlchemyError

from unleak.core.errors import Exit, RotationError, UnleakError
from unleak.rotate.ports import Credential
from unleak.rotate.run import ACTING_AS_BEFORE, Paused, Run, issued
from unleak.rotate.sequence import Step
from unleak.rotate.state import private

VERSION = "1"
"""Of the recorded steps. A new program version must still resume what an old one began."""
MANY = 1_000_000


class Plain(Serializer):
    """JSON for values; of an exception, its type alone."""

    def serialize(self, data: Any) -> str:
        """`data` as JSON."""
        return json.dumps(type(data).__name__ if isinstance(data, BaseException) else data)

    def deserialize(cls, serialized_data: str) -> Any:  # noqa: N805 (named as in the base class)
        """The value; an exception comes back as its type's name."""
        return json.loads(serialized_data)

    def name(self) -> str:
        """Recorded with every value."""
        return "unleak_json"


def drive(run: Run, steps: tuple[Step, ...], database: Path) -> Paused | None:
    """Run `steps` from where `database` says they stopped; None when all are done.

    The caller holds the rotation's lock. KeyboardInterrupt stops at the next safe place and becomes
    a pause like any other.
    """
    ended, pause = threading.Event(), [Paused(RotationError("the workflow ended before its last step"))]
    finished = [False]

    def rotation(rotation_id: str) -> str:
        try:
            for name, title, work in steps:
                DBOS.run_step({"name": name}, bordered, run, title, work)
            finished[0] = True
        except Paused as paused:
            pause[0] = paused
            raise
        except Exception as error:  # of DBOS or its database; recorded, it would end the workflow for good
            pause[0] = Paused(_unusable(error, database))
            raise pause[0] from None
        finally:
            ended.set()
        return rotation_id

    try:
        _launch(run.rotation.id, database, rotation)
        _wait(run, ended)
    except (SQLAlchemyError, OSError) as error:
        pause[0] = Paused(_unusable(error, database))
    finally:
        DBOS.destroy(destroy_registry=True)
    return None if finished[0] else pause[0]


def bordered(run: Run, title: str, work: Callable[[Run], None]) -> None:
    """One step. Whatever goes wrong inside becomes a pause without any text but our own."""
    try:
        run.check_stop()
        _act_with_new_key(run)
        run.progress.began(title)
        work(run)
        run.progress.ended(title)
    except UnleakError as error:
        with suppress(UnleakError):
            run.log("stopped", {"step": title, "kind": type(error).__name__})
        raise Paused(error) from None
    except Exception as error:
        raise Paused(_bug(error)) from None


def _unusable(error: Exception, database: Path) -> UnleakError:
    """What a database that fails means for the user; anything else is a bug."""
    if not isinstance(error, SQLAlchemyError | OSError):
        return _bug(error)
    return RotationError(
        f"the record of the steps {database} cannot be used: {type(error).__name__}",
        "check the disk and the permissions of the state directory",
    )


def _bug(error: Exception) -> UnleakError:
    """What kind of error and where, without its text, which could hold a secret."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{place.name} ({Path(place.filename).name}:{place.lineno})"
    bug = RotationError(
        f"bug: {type(error).__name__} in {where}", "please report this line; it holds no secret"
    )
    bug.exit = Exit.BUG
    return bug


def _act_with_new_key(run: Run) -> None:
    """If the leaked key is the one that acts, go on with the new one as soon as it is current."""
    acts_as_leaked = run.rotation.acting.key_id == run.rotation.key_id and not run.memory.switched
    if acts_as_leaked and run.history.last("replaced") and not run.history.last(ACTING_AS_BEFORE):
        new: Credential = issued(run)
        run.switch(new)
        run.memory.switched = True


def _launch(rotation_id: str, database: Path, work: Callable[[str], str]) -> None:
    config: DBOSConfig = {
        "name": "unleak",
        "system_database_url": f"sqlite:///{private(database)}",
        "application_version": VERSION,
        "executor_id": rotation_id,
        "log_level": "CRITICAL",
        "serializer": Plain(),
        "notification_listener_polling_interval_sec": 0.1,
    }
    logging.getLogger("dbos").setLevel(logging.CRITICAL)
    DBOS(config=config)
    workflow = DBOS.workflow(name="rotation", max_recovery_attempts=MANY)(work)
    DBOS.launch()  # picks a pending workflow of this executor up by itself
    known = DBOS.get_workflow_status(rotation_id)
    if known is None:
        with SetWorkflowID(rotation_id):
            DBOS.start_workflow(workflow, rotation_id)
    elif known.status not in {"PENDING", "ENQUEUED"}:
        DBOS.resume_workflow(rotation_id)


def _wait(run: Run, ended: threading.Event) -> None:
    """Until the step under way has ended, however often somebody presses Ctrl-C: the lock guards it."""
    while not ended.is_set():
        try:
            ended.wait(0.2)
        except KeyboardInterrupt:
            run.stop.set()
            run.progress.note("stopping after the call under way")
