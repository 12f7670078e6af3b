"""`unleak scan` where something around it is missing, full, broken or shut: told, and nothing found is lost."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from unleak.scan.examples import expand

SHAPES = ("text", "json", "jsonl", "sarif")
KEYS = [expand("ghp_${github_checksummed}", seed) for seed in range(10)]
LINE = "token = {}\n"


# --- where the report goes ---------------------------------------------------------------------------


def test_a_report_that_cannot_be_written_keeps_the_old_one(scan, leaky, tmp_path) -> None:
    report = tmp_path / "report"
    report.write_text("old")
    program = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "from unleak.__main__ import main; main()"
    )
    ran = scan("--output", report, leaky.path, start=("-B", "-c", program), XDG_CACHE_HOME="/proc/nowhere")
    assert ran.code == 3
    assert f"cannot write the report {report}: File too large" in ran.err
    assert report.read_text() == "old"


@pytest.mark.parametrize("place", ["/proc/nowhere/report", "/dev/full", "."])
def test_a_place_where_no_report_can_be(place: str, scan, leaky) -> None:
    ran = scan("--output", place, leaky.path)
    assert (ran.code, ran.out) == (3, "")
    assert "cannot write the report" in ran.err
    assert "another --output" in ran.err


def shell(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which $UNLEAK is the program."""
    settings = os.environ | {"UNLEAK": f"{sys.executable} -m unleak"}
    line = "set -o pipefail; " + command
    return subprocess.run(
        ["bash", "-c", line], cwd=cwd, env=settings, capture_output=True, text=True, check=False
    )


STREAMS = {
    "a reader that goes away": ("$UNLEAK scan --format json many | head -1", 1, ""),
    "a full disk": ("$UNLEAK scan many > /dev/full", 3, "cannot write the report to the standard output"),
    "closed output": ("$UNLEAK scan many >&-", 3, "cannot write the report to the standard output"),
    "all closed": ("$UNLEAK scan many <&- >&- 2>&-", 3, ""),
    "closed errors": ("$UNLEAK scan nowhere 2>&-", 2, ""),
    "full errors": ("$UNLEAK scan nowhere 2> /dev/full", 2, ""),
    "closed input": ("$UNLEAK scan --stdin <&-", 3, ""),
    "another command": ("$UNLEAK rules list > /dev/full", 3, "the output cannot be written"),
}


@pytest.mark.parametrize("case", STREAMS)
def test_standard_streams_that_fail(case: str, tmp_path) -> None:
    (tmp_path / "many").write_text(
        "".join(LINE.format(expand("ghp_${github_checksummed}", n)) for n in range(500))
    )
    command, code, message = STREAMS[case]
    ran = shell(command, tmp_path)
    assert ran.returncode == code
    assert "bug" not in ran.stderr
    assert "Exception ignored" not in ran.stderr
    assert message in ran.stderr


# --- surroundings ------------------------------------------------------------------------------------


def test_no_cache_can_be_written_and_no_home_is_known(found, leaky) -> None:
    assert found(cwd=leaky.path, XDG_CACHE_HOME="/proc/nowhere") == (1, [1, 2, 3])
    assert found(cwd=leaky.path, XDG_CACHE_HOME=None, HOME=None) == (1, [1, 2, 3])
    assert found("--engine", "hyperscan", cwd=leaky.path, XDG_CACHE_HOME="/proc/nowhere") == (1, [1, 2, 3])


def test_a_damaged_cache_is_made_anew(found, leaky, scrubbed) -> None:
    assert found(cwd=leaky.path) == (1, [1, 2, 3])
    stored = [path for path in (scrubbed / "cache").rglob("*") if path.is_file()]
    assert stored
    for path in stored:
        path.write_bytes(path.read_bytes()[:-9] + b"\0" * 9)
    assert found(cwd=leaky.path) == (1, [1, 2, 3])


