"""What the workflow makes of steps that fail, of a database that does, and of an impatient person."""

from threading import Event
from types import SimpleNamespace

import pytest

from unleak.core.errors import AccessDenied, Exit
from unleak.rotate import workflow
from unleak.rotate.ports import Acting


@pytest.fixture
def run():
    """A run whose steps need nothing."""
    logged = []
    progress = SimpleNamespace(note=logged.append, began=logged.append, ended=logged.append)
    return SimpleNamespace(
        rotation=SimpleNamespace(id="r1", key_id="AKIAOLD", acting=Acting("AKIAADMIN", "arn")),
        stop=Event(), progress=progress, logged=logged, memory=SimpleNamespace(switched=False),
        check_stop=lambda: None, log=lambda kind, data=None: logged.append((kind, data)),
    )  # fmt: skip


class Work:
    """Steps that count how often they ran; the second fails while it is told to."""

    def __init__(self):
        self.ran = []
        self.error = None
        self.steps = (("one", "One", self.one), ("two", "Two", self.two))

    def one(self, run):
        self.ran.append("one")

    def two(self, run):
        self.ran.append("two")
        if self.error:
            raise self.error


@pytest.mark.parametrize("error", [AccessDenied("access denied to iam:X"), KeyError("text-of-the-provider")])
def test_a_step_that_fails_is_the_only_one_that_is_repeated(run, tmp_path, error):
    work, database = Work(), tmp_path / "steps.sqlite"
    work.error = error
    paused = workflow.drive(run, work.steps, database)
    ours = isinstance(error, AccessDenied)
    assert paused.error.exit is (Exit.INCOMPLETE_ROTATION if ours else Exit.BUG)
    assert "text-of-the-provider" not in str(paused.error)
    assert ("access denied" if ours else "bug: KeyError in two (test_workflow.py:") in paused.error.message
    assert b"text-of-the-provider" not in database.read_bytes()
    work.error = None
    assert workflow.drive(run, work.steps, database) is None
    assert work.ran == ["one", "two", "two"]


def test_a_database_that_is_none(run, tmp_path):
    database = tmp_path / "steps.sqlite"
    database.write_text("no database " * 100)
    paused = workflow.drive(run, Work().steps, database)
    assert paused.error.exit is Exit.INCOMPLETE_ROTATION
    assert str(database) in paused.error.message


def test_a_database_in_no_folder(run, tmp_path):
    paused = workflow.drive(run, Work().steps, tmp_path / "nowhere" / "steps.sqlite")
    assert "cannot be used: FileNotFoundError" in paused.error.message


class Impatient(Event):
    """Ctrl-C is pressed while somebody waits for this, three times; then it happens."""

    pressed = 0

    def wait(self, timeout=None):
        if self.pressed == 3:
            self.set()
            return True
        self.pressed += 1
        raise KeyboardInterrupt


def test_ctrl_c_again_and_again_leaves_no_step_behind_without_its_lock(run):
    ended = Impatient()
    workflow._wait(run, ended)
    assert run.stop.is_set()
    assert ended.is_set()
