"""Progress is shown after a moment and on stderr only; Ctrl-C ends a scan with what was found until then."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from unleak.cli import progress
from unleak.core.model import Commit, File, GitObject, Staged, Stdin
from unleak.scan.examples import expand
from unleak.scan.ports import Summary

KEY = expand("ghp_${github_checksummed}", 1)
PATIENCE = 30
"""Seconds after which a test that waits gives up."""


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (None, "1,200 read, 3 MB, 2 MB/s"),
        (File(".", b"a/b.txt"), "1,200 read, 3 MB, 2 MB/s, a/b.txt"),
        (File(".", b"\x1b[2J\xff\n"), "1,200 read, 3 MB, 2 MB/s, �[2J��"),
        (
            Commit(".", b"x", "b", "c", "A <a@b>", datetime(2026, 1, 1, tzinfo=UTC)),
            "1,200 read, 3 MB, 2 MB/s, x",
        ),
        (Staged(".", b"x", "b"), "1,200 read, 3 MB, 2 MB/s, x"),
        (GitObject(".", "0123456789abcdef", "blob"), "1,200 read, 3 MB, 2 MB/s, blob 0123456789ab"),
        (Stdin(), "1,200 read, 3 MB, 2 MB/s, standard input"),
    ],
)
def test_what_is_said(reading, said: str) -> None:
    summary = Summary(blobs=1200, bytes=3_200_000, reading=reading)
    assert progress.describe(summary, 2.0) == said


def test_a_log_gets_a_line_now_and_then(monkeypatch, capsys) -> None:
    monkeypatch.setattr(progress, "LOG_EVERY", 0.01)
    written = threading.Event()
    describe = progress.describe
    monkeypatch.setattr(progress, "describe", lambda *given: (written.set(), describe(*given))[1])
    with progress.shown(Summary(blobs=7)):
        assert written.wait(PATIENCE)
    assert "7 read" in capsys.readouterr().err


def test_what_is_told_is_shown(monkeypatch, capsys) -> None:
    monkeypatch.setattr(progress, "LOG_EVERY", 0.01)
    written = threading.Event()
    with progress.told() as tell:
        tell("compiling 7 rules")
        monkeypatch.setattr(
            progress, "print", lambda line, file: (written.set(), file.write(line)), raising=False
        )
        assert written.wait(PATIENCE)
    assert "compiling 7 rules" in capsys.readouterr().err


def test_a_short_scan_shows_nothing(capsys) -> None:
    with progress.shown(Summary()):
        pass
    assert capsys.readouterr().err == ""


def test_an_error_ends_it(capsys) -> None:
    with pytest.raises(ZeroDivisionError), progress.shown(Summary()):
        raise ZeroDivisionError
    assert threading.active_count() == 1


# --- on a terminal -----------------------------------------------------------------------------------


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal of 66 columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 66, 0, 0))
    yield ours, theirs
    os.close(ours)


def read_until(descriptor: int, wanted: bytes) -> bytes:
    """What comes out of a terminal until `wanted` stood in it, or it is closed."""
    seen, deadline = b"", time.monotonic() + PATIENCE
    while wanted not in seen and select.select([descriptor], [], [], max(deadline - time.monotonic(), 0))[0]:
        try:
            seen += os.read(descriptor, 65536)
        except OSError:  # the other end is closed
            break
    return seen


def start(*arguments: str, **streams: int) -> "subprocess.Popen[bytes]":
    """A scan of the standard input, which stays open."""
    command = [sys.executable, "-m", "unleak", "scan", "--stdin", *arguments]
    environment = os.environ | {"TERM": "xterm-256color"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
    return subprocess.Popen(command, env=environment, start_new_session=True, **pipes)


def feed(process: "subprocess.Popen[bytes]", data: bytes) -> None:
    """Write `data` and wait until it was read."""
    assert process.stdin
    process.stdin.write(data)
    process.stdin.flush()
    left, deadline = bytearray(4), time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        fcntl.ioctl(process.stdin, termios.FIONREAD, left)
        if not any(left):
            return
        time.sleep(0.01)


@pytest.mark.parametrize("no_color", ["", "1"])
def test_the_report_on_a_narrow_terminal(terminal, no_color, tmp_path) -> None:
    ours, theirs = terminal
    (tmp_path / "a").write_text(f"token = {KEY}\n")
    environment = os.environ | {"TERM": "xterm-256color", "NO_COLOR": no_color}
    command = [sys.executable, "-m", "unleak", "scan", "a"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = read_until(ours, b"no such text").decode()
    assert process.wait() == 1
    assert ("\x1b[" in shown) is (no_color == "")
    if no_color:
        prose = [line for line in shown.splitlines() if "://" not in line and KEY[-4:] not in line]
        assert max(map(len, prose)) <= 66


def test_progress_is_on_stderr_alone_and_fits(terminal) -> None:
    ours, theirs = terminal
    with start("--format", "json", stderr=theirs) as process:
        os.close(theirs)
        shown = read_until(ours, b"read,")
        assert b"0 read, 0 MB, 0 MB/s" in shown
        out, _ = process.communicate(b"")
    assert json.loads(out)["findings"] == []


# --- Ctrl-C ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["text", "json", "jsonl", "sarif"])
def test_ctrl_c_reports_what_was_found_and_says_so(shape: str) -> None:
    with start("--format", shape) as process:
        feed(process, f"token = {KEY}\n".encode())
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 3
    assert KEY[-4:].encode() in out or shape == "sarif"
    assert b"Traceback" not in err
    match shape:
        case "text":
            assert b"Interrupted: this is only what was read" in out
        case "json":
            assert json.loads(out)["summary"]["interrupted"] is True
        case "sarif":
            [run] = json.loads(out)["runs"]
            assert len(run["results"]) == 1
            assert run["invocations"][0]["executionSuccessful"] is False
    assert (b"unleak: interrupted" in err) is (shape != "text")


def test_ctrl_c_before_anything_was_read() -> None:
    with start() as process, closing(process.stderr):
        feed(process, b"x")  # it runs by now
        process.send_signal(signal.SIGINT)
        assert process.wait() == 3


def test_somebody_who_is_to_type_is_told(terminal) -> None:
    ours, theirs = terminal
    with start(stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        assert b"end with Ctrl-D" in read_until(ours, b"Ctrl-D")
        os.write(ours, f"token = {KEY}\n\4".encode())
        assert b"1 secret in 1 blob" in read_until(ours, b"1 critical.")
    assert process.returncode == 1
