"""Lines and columns of offsets."""

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
    """Positions of offsets of one segment; asking in ascending order costs one pass."""

    def __init__(self, data: bytes, start: Position) -> None:
        self._data = data
        self._start = start
        self._offset = 0
        self._position = start

    def at(self, offset: int) -> Position:
        """The position of `data[offset]`."""
        if offset < self._offset:
            self._offset, self._position = 0, self._start
        self._position = advance(self._position, self._data[self._offset : offset])
        self._offset = offset
        return self._position
