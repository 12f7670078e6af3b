import os
import stat
import subprocess
import sys

import pytest

from unleak.cli.output import opened
from unleak.core.errors import ScanError


def test_a_report_replaces_the_file_in_one_step(tmp_path) -> None:
    path = tmp_path / "report"
    path.write_text("old")
    with opened(path) as out:
        out.write("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["report"]


def test_a_failure_keeps_the_old_report_and_no_rest(tmp_path) -> None:
    path = tmp_path / "report"
    path.write_text("old")
    with pytest.raises(TypeError), opened(path) as out:
        print("half", file=out, flush=True, end=1)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["report"]


def test_a_report_with_secrets_is_private(tmp_path) -> None:
    before = os.umask(0o022)
    try:
        for name, private, mode in (("a", True, 0o600), ("b", False, 0o644)):
            with opened(tmp_path / name, private=private) as out:
                out.write("x")
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == mode
    finally:
        os.umask(before)


@pytest.mark.parametrize("path", ["/dev/full", "/nonexistent/folder/report"])
def test_a_report_that_cannot_be_written_is_a_clear_error(path: str) -> None:
    from pathlib import Path

    with pytest.raises(ScanError, match="cannot write the report") as caught, opened(Path(path)) as out:
        out.write("x" * 100_000)
    assert "scan again" in caught.value.hint


def test_a_full_disk_is_a_clear_error_and_leaves_nothing(tmp_path) -> None:
    program = (
        "import resource, signal; from pathlib import Path; from unleak.cli.output import opened\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "with opened(Path('report')) as out: out.write('x' * 100_000)"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "ScanError: cannot write the report" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_standard_output_is_not_closed(capsys) -> None:
    with opened(None) as out:
        out.write("one")
    print("two")
    assert capsys.readouterr().out == "onetwo\n"
