"""Finds where a few short patterns match: what tells that text may be encoded."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Thread
from typing import Any

from unleak.scan.decoded import Encoding

WORTH = 128 << 10
"""Bytes from which Hyperscan is worth its import; the databases are compiled in a few milliseconds."""

Places = list[list[int]]
"""For every encoding the ends of the matches of its triggers, ascending."""


class Triggers:
    """Searches with `re` at first and with Hyperscan, where there is one, from some size on."""

    def __init__(self, encodings: Sequence[Encoding]) -> None:
        self._encodings = encodings
        self._seen = 0
        self._worth = WORTH
        self._databases: list[tuple[int, Any, Any]] = []
        """The index of the encoding, its database (one for all would be slower), scratch space for the thread."""

    def places(self, data: bytes) -> Places:
        """Where the triggers match."""
        if not self._ready(data):
            return [_search(encoding, data) for encoding in self._encodings]
        return self.scan(data)

    def begin(self, data: bytes) -> Callable[[], Places]:
        """Search in a thread: Hyperscan needs no lock of Python's. Call the result to wait for the places.

        At most one such search may go on at a time; `places` may be called meanwhile.
        """
        if not self._ready(data):
            return lambda: self.places(data)
        search = _Search(self, data)
        search.start()
        return search.wait

    def _ready(self, data: bytes) -> bool:
        self._seen += len(data)
        if not self._databases and self._seen >= self._worth:
            self._compile()
        return bool(self._databases)

    def scan(self, data: bytes, beside: bool = False) -> Places:
        """Where they match, by Hyperscan; `beside`: while another thread may scan."""
        places: Places = [[] for _ in self._encodings]
        for index, database, scratch in self._databases:
            ends = places[index]

            def note(pattern: int, start: int, end: int, flags: int, ends: Any) -> None:
                ends.append(end)

            database.scan(data, match_event_handler=note, context=ends, scratch=scratch if beside else None)
        return [sorted(ends) for ends in places]

    def _compile(self) -> None:
        try:
            import hyperscan
        except ImportError:  # no wheel for this platform
            self._worth = 1 << 62
            return
        for index, encoding in enumerate(self._encodings):
            for trigger in encoding.triggers:
                database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
                database.compile(expressions=[trigger.encode()], ids=[0], elements=1, flags=0)
                self._databases.append((index, database, hyperscan.Scratch(database)))


class _Search(Thread):
    """One scan beside the main thread."""

    def __init__(self, triggers: Triggers, data: bytes) -> None:
        super().__init__(daemon=True)
        self._triggers = triggers
        self._data = data
        self._places: Places | None = None

    def run(self) -> None:
        with suppress(Exception):  # then the main thread meets it
            self._places = self._triggers.scan(self._data, beside=True)

    def wait(self) -> Places:
        self.join()
        return self._triggers.scan(self._data) if self._places is None else self._places


def _search(encoding: Encoding, data: bytes) -> list[int]:
    """Matches that overlap too, as Hyperscan reports them."""
    found: list[int] = []
    if encoding.hint not in data:
        return found
    for trigger in encoding.triggers:
        compiled = re.compile(trigger.encode())
        match = compiled.search(data)
        while match:
            found.append(match.end())
            match = compiled.search(data, match.start() + 1)
    return sorted(found)
