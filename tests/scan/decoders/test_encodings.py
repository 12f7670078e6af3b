"""A key in every encoding is found, at the place of the encoded text."""

import base64
import gzip
import json
import textwrap
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unleak.core.model import Blob, Confidence, File, Position
from unleak.scan.decoding import Decoding
from unleak.scan.sources.segments import cut


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def wrapped(text: str, width: int, indent: str = "") -> str:
    return textwrap.indent("\n".join(textwrap.wrap(text, width)), indent)


def escaped(key: str, escape: str) -> str:
    return key.replace("m", "\\" + escape, 1)


PROSE = "name = something\nuser = somebody else\n"


def block(key: str) -> str:
    return f"{PROSE * 3}{key}\n{PROSE}"


def notebook(*source: str) -> str:
    return json.dumps({"cells": [{"source": source}], "nbformat": 4}, indent=1)


def in_lines(before: str, key: str, width: int, indent: int = 0) -> tuple[int, int, int, int]:
    """Where the encoding of `key` begins and ends if lines of base64 follow a first line."""
    begin, last = len(before), len(before) + len(key) - 1
    first, final = begin // 3 * 4 + begin % 3, last // 3 * 4 + last % 3 + 1
    return 2 + first // width, indent + first % width + 1, 2 + final // width, indent + final % width + 2


CASES = {
    # what encloses the key: (its text, line, column, end line, end column)
    "base64": lambda k: (f"a: 1\ntoken: {b64(k)}\n", 2, 8, 2, 8 + 39),
    "base64 url-safe": lambda k: (
        "'" + b64("?>~" + k).translate({43: 45, 47: 95}).rstrip("=") + "'",
        1,
        6,
        1,
        6 + 39,
    ),
    "base64 behind a path": lambda k: (f"/usr/share/{b64('the key is ' + k + '.')}", 1, 26, 1, 66),
    "base64 in a wrapped block": lambda k: (
        f"data: |\n{wrapped(b64(block(k)), 64, '  ')}\nnext: 1",
        *in_lines(PROSE * 3, k, 64, 2),
    ),
    "base64 in an unindented block": lambda k: (
        f"data: |\n{wrapped(b64(block(k)), 72)}\nnext: 1",
        *in_lines(PROSE * 3, k, 72),
    ),
    "base64 in lines that break groups": lambda k: (
        f"data: |\n{wrapped(b64(block(k)), 70)}\nnext: 1",
        *in_lines(PROSE * 3, k, 70),
    ),
    "base64 in strings that are joined": lambda k: (
        f'k = (\n"{b64(PROSE + k)[:48]}"\n"{b64(PROSE + k)[48:]}")\n',
        *in_lines(PROSE, k, 48, 1),
    ),
    "base64 of UTF-16": lambda k: (
        f"-enc {base64.b64encode(f'$t={k}!'.encode('utf-16-le')).decode()}",
        1,
        6,
        1,
        94,
    ),
    "hex": lambda k: (f'h = "{k.encode().hex()}"', 1, 6, 1, 64),
    "hex, wrapped": lambda k: (wrapped((PROSE + k).encode().hex(), 60), 2, 17, 3, 15),
    "percent": lambda k: (f"https://h/?q={quote('a=' + k, safe='')}&b=1".replace("_", "%5F"), 1, 18, 1, 49),
    "percent, glued": lambda k: (f"https://h/?q=a%3D{k}%26b", 1, 18, 1, 47),
    "unicode escape": lambda k: (
        json.dumps({"a": 1})[:-1] + f', "k": "{escaped(k, "u006d")}"}}',
        1,
        16,
        1,
        50,
    ),
    "hex escape": lambda k: (f'"{escaped(k, "x6d")}"', 1, 2, 1, 34),
    "octal escape": lambda k: (f"$'{escaped(k, '155')}'", 1, 3, 1, 35),
    "after \\n": lambda k: (f'"line\\n{k}\\n"', 1, 8, 1, 37),
    "after an escaped \\n": lambda k: (f'"{{line\\\\n{k}\\\\n}}"', 1, 10, 1, 39),
    "continued line": lambda k: (f"K={k[:10]}\\\n{k[10:]}\n", 1, 3, 2, 20),
    "joined with +": lambda k: (f'"{k[:9]}" + "{k[9:]}"', 1, 2, 1, 36),
    "joined with + over lines": lambda k: (f'x = "{k[:9]}" +\n    "{k[9:]}"', 1, 6, 2, 26),
    "joined with leading +": lambda k: (f'x = "{k[:9]}"\n  + "{k[9:]}";', 1, 6, 2, 26),
    "joined with .": lambda k: (f"$x = '{k[:9]}' . '{k[9:]}';", 1, 7, 1, 41),
    "joined thrice": lambda k: (f"'{k[:9]}'+'{k[9:20]}'+'{k[20:]}'", 1, 2, 1, 37),
    "side by side": lambda k: (f"x = ('{k[:9]}'\n     '{k[9:]}')", 1, 7, 2, 27),
    "notebook": lambda k: (
        json.dumps(
            {"cells": [{"source": ["t = (\\\n", f"  '{k[:9]}' +\n", f"  '{k[9:]}')\n"]}], "nbformat": 4},
            indent=1,
        ),
        6,
        9,
        7,
        29,
    ),
    "gzip in base64": lambda k: (
        "data: " + base64.b64encode(gzip.compress(f"{PROSE} {k} ".encode(), mtime=0)).decode(),
        1,
        7,
        None,
        None,
    ),
    "gzip in base64 in base64": lambda k: (
        "data: " + b64(base64.b64encode(gzip.compress(f"{PROSE} {k} ".encode(), mtime=0)).decode()),
        1,
        7,
        None,
        None,
    ),
    "base64 in base64": lambda k: (f"x: {b64('a: ' + b64(k))}", 1, 8, None, None),
    "percent in percent": lambda k: (f"u=%2526{k}%2526", 1, 8, 1, 37),
    "base64 in an escape": lambda k: (f'"a\\n{b64(k)}\\n"', 1, 5, 1, 44),
}


