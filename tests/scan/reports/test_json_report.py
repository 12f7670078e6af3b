"""json and jsonl carry the same records; programs read them, and no terminal is at risk."""

import json

import pytest

from unleak.core.model import Confidence
from unleak.scan.ports import Summary
from unleak.scan.record import record


def test_both_carry_the_same_records_of_all_confidences(written, make_finding, places) -> None:
    findings = [make_finding(*places), make_finding(confidence=Confidence.LOW, fingerprint="cd" * 16)]
    expected = [record(finding) for finding in findings]
    assert json.loads(written("json", findings))["findings"] == expected
    assert [json.loads(line) for line in written("jsonl", findings).splitlines()] == expected


@pytest.mark.parametrize("name", ["json", "jsonl"])
def test_the_value_is_there_only_when_asked_for(written, make_finding, secret: str, name: str) -> None:
    assert secret not in written(name, [make_finding()])
    assert f'"value": "{secret}"' in written(name, [make_finding()], reveal=True)


@pytest.mark.parametrize("name", ["json", "jsonl"])
def test_hostile_text_is_plain_ascii(written, make_finding, places, skipped, name: str) -> None:
    text = written(name, [make_finding(*places)], Summary(skipped=skipped))
    assert all(character == "\n" or " " <= character <= "~" for character in text)


def test_a_record_is_one_line(written, make_finding, places) -> None:
    assert written("jsonl", [make_finding(*places)] * 3).count("\n") == 3


def test_nothing_found_is_an_empty_jsonl_and_a_whole_json(written) -> None:
    assert written("jsonl", []) == ""
    assert json.loads(written("json", []))["findings"] == []


def test_json_tells_what_was_read_and_what_was_not(written, skipped) -> None:
    summary = Summary(blobs=7, bytes=9, below=1, suppressed=2, skipped=skipped, interrupted=True)
    report = json.loads(written("json", [], summary))
    assert report["version"] == 1
    assert report["tool"]["name"] == "unleak"
    assert report["summary"] == {
        "threshold": "medium", "blobs": 7, "bytes": 9, "findings": 0, "below_threshold": 1, "suppressed": 2,
        "dead_not_counted": 0, "skipped": 1200, "failed": 2, "interrupted": True, "exit_code": 3,
    }  # fmt: skip
    assert len(report["skipped"]) == 1202
    assert report["skipped"][0]["reason"] == "a symbolic link to outside"
    assert report["skipped"][-1]["blob"] is None
