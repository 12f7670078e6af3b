"""Halves of pairs, and what looking for them costs."""

import pytest

from unleak.core.model import Companion
from unleak.scan import pairing, patterns
from unleak.scan.patterns import Span, spans

COMPANION = Companion("secret", r"\b(s\d{4})\b", within=20)


def pairs(data: bytes) -> dict[bytes, bytes]:
    halves = list(spans(r"\b(p\d{4})\b", data, 0, len(data)))
    found = pairing.pair(COMPANION, data, halves)
    return {data[p.value_start : p.value_end]: data[s.value_start : s.value_end] for p, s in found.items()}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"p1111 s2222", {b"p1111": b"s2222"}),
        (b"s2222 p1111", {b"p1111": b"s2222"}),
        (b"p1111 s1111 p2222 s2222", {b"p1111": b"s1111", b"p2222": b"s2222"}),
        (b"p1111 p2222 s1111", {b"p2222": b"s1111"}),
        (b"p1111" + b" " * 15 + b"s1111", {b"p1111": b"s1111"}),
        (b"p1111" + b" " * 16 + b"s1111", {}),
        (b"s1111" + b" " * 16 + b"p1111", {}),
    ],
)
def test_the_nearest_secret_within_reach_belongs_to_a_half(data: bytes, expected: dict[bytes, bytes]) -> None:
    assert pairs(data) == expected


def test_what_lies_in_reach_of_many_halves_is_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    searched = []

    def search(pattern: str, data: bytes, start: int, end: int) -> list[Span]:
        searched.append(end - start)
        return list(patterns.spans(pattern, data, start, end))

    monkeypatch.setattr(pairing, "spans", search)
    data = b"".join(b"p%04d s%04d " % (number, number) for number in range(1000))
    assert pairs(data) == {b"p%04d" % number: b"s%04d" % number for number in range(1000)}
    assert sum(searched) <= len(data)
