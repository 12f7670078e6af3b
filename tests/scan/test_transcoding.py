import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unleak.core.model import Blob, File
from unleak.scan.sources.segments import cut
from unleak.scan.transcoding import transcoded

ENCODINGS = ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]


def blob(data: bytes) -> Blob:
    return Blob(File(".", b"f"), data)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_other_unicode_becomes_utf8(encoding: str, mark: str) -> None:
    text = mark + "name: value\ngröße: €5 ✓\n" + "more text\n" * 5
    assert transcoded(blob(text.encode(encoding))).data == text.encode()


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=50), st.sampled_from(ENCODINGS))
def test_with_a_mark_anything_goes(text: str, encoding: str) -> None:
    if text.startswith("\0") and encoding == "utf-16-le":
        return  # reads as the mark of UTF-32
    assert transcoded(blob(("\ufeff" + text).encode(encoding))).data == ("\ufeff" + text).encode()


@pytest.mark.parametrize(
    "data", [b"plain\n", b"", b"\0", b"\x7fELF\x02\x01\x01" + bytes(200), bytes(range(256)), bytes(300)]
)
def test_the_rest_stays(data: bytes) -> None:
    content = blob(data)
    assert transcoded(content) is content


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_segments_own_what_they_owned(encoding: str) -> None:
    text = "".join(f"line {number}\n" for number in range(2000))
    parts = [
        transcoded(part)
        for part in cut(File(".", b"f"), io.BytesIO(text.encode(encoding)), size=4001, margin=300)
    ]
    owned = "".join(part.data[part.owned_from : part.owned_to].decode() for part in parts)
    assert len(parts) > 5
    assert owned.replace("\ufffd", "") == text
