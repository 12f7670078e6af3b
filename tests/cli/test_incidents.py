"""`unleak incidents list|show` read the ledger and nothing else."""

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from unleak.cli.program import run
from unleak.core.model import Identity, SecretRef
from unleak.rotate import state
from unleak.rotate.ports import Acting
from unleak.rotate.rotation import OPENED, Options, Rotation, as_data, target

ARN = "arn:aws:iam::123456789012:user/payments"


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    monkeypatch.setenv("UNLEAK_STATE_DIR", str(tmp_path / "state"))
    made = state.ledger(state.directory())
    for rotation_id, kinds in (("aaaa111111", ["issued", "closed"]), ("aaab222222", ["issued"])):
        ref = target(rotation_id, SecretRef("aws-sm", "prod"), "v1")
        identity = Identity("aws-iam", "123456789012", ARN, "AKIA" + rotation_id)
        rotation = Rotation(
            rotation_id, identity, "wxyz", "f" * 32, Acting("AKIAADMIN", "arn:admin"), (ref,), Options()
        )
        made.append(rotation_id, OPENED, as_data(rotation) | {"detected": datetime.now(UTC).isoformat()})
        for kind in kinds:
            made.append(rotation_id, kind, {"key": "AKIANEW"})
    return made


def test_list(ledger, capsys):
    assert run(["incidents", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["aaaa111111", "closed"]
    assert lines[1].split()[:2] == ["aaab222222", "open"]


def test_list_as_json(ledger, capsys):
    assert run(["incidents", "list", "--format", "json"]) == 0
    assert [one["status"] for one in json.loads(capsys.readouterr().out)] == ["closed", "open"]


def test_an_empty_list(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("UNLEAK_STATE_DIR", str(tmp_path))
    assert run(["incidents", "list"]) == 0
    assert "No rotations yet" in capsys.readouterr().out


def test_show_takes_a_unique_beginning(ledger, capsys):
    assert run(["incidents", "show", "aaab"]) == 0
    out = capsys.readouterr().out
    assert "unleak incidents resume aaab222222" in out
    assert "Timeline" in out
    assert all(len(line) <= 80 for line in out.splitlines() if "detected=" not in line)


@pytest.mark.parametrize(("prefix", "says"), [("aaa", "more than one"), ("zzz", "no rotation has")])
def test_an_id_that_names_not_exactly_one(ledger, prefix, says, capsys):
    for command in ("show", "resume", "undo"):
        assert run(["incidents", command, prefix]) == 2
        assert says in capsys.readouterr().err


@pytest.mark.parametrize("command", ["resume", "undo"])
def test_what_is_closed_stays_closed(ledger, command, capsys):
    assert run(["incidents", command, "aaaa"]) == 2
    assert "is closed already" in capsys.readouterr().err


def test_a_state_directory_that_cannot_be_used(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("UNLEAK_STATE_DIR", str(tmp_path / "file"))
    assert run(["incidents", "list"]) == 2
    assert "UNLEAK_STATE_DIR" in capsys.readouterr().err


def test_a_ledger_that_cannot_be_opened(tmp_path, monkeypatch, capsys):
    (tmp_path / "ledger.sqlite").mkdir()
    monkeypatch.setenv("UNLEAK_STATE_DIR", str(tmp_path))
    assert run(["incidents", "list"]) == 2
    assert "UNLEAK_STATE_DIR" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["resume", "undo"])
def test_the_region_of_the_plan_is_not_to_be_changed(ledger, command, capsys):
    """Secrets that are not found elsewhere would be taken for gone."""
    assert run(["incidents", command, "aaab", "--region", "eu-west-2"]) == 2
    assert "No such option" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["list"], ["show", "aaab"]])
def test_reading_loads_neither_dbos_nor_boto3(ledger, command):
    program = (
        f"import sys; from unleak.cli.program import run; run(['incidents', *{command!r}]);"
        "sys.exit(str(sorted({'dbos', 'boto3', 'httpx', 'asyncio', 'sqlalchemy'} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"
