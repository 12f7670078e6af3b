import pytest
from hypothesis import given
from hypothesis import strategies as st

from unleak.core.model import Position
from unleak.scan.position import Cursor, advance

TEXT = st.lists(st.sampled_from(["a", "é", "✓", "\n", "\r\n", "𝄞"]), max_size=30).map("".join)


@given(TEXT)
def test_positions_count_lines_and_code_points(text: str) -> None:
    after = advance(Position(), text.encode())
    assert (after.line, after.column) == (text.count("\n") + 1, len(text.rsplit("\n", 1)[-1]) + 1)


@given(TEXT, st.data())
def test_a_cursor_may_be_asked_in_any_order(text: str, data: st.DataObject) -> None:
    raw = text.encode()
    cursor = Cursor(raw, Position(100, 5, 9))
    for offset in data.draw(st.lists(st.integers(0, len(raw)))):
        assert cursor.at(offset).offset == 100 + offset
        assert cursor.at(offset).line == 5 + raw[:offset].count(b"\n")


def test_a_byte_order_mark_and_broken_bytes() -> None:
    assert advance(Position(), b"\xef\xbb\xbfab") == Position(5, 1, 3)
    assert advance(Position(7, 3, 4), b"\xff\xfe") == Position(9, 3, 6)


def test_going_back_does_not_count_from_the_beginning_again(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = []

    def count(position: Position, data: bytes) -> Position:
        counted.append(len(data))
        return advance(position, data)

    monkeypatch.setattr("unleak.scan.position.advance", count)
    cursor = Cursor(b"x" * 100_000, Position())
    for offset in range(0, 100_000, 100):  # as of pairs: the secret half, then the public one before it
        assert cursor.at(offset + 80).column == offset + 81
        assert cursor.at(offset).column == offset + 1
    assert sum(counted) < 300_000
