"""What is found depends on the content alone: not on where it is cut, what it is read with, nor which matcher."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unleak.core.model import Blob, File
from unleak.scan import ruleset as rulesets
from unleak.scan.examples import expand
from unleak.scan.matchers import hyperscan_matcher
from unleak.scan.matchers.keywords import KeywordMatcher
from unleak.scan.pipeline import Scan
from unleak.scan.ports import MAX_WIDTH, Summary
from unleak.scan.rulefile import read_all
from unleak.scan.sources.segments import MARGIN, cut

SIZE = 6 * MAX_WIDTH
"""Bytes of a segment, here."""
BORDER = SIZE - MARGIN
"""Where the first segment's own matches end."""
EXAMPLES = [
    expand(template, seed=3).encode()
    for definition in read_all(rulesets.files())
    for template in definition.matches
]
LINE = b"a line of text that holds nothing = 12\n"
SEPARATORS = [
    b"\n",
    b" ",
    b"\r\n",
    b"\t",
    "é".encode(),
    b"\xff",
    b'"',
    b"'",
    b"=",
    b"/",
    b"token = ",
    b'key: "',
    b"\0",
]
settled = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


class Given:
    """A source of what it is given."""

    def __init__(self, blobs) -> None:
        self.given = blobs

    def blobs(self):
        return iter(self.given)

    def resolve(self, hits):
        return hits


@pytest.fixture(scope="module")
def rules():
    """unleak's own rules."""
    return rulesets.load()


@pytest.fixture(scope="module")
def matchers(rules):
    """Both matchers, made once."""
    return {
        "keywords": KeywordMatcher(rules.rules),
        "hyperscan": hyperscan_matcher.compile(rules.rules, rules.digest),
    }


@pytest.fixture(scope="module")
def found(rules, matchers):
    """All findings in some blobs, in a form that can be compared."""

    def run(blobs, matcher: str = "hyperscan") -> set[tuple]:
        findings = Scan(Given(blobs), rules, matchers[matcher], Summary()).run()
        return {
            (each.rule.id, each.secret.reveal(), each.confidence, each.severity,
             tuple(part.value for part in each.parts),
             frozenset((place.origin.path, place.start, place.end, place.suppression) for place in each.locations))
            for each in findings
        }  # fmt: skip

    return run


def whole(data: bytes, name: bytes = b"a") -> list[Blob]:
    return [Blob(File(".", name), data)]


pieces = st.lists(st.one_of(st.sampled_from(EXAMPLES), st.sampled_from(SEPARATORS)), min_size=1, max_size=8)


@settled
@given(pieces, st.integers(-300, 300))
def test_segments_give_what_the_whole_gives(found, parts: list[bytes], shift: int) -> None:
    middle = b"".join(parts)
    before = LINE * (BORDER // len(LINE) + 1)
    data = before[: BORDER - len(middle) // 2 + shift] + b"\n" + middle + b"\n" + LINE * (SIZE // len(LINE))
    segments = list(cut(File(".", b"a"), io.BytesIO(data), size=SIZE))
    assert len(segments) > 1
    assert found(segments) == found(whole(data))


@settled
@given(pieces)
def test_both_matchers_find_the_same(found, parts: list[bytes]) -> None:
    data = b"".join(parts)
    assert found(whole(data), "hyperscan") == found(whole(data), "keywords")


@settled
@given(st.lists(pieces, min_size=1, max_size=6), st.integers(1, 5000))
def test_blobs_that_are_read_together_do_not_touch(found, contents: list[list[bytes]], size: int) -> None:
    blobs = [Blob(File(".", b"%d" % number), b"".join(parts)) for number, parts in enumerate(contents)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("unleak.scan.pipeline.BATCH", size)
        together = found(blobs)
    alone = [found([blob]) for blob in blobs]
    places = {(secret, where) for one in alone for _, secret, *_, all_of_them in one for where in all_of_them}
    assert {(secret, where) for _, secret, *_, all_of_them in together for where in all_of_them} == places


def across(text: bytes):
    """Contents in which the border stands before, within and after `text`, wherever it can."""
    for shift in range(-1, len(text) + 2):
        yield b"\n" * (BORDER - shift) + text + b"\n" * SIZE


TEXTS = {
    "a value within a longer value": 'token = "x-ghp_${github_checksummed}-y"',
    "two names": "password: secret = '${alnum:20}'",
    "a pair": "aws_access_key_id = ${aws_key_id}\naws_secret_access_key = ${base64:40}",
    "two pairs": "${aws_key_id} ${base64:40}\n${aws_key_id} ${base64:40}",
    "a pair, the secret first": '"${base64:40}", "${aws_key_id}"',
    "an address": "postgres://app:ghp_${github_checksummed}@db.example.org/x # unleak:allow",
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_border_anywhere_within_changes_nothing(name: str, found) -> None:
    text = expand(TEXTS[name], seed=4).encode()
    assert found(whole(text))
    for data in across(text):
        assert found(list(cut(File(".", b"a"), io.BytesIO(data), size=SIZE))) == found(whole(data))
