"""The record of a finding, and the way back to the place it names."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from unleak.core.errors import UsageError
from unleak.core.model import (
    Commit,
    Confidence,
    File,
    Finding,
    GitObject,
    Liveness,
    Location,
    Origin,
    Part,
    Position,
    Rule,
    Severity,
    Staged,
    Stdin,
)
from unleak.core.secret import Secret
from unleak.scan.record import find, load, location_record, origin_of, plain, record

OID = "0123456789abcdef" * 2 + "01234567"
DATE = datetime(2026, 1, 31, 12, 0, 5, tzinfo=UTC)
SECRET = "not-a-key-but-long-enough"
RULE = Rule(
    "aws.key",
    "aws",
    "AWS",
    "AWS key",
    "Acts.",
    "https://example.org",
    Severity.HIGH,
    Confidence.MEDIUM,
    "(a)",
    ("a",),
    (),
    40,
)


def at(origin: Origin, suppression: str = "") -> Location:
    return Location(origin, Position(10, 3, 5), Position(20, 3, 15), suppression)


def found(*locations: Location, fingerprint: str = "ab" * 16) -> Finding:
    part = Part("access_key_id", "AKIAPUBLIC", at(File(".", b"conf/\xff")))
    return Finding(RULE, Secret(SECRET), (part,), Confidence.HIGH, Severity.CRITICAL, fingerprint, locations)


def test_record_has_the_fields_of_the_report() -> None:
    assert record(found(at(Commit("r", b"a b\nc", OID, OID, "Ada <ada@example.org>", DATE)))) == {
        "rule_id": "aws.key",
        "service": "aws",
        "title": "AWS key",
        "severity": "critical",
        "confidence": "high",
        "fingerprint": "ab" * 16,
        "secret": {"last4": "ough", "length": 25},
        "parts": [
            {
                "name": "access_key_id",
                "value": "AKIAPUBLIC",
                "last4": "IC",
                "path": "conf/\\xff",
                "line": 3,
            }
        ],
        "liveness": str(Liveness.NOT_ASKED),
        "liveness_reason": None,
        "identity": None,
        "suppression": None,
        "locations": [
            {
                "root": "r",
                "path": "a b\nc",
                "path_bytes": None,
                "member": None,
                "blob": OID,
                "commit": OID,
                "author": "Ada <ada@example.org>",
                "date": "2026-01-31T12:00:05Z",
                "origin": "commit",
                "line": 3,
                "column": 5,
                "end_line": 3,
                "end_column": 15,
            }
        ],
    }


def test_value_is_there_only_when_asked_for() -> None:
    finding = found(at(Stdin()))
    assert SECRET not in json.dumps(record(finding))
    assert record(finding, reveal=True)["secret"]["value"] == SECRET


def test_a_half_that_may_be_a_secret_is_masked() -> None:
    half = Part("client_secret", "another-half-of-some-length", at(Stdin()))
    finding = replace(found(at(Stdin())), parts=(half,))
    [shown] = record(finding)["parts"]
    assert (shown["value"], shown["last4"]) == (None, "ngth")
    assert record(finding, reveal=True)["parts"][0]["value"] == half.value


def test_suppression_only_when_every_location_is_marked() -> None:
    marked, other = at(Stdin(), "unleak:allow"), at(File(".", b"a"))
    assert record(found(marked))["suppression"] == "unleak:allow"
    assert record(found(marked, other))["suppression"] is None


def test_invalid_bytes_are_readable_and_exact() -> None:
    place = location_record(at(File(".", b"caf\xc3\xa9/\xff\xfe")))
    assert place["path"] == "café/\\xff\\xfe"
    assert base64.b64decode(place["path_bytes"] or "") == b"caf\xc3\xa9/\xff\xfe"
    assert plain("Ad\udcff") == "Ad\\xff"


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        (File("/srv/x", b"a/b.py"), "file"),
        (File(".", "é".encode()), "file"),
        (File(".", b"bad\xff\nname"), "file"),
        (File(".", b"looks-like-\\xff"), "file"),
        (Staged(".", b"a", OID), "staged"),
        (Stdin(), "stdin"),
        (GitObject(".", OID, "blob"), "object"),
        (GitObject(".", OID, "commit"), "commit-object"),
        (GitObject(".", OID, "tag"), "tag-object"),
        (Commit(".", b"p\xff", OID, OID, "Ada <ada@example.org>", DATE), "commit"),
        (Commit(".", b"", OID, OID, "Ada <ada@example.org>", DATE), "message"),
        (File(".", b"a.zip", "é!/b".encode()), "file"),
        (Commit(".", b"a.zip", OID, OID, "Ada <ada@example.org>", DATE, b"b"), "commit"),
        (Stdin(b"member"), "stdin"),
    ],
)
def test_origin_survives_the_way_through_json(origin: Origin, name: str) -> None:
    place = json.loads(json.dumps(location_record(at(origin))))
    assert place["origin"] == name
    assert origin_of(place) == origin


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "moon"},
        {"blob": "--upload-pack=x"},
        {"date": None},
        {"root": None},
        {"path_bytes": "?"},
    ],
)
def test_location_of_another_hand_is_refused(change: dict[str, object]) -> None:
    place = location_record(at(Commit(".", b"p", OID, OID, "Ada", DATE)))
    with pytest.raises(UsageError, match="did not write"):
        origin_of({**place, **change})  # type: ignore[typeddict-item]


def test_load_reads_json_and_jsonl_alike(tmp_path: Path) -> None:
    records = [record(found(at(Stdin()))), record(found(at(File(".", b"a")), fingerprint="cd" * 16))]
    (tmp_path / "j").write_text(json.dumps({"version": 1, "findings": records}, indent=2))
    (tmp_path / "l").write_text("".join(json.dumps(item) + "\n" for item in records))
    (tmp_path / "one").write_text(json.dumps(records[0]) + "\n")
    (tmp_path / "none").write_text("")
    assert load(tmp_path / "j") == load(tmp_path / "l") == records
    assert load(tmp_path / "one") == records[:1]
    assert load(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"unleak: 2 secrets", "neither json nor jsonl .line 1"),
        (b'{"fingerprint": "a", "rule_id": "b", "service": "c", "locations": []}\nx', "line 2"),
        (b'{"runs": []}', "is SARIF"),
        (b"[1]", "finding 1 is not a record"),
        (b'{"findings": [{"fingerprint": 5}]}', "finding 1 is not a record"),
        (b"\xff", "not UTF-8"),
        (b"[" * 100_000, "neither json nor jsonl"),
    ],
)
def test_load_says_what_is_wrong_with_a_file(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "report").write_bytes(content)
    with pytest.raises(UsageError, match=message) as caught:
        load(tmp_path / "report")
    assert "--format json" in caught.value.hint


def test_load_names_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere.*No such file"):
        load(tmp_path / "nowhere")


def test_find_takes_the_beginning_of_a_fingerprint() -> None:
    records = [record(found(at(Stdin()), fingerprint=name)) for name in ("ab" * 16, "ab" * 15 + "cd")]
    assert find(records, "ab" * 15 + "CD")["fingerprint"].endswith("cd")
    with pytest.raises(UsageError, match="more than one"):
        find(records, "abababab")
    with pytest.raises(UsageError, match="no finding"):
        find(records, "00000000")
    with pytest.raises(UsageError, match="digits"):
        find(records, "ab")
