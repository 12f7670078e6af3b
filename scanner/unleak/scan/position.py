"""Lines and columns of offsets."""

from bisect import bisect_right, insort

from unleak.core.model import Position

BOM = b"\xef\xbb\xbf"


def advance(position: Position, data: bytes) -> Position:
    """Where one is after reading `data` from `position` on (see `Position` for how columns count)."""
    lines = data.count(b"\n")
    tail = data[data.rfind(b"\n") + 1 :] if lines else data
    column = (1 if lines else position.column) + len(tail.decode("utf-8", "surrogateescape"))
    if position.offset == 0 and not lines and data.startswith(BOM):
        column -= 1
    return Position(position.offset + len(data), position.line + lines, column)


class Cursor:
    """Positions of offsets of one segment; each is counted from the nearest known one before it."""

    def __init__(self, data: bytes, start: Position) -> None:
        self._data = data
        self._offsets = [0]
        """Those of the known positions, ascending."""
        self._known = {0: start}

    def at(self, offset: int) -> Position:
        """The position of `data[offset]`."""
        near = self._offsets[bisect_right(self._offsets, offset) - 1]
        if near != offset:
            self._known[offset] = advance(self._known[near], self._data[near:offset])
            insort(self._offsets, offset)
        return self._known[offset]
