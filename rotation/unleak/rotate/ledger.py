"""What was done, by whom and when: an append-only, hash-chained record in SQLite.

Every entry carries the digest of the entry before it of the same rotation, so that a changed or
missing entry shows when the ledger is read, unless the last ones are missing. Entries hold references,
ids and last-four; a `Secret` cannot be written, because it cannot become JSON.
"""

import getpass
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from unleak.core.clock import Clock, SystemClock
from unleak.core.errors import RotationError
from unleak.core.model import Event

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    rotation TEXT NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL,
    kind TEXT NOT NULL, data TEXT NOT NULL, digest TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS events_of ON events (rotation, sequence);
CREATE TRIGGER IF NOT EXISTS no_update BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS no_delete BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
"""
_ROW = tuple[int, str, str, str, str, str, str]


class Ledger:
    """The entries of all rotations of one state directory."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self.path = path
        self.clock = clock or SystemClock()
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        with self._database() as database:
            database.executescript(_SCHEMA)

    def append(self, rotation: str, kind: str, data: dict[str, Any], principal: str = "") -> Event:
        """Write an entry. `principal` is the identity that acts at the provider."""
        actor = f"{_user()} as {principal}" if principal else _user()
        at, text = self.clock.now().isoformat(), json.dumps(data, sort_keys=True)
        with self._database() as database:
            database.execute("BEGIN IMMEDIATE")
            rows = database.execute(
                "SELECT digest FROM events WHERE rotation = ? ORDER BY sequence DESC LIMIT 1", (rotation,)
            ).fetchall()
            digest = _digest(rows[0][0] if rows else "", rotation, at, actor, kind, text)
            cursor = database.execute(
                "INSERT INTO events (rotation, at, actor, kind, data, digest) VALUES (?, ?, ?, ?, ?, ?)",
                (rotation, at, actor, kind, text, digest),
            )
            database.commit()
        return Event(cursor.lastrowid or 0, rotation, datetime.fromisoformat(at), actor, kind, data)

    def events(self, rotation: str) -> list[Event]:
        """The entries of one rotation, oldest first. RotationError if they were tampered with."""
        with self._database() as database:
            rows: list[_ROW] = database.execute(
                "SELECT sequence, rotation, at, actor, kind, data, digest FROM events "
                "WHERE rotation = ? ORDER BY sequence",
                (rotation,),
            ).fetchall()
        before = ""
        for sequence, *content, digest in rows:
            if digest != _digest(before, *content):
                raise RotationError(
                    f"the ledger of rotation {rotation} was changed at entry {sequence}",
                    f"do not trust it: compare {self.path} with a backup",
                )
            before = digest
        return [
            Event(row[0], row[1], datetime.fromisoformat(row[2]), row[3], row[4], json.loads(row[5]))
            for row in rows
        ]

    def rotations(self) -> list[str]:
        """The ids of all rotations, oldest first."""
        with self._database() as database:
            return [
                row[0]
                for row in database.execute(
                    "SELECT rotation FROM events GROUP BY rotation ORDER BY MIN(sequence)"
                )
            ]

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=30)) as database:
                yield database
        except sqlite3.DatabaseError as error:
            raise RotationError(
                f"the ledger {self.path} cannot be used: {type(error).__name__}",
                "check the disk and the permissions of the state directory",
            ) from None


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
