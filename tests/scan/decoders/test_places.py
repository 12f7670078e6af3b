"""A place in an archive or in encoded text is shown, recorded and read again, wherever the file comes from."""

import base64
import io
import json
import zipfile

import pytest

from unleak.core.model import Commit, File, GitObject, Staged, Stdin
from unleak.scan import sources
from unleak.scan.decoding import Decoding
from unleak.scan.display import name
from unleak.scan.matchers.keywords import KeywordMatcher
from unleak.scan.pipeline import Scan
from unleak.scan.ports import ReportOptions, Summary
from unleak.scan.record import location_record, origin_of, origin_record
from unleak.scan.reports import REPORTS
from unleak.scan.ruleset import RuleSet
from unleak.scan.sources.reread import read_again

MEMBER = "dir/caf\xe9.txt"


def packed(text: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("other", "nothing")
        archive.writestr(MEMBER, text)
    return file.getvalue()


@pytest.fixture
def findings(make_rule):
    def run(source):
        rules = (make_rule(pattern=r"\b(acme_[0-9A-Za-z]{24})\b"),)
        return Scan(source, RuleSet(rules, "0" * 64), KeywordMatcher(rules), Summary()).run()

    return run


@pytest.fixture
def opened(repo, key):
    """A repository with the key, in base64, in an archive; by the name of a mode its source and the origin."""
    repo.write("old.zip", packed(f"one\n{base64.b64encode(key.encode()).decode()}\n"))
    repo.commit("old")
    repo.git("mv", "old.zip", "new.zip")
    root = str(repo.path)
    return {
        "worktree": lambda: (sources.worktree([root]), File),
        "history": lambda: (sources.history(root), Commit),
        "objects": lambda: (_without_commits(repo), GitObject),
        "staged": lambda: (_changed(repo, key), Staged),
        "stdin": lambda: (sources.stdin(io.BytesIO((repo.path / "new.zip").read_bytes())), Stdin),
    }


def _without_commits(repo):
    repo.git("update-ref", "-d", "HEAD")
    repo.git("rm", "-q", "--cached", "-r", ".")
    return sources.history(str(repo.path), all_objects=True)


def _changed(repo, key):
    repo.write("new.zip", packed(f"one\n{base64.b64encode(key.encode()).decode()}\nthree\n"))
    repo.commit("remove what HEAD knows")
    repo.git("update-ref", "-d", "HEAD")
    return sources.staged(str(repo.path))


@pytest.mark.parametrize("mode", ["worktree", "history", "objects", "staged", "stdin"])
def test_it_is_the_same_from_every_source(mode, opened, findings, key) -> None:
    source, kind = opened[mode]()
    [found] = findings(source)
    [place] = found.locations
    assert found.secret.reveal() == key
    assert isinstance(place.origin, kind)
    assert (place.origin.member.decode(), place.start.line, place.start.column) == (MEMBER, 2, 1)
    assert name(place.origin, "/").endswith(f"!/{MEMBER}")
    record = json.loads(json.dumps(location_record(place)))
    assert record["member"] == MEMBER
    assert origin_record(origin_of(record)) == origin_record(place.origin)
    if kind is not Stdin:
        texts = [text for blob in read_again(origin_of(record)) for text in Decoding().texts(blob.data)]
        assert any(key.encode() in text for text in texts)


def test_only_the_member_is_read_again(tmp_path) -> None:
    (tmp_path / "a.zip").write_bytes(packed("text"))
    [blob] = read_again(File(str(tmp_path), b"a.zip", b"other"))
    assert blob.data == b"nothing"
    assert list(read_again(File(str(tmp_path), b"a.zip", b"missing"))) == []


def test_a_member_with_a_hostile_name(findings, make_source, key) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a\n\x1b[31m\u202e", key)
    [found] = findings(make_source(file.getvalue()))
    assert name(found.locations[0].origin, "/x").endswith("!/a\\n\\x1b[31m\\u202e")


def test_sarif_names_the_member_apart(findings, make_source, key) -> None:
    found = findings(make_source(packed(f"\n {key}")))
    out = io.StringIO()
    REPORTS["sarif"](found, Summary(), ReportOptions(), out)
    [place] = json.loads(out.getvalue())["runs"][0]["results"][0]["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "file0"
    assert place["physicalLocation"]["region"] == {"startLine": 1}
    assert place["logicalLocations"][0]["fullyQualifiedName"] == f"{MEMBER}:2:2"
