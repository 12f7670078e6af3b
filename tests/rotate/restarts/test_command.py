"""A restart by a program of the operator's."""

import sys

import pytest

from unleak.core.errors import RotationError, UsageError
from unleak.rotate.restarts import command
from unleak.rotate.restarts.command import Command

ROTATION = "0a1b2c3d4e"


@pytest.fixture
def program(tmp_path):
    """A command line that runs a text of Python with one argument."""

    def make(text):
        path = tmp_path / "a program.py"
        path.write_text(text)
        return Command(f"{sys.executable} '{path}' '{tmp_path}/out put'")

    return make


def test_it_is_run_without_a_shell_and_without_credentials(program, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cr3t")
    monkeypatch.setenv("LEAKED", "s3cr3t")
    made = program("import os, sys; open(sys.argv[1], 'w').write(str(dict(os.environ)))")
    assert made.problem() == ""
    assert made.done(made.begin(ROTATION))
    environment = (tmp_path / "out put").read_text()
    assert "s3cr3t" not in environment
    assert f"'UNLEAK_ROTATION': '{ROTATION}'" in environment
    assert "'PATH'" in environment


def test_any_other_end_than_success_stops_the_rotation(program, capfd):
    with pytest.raises(RotationError, match="ended with 3"):
        program("import sys; print('s3cr3t'); sys.exit(3)").begin(ROTATION)
    assert capfd.readouterr() == ("", "")


def test_one_that_takes_too_long_is_ended(program, monkeypatch):
    monkeypatch.setattr(command, "PATIENCE", 0.2)
    with pytest.raises(RotationError, match="took longer"):
        program("import time; time.sleep(60)").begin(ROTATION)


def test_a_program_that_is_not_there_is_a_problem():
    assert "no such program" in Command("/nonexistent/restart --now").problem()
    with pytest.raises(RotationError, match="was not run"):
        Command("/nonexistent/restart").begin(ROTATION)


@pytest.mark.parametrize("line", [" ", "'open"])
def test_no_command_line_is_refused(line):
    with pytest.raises(UsageError):
        Command(line)