@pytest.mark.parametrize("name", CASES)
def test_a_key_is_found_where_it_stands_encoded(name, scan, key, engine) -> None:
    text, *place = CASES[name](key)
    [(member, *found)] = scan(text.encode(), engine=engine).places[key]
    assert member == ""
    assert found == [have if want is None else want for want, have in zip(place, found, strict=True)]


@pytest.mark.parametrize("name", CASES)
def test_a_text_of_another_shape_is_not(name, scan, key, engine) -> None:
    text, *_ = CASES[name](key.replace("acme_", "acma_"))
    outcome = scan(text.encode(), engine=engine)
    assert (outcome.places, outcome.skipped) == ({}, [])


@pytest.mark.parametrize("text", [
    "'acme_0123456' if x else 'y'\n'789012345678901234'",
    '["acme_0123456",\n "789012345678901234"]',
    "'acme_0123456'.format('789012345678901234')",
    "acme_0123456\\\n    789012345678901234",
    "acme_0123456\n789012345678901234",
])  # fmt: skip
def test_what_no_language_joins_is_not_joined(text, scan, engine) -> None:
    assert scan(text.encode(), engine=engine).places == {}


def test_a_name_before_an_encoded_value_binds_it(scan, engine) -> None:
    value = "0123456789abcdef0123456789abcdef"
    rule = {"pattern": r"acme_key: ([0-9a-f]{32})", "keywords": ("acme_key",)}
    assert scan(f"acme_key: {b64(value)}".encode(), engine=engine, **rule).places == {
        value: [("", 1, 11, 1, 54)]
    }
    assert scan(f"other_key: {b64(value)}".encode(), engine=engine, **rule).places == {}


def test_found_plainly_and_decoded_is_one_place(scan, key, engine) -> None:
    text = f'"a\\n {key} \\n"\n"{key}" + "x"\n{b64(key)}'
    places = scan(text.encode(), engine=engine).places[key]
    assert [(line, column) for _, line, column, _, _ in places] == [(1, 6), (2, 2), (3, 1)]


def test_low_confidence_is_left_out_of_decoded_text(scan, key) -> None:
    low = {"confidence": Confidence.LOW}
    assert scan(b64(key).encode(), **low).places == {}
    assert list(scan(key.encode(), **low).places) == [key]


def test_a_marker_on_the_line_of_the_encoded_text_counts(scan, key) -> None:
    assert scan(f"token: {b64(key)} # unleak:allow".encode()).exit == 0
    assert scan(f"# unleak:allow\ntoken: {b64(key)}".encode()).exit == 1


def test_what_is_cut_off_at_the_context_is_no_key(scan, key) -> None:
    """The context ends within a longer word, of which a part has the shape of a key."""
    text = "%41" + "-" * (256 - len(key)) + key + "Z" * 50
    assert scan(text.encode()).places == {}


def test_binary_data_in_base64_is_not_searched(scan, key) -> None:
    data = bytes(range(256)) + key.encode() + bytes(range(256))
    assert scan(base64.b64encode(data)).places in ({}, {key: [("", 1, 342, 1, 382)]})
    assert scan(base64.b64encode(bytes(range(128, 256)) * 9)).places == {}


@pytest.mark.parametrize("width", [64, 76, 100])
@pytest.mark.parametrize("offset", [0, 1, 2, 17, 40])
def test_a_block_across_segments_is_reported_once(scan, key, width, offset) -> None:
    class Content:
        def __init__(self, data: bytes) -> None:
            self.data = data

        def read(self, size: int) -> bytes:
            data, self.data = self.data[:size], self.data[size:]
            return data

    text = "data:\n" + wrapped(
        b64("Some words and others.\n" * 90 + "x" * offset + f" {key} " + "end of it " * 300), width
    )
    blobs = list(cut(File(".", b"f"), Content(text.encode()), size=1200, margin=250))
    assert len(blobs) > 4
    whole = scan(text.encode()).places
    assert scan(*blobs).places == whole
    assert len(whole[key]) == 1


def test_depth_is_limited(scan, key) -> None:
    text = key
    for _ in range(4):
        text = b64("Secret: " + text)
    assert list(scan(text.encode()).places) == [key]
    assert scan(b64("Secret: " + text).encode()).places == {}


def test_growth_is_limited(monkeypatch, scan, key) -> None:
    monkeypatch.setattr("unleak.scan.decoding.GROWTH", 1000)
    packed = base64.b64encode(gzip.compress(b"many words\n" * 100_000 + key.encode())).decode()
    scanned = scan(packed.encode())
    assert scanned.places == {}
    assert ["more encoded text" in reason and failed for _, reason, failed in scanned.skipped] == [True]


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(before=TEXT, after=TEXT, width=st.integers(40, 80))
def test_round_trip(before: str, after: str, width: int) -> None:
    inner = f"{before} acme_0123456789 {after}"
    for encoded in (b64(inner), inner.encode().hex(), "\n".join(textwrap.wrap(b64(inner * 3), width))):
        texts = b"\n".join(Decoding().texts(f"key = '{encoded}'".encode()))
        assert b" acme_0123456789 " in texts


def test_positions_of_later_segments_count_from_the_beginning(scan, key) -> None:
    blob = Blob(File(".", b"f"), f"\n{b64(key)}".encode(), start=Position(100, 7, 3))
    assert scan(blob).places == {key: [("", 8, 1, 8, 40)]}
