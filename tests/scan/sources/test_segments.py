"""Segments own every offset exactly once, know their place and need little memory."""

import io
import tracemalloc
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from unleak.core.model import Blob, Position, Stdin
from unleak.scan.ports import MAX_WIDTH
from unleak.scan.sources.segments import MARGIN, SIZE, cut

MARGIN_HERE = 8
SIZE_HERE = 48

texts = st.lists(
    st.one_of(
        st.sampled_from([b"\n", b"\r\n", b"a", b"\xef\xbb\xbf", "é".encode(), "€".encode(), "😀".encode()]),
        st.sampled_from(
            [b"\x80", b"\x80\x80\x80\x80\x80", b"\xff", b"\xe2\x82", b"\xf0\x9f\x98", b"\xed\xa0\x80"]
        ),
        st.binary(max_size=12),
    ),
    max_size=120,
).map(b"".join)


def segments(data: bytes) -> list[Blob]:
    return list(cut(Stdin(), io.BytesIO(data), size=SIZE_HERE, margin=MARGIN_HERE))


def naive(data: bytes, offset: int) -> Position:
    """The definition of a position, character by character."""
    before = data[:offset].split(b"\n")
    text = before[-1].decode("utf-8", "surrogateescape")
    bom = len(before) == 1 and text.startswith("\ufeff")
    return Position(offset, len(before), len(text) - bom + 1)


@given(texts)
def test_every_offset_has_one_owner(data: bytes) -> None:
    owners: list[int] = []
    for blob in segments(data):
        assert data[blob.start.offset :].startswith(blob.data)
        end = len(blob.data) if blob.owned_to is None else blob.owned_to
        owners += range(blob.start.offset + blob.owned_from, blob.start.offset + end)
    assert owners == list(range(len(data)))


@given(texts)
def test_owned_matches_have_context_on_both_sides(data: bytes) -> None:
    blobs = segments(data)
    for blob in blobs[1:]:
        assert blob.owned_from >= MARGIN_HERE
    for blob in blobs[:-1]:
        assert blob.owned_to is not None
        assert len(blob.data) - blob.owned_to >= MARGIN_HERE
    assert blobs[-1].owned_to is None


@given(texts)
def test_positions_are_exact(data: bytes) -> None:
    for blob in segments(data):
        assert blob.start == naive(data, blob.start.offset)


def test_small_content_is_one_blob() -> None:
    assert list(cut(Stdin(), io.BytesIO(b"x" * SIZE))) == [Blob(Stdin(), b"x" * SIZE)]
    assert list(cut(Stdin(), io.BytesIO(b""))) == [Blob(Stdin(), b"")]


def test_real_margins_hold_two_matches() -> None:
    assert MARGIN == 2 * MAX_WIDTH
    assert len(list(cut(Stdin(), io.BytesIO(b"x" * (SIZE + 1))))) == 2


class Endless:
    """A single line of `left` bytes that never exists as a whole."""

    def __init__(self, left: int) -> None:
        self.left = left

    def read(self, size: int, /) -> bytes:
        size = min(size, self.left)
        self.left -= size
        return b"x" * size


def test_a_single_line_of_any_length_needs_little_memory() -> None:
    tracemalloc.start()
    try:
        *_, last = (
            replace(blob, data=b"", owned_to=len(blob.data)) for blob in cut(Stdin(), Endless(100 << 20))
        )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert last.start.offset + last.owned_to == 100 << 20
    assert last.start.column == last.start.offset + 1
    assert peak < 6 * SIZE