def test_two_scans_share_a_cache(leaky, scrubbed) -> None:
    command = [sys.executable, "-m", "unleak", "scan", "--engine", "hyperscan"]
    both = [subprocess.Popen(command, cwd=leaky.path, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [each.communicate()[0] for each in both]
    assert [each.returncode for each in both] == [1, 1]
    assert outputs[0] == outputs[1]
    assert "3 secrets" in outputs[0]
    assert [path.name for path in (scrubbed / "cache").rglob("tmp*")] == []


def test_without_git(scan, leaky, tmp_path) -> None:
    for arguments in ([], ["--history"], ["--staged"]):
        ran = scan(*arguments, cwd=leaky.path, PATH="/nonexistent")
        assert ran.code == 2
        assert "git cannot be run" in ran.err
        assert "Install git" in ran.err
    (tmp_path / "plain").mkdir()
    shutil.copy(leaky.path / "ignored", tmp_path / "plain")
    assert scan("plain", PATH="/nonexistent").code == 1


@pytest.mark.parametrize(
    "arguments", [[], ["--history"], ["--staged"], ["--engine", "hyperscan", "--format", "sarif"]]
)
def test_no_warning_of_python(arguments, scan, leaky) -> None:
    ran = scan(*arguments, cwd=leaky.path, start=("-X", "dev", "-W", "error", "-m", "unleak"))
    assert (ran.code, ran.err) == (1, "")


def test_paths_that_are_no_ascii_in_a_locale_of_ascii(scan, tmp_path) -> None:
    name = os.fsencode("é\n\x1b[31m") + b"\xff"
    Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name))).write_text(LINE.format(KEYS[0]))
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for shape in SHAPES:
        ran = scan("--format", shape, tmp_path, **plain)
        assert (ran.code, ran.err) == (1, "")
        assert "\x1b" not in ran.out
    assert r"\xff" in scan(tmp_path, **plain).out
    assert scan(os.fsdecode(name), **plain).code == 1


def test_a_shallow_clone_says_what_it_does_not_hold(scan, leaky, tmp_path) -> None:
    source = f"file://{leaky.path}"
    subprocess.run(["git", "clone", "-q", "--depth", "1", source, str(tmp_path / "shallow")], check=True)
    ran = scan("--history", "shallow")
    assert ran.code == 1
    assert "shallow" in ran.out


def test_a_corrupt_object_is_told_and_the_other_findings_are_kept(scan, leaky) -> None:
    blob = leaky.git("rev-parse", "HEAD~1:old")
    path = leaky.path / ".git" / "objects" / blob[:2] / blob[2:]
    path.chmod(0o644)
    path.write_bytes(b"\0" * 20)
    ran = scan("--history", "--format", "jsonl", "--reveal", cwd=leaky.path)
    assert (ran.code, ran.keys()) == (3, [1])
    assert f"could not read blob {blob[:10]}" in ran.err
    ran = scan("--history", cwd=leaky.path)
    assert ran.code == 3
    assert "Could not read 1" in ran.out
    assert KEYS[1][-4:] in ran.out


AS_NOBODY = (
    "import os, sys; import unleak.__main__ as program, unleak.cli.program\n"
    "from unleak.cli import scan; from unleak.scan import display, ruleset, table; import unleak.scan.checks\n"
    "import unleak.scan.reports.text_report, unleak.scan.sources.tree, unleak.scan.rulefile, regex\n"
    "os.setgroups([]); os.setgid(65534); os.setuid(65534); program.main()"
)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become nobody")
def test_an_unreadable_file_is_named_and_the_rest_is_read(scan, tmp_path) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if str(folder).startswith("/tmp/"):
            folder.chmod(0o755)
    (tmp_path / "open").write_text(LINE.format(KEYS[0]))
    (tmp_path / "locked").write_text(LINE.format(KEYS[1]))
    (tmp_path / "locked").chmod(0o600)
    ran = scan(tmp_path, start=("-c", AS_NOBODY), HOME="/nonexistent", XDG_CACHE_HOME="/nonexistent")
    assert ran.code == 3, ran.err
    assert "open:1:9" in ran.out
    assert "Could not read 1: permission denied\n  locked\n" in ran.out
