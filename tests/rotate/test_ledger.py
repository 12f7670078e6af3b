"""The ledger keeps what was written, and shows when somebody changed it."""

import sqlite3
from datetime import UTC, datetime

import pytest

from unleak.core.errors import RotationError
from unleak.core.secret import Secret
from unleak.rotate.ledger import Ledger


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "ledger.sqlite")


def test_entries_come_back_in_order(ledger):
    ledger.append("a", "opened", {"key": "AKIA"}, "arn:admin")
    ledger.append("b", "opened", {})
    ledger.append("a", "issued", {"last4": "wxyz"})
    events = ledger.events("a")
    assert [(event.kind, event.data) for event in events] == [
        ("opened", {"key": "AKIA"}),
        ("issued", {"last4": "wxyz"}),
    ]
    assert events[0].actor.endswith("as arn:admin")
    assert events[0].at <= datetime.now(UTC)
    assert ledger.rotations() == ["a", "b"]


def test_a_secret_cannot_be_written(ledger):
    with pytest.raises(TypeError):
        ledger.append("a", "opened", {"value": Secret("hunter2hunter2")})
    assert ledger.events("a") == []


@pytest.mark.parametrize("statement", ["UPDATE events SET kind = 'x'", "DELETE FROM events"])
def test_entries_cannot_be_changed(ledger, statement):
    ledger.append("a", "opened", {})
    database = sqlite3.connect(ledger.path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        database.execute(statement)
    database.close()


@pytest.mark.parametrize(
    "statement",
    ["UPDATE events SET data = '{}' WHERE sequence = 2", "DELETE FROM events WHERE sequence = 1"],
)
def test_tampering_shows(ledger, statement):
    for kind in ("opened", "issued", "closed"):
        ledger.append("a", kind, {"n": 1})
    database = sqlite3.connect(ledger.path)
    database.executescript(f"DROP TRIGGER no_update; DROP TRIGGER no_delete; {statement};")
    database.close()
    with pytest.raises(RotationError, match="was changed at entry"):
        ledger.events("a")


def test_a_file_that_is_no_ledger(tmp_path):
    (tmp_path / "ledger.sqlite").write_text("not a database, but long enough to look at" * 30)
    with pytest.raises(RotationError, match="cannot be used"):
        Ledger(tmp_path / "ledger.sqlite")
