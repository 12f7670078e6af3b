"""The standard input is read whole, in segments, and its errors are told."""

import io

import pytest

from unleak.core.model import Skipped, Stdin
from unleak.scan import sources
from unleak.scan.sources.segments import SIZE


def test_reads_everything(read) -> None:
    assert read(sources.stdin(io.BytesIO(b"\0bin\xff"))).contents == {b"\0bin\xff"}
    assert len(read(sources.stdin(io.BytesIO(b"x" * (SIZE + 1)))).blobs) == 2


def test_an_error_of_the_stream_is_a_failure(read) -> None:
    class Broken(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    assert read(sources.stdin(Broken())).skipped == [Skipped(Stdin(), "Input/output error", failed=True)]


def test_has_nothing_to_resolve(places) -> None:
    assert places(sources.stdin(io.BytesIO(b"\n acme_12345678"))) == [("acme_12345678", None, "", 2, 2)]


def test_ctrl_c_keeps_what_had_come() -> None:
    class Slow(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise KeyboardInterrupt
            return super().read1(5)

    blobs = sources.stdin(Slow(b"12345678")).blobs()
    assert next(blobs).data == b"12345"
    with pytest.raises(KeyboardInterrupt):
        next(blobs)
