"""What `unleak rotate` accepts, before any provider is asked."""

import base64
import io
import json
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from unleak.cli import leaked_key
from unleak.cli.program import run
from unleak.cli.rotation_text import Console
from unleak.core.errors import UsageError
from unleak.core.fingerprint import fingerprint

KEY, SECRET = "AKIA" + "QYLPMN5HFIQR7XYA", "aB3/" * 9 + "xyz+"
JSON_OF_AWS = {
    "AccessKey": {"UserName": "u", "AccessKeyId": KEY, "Status": "Active", "SecretAccessKey": SECRET}
}
PROFILE = f"[default]\naws_access_key_id = {KEY}\naws_secret_access_key={SECRET}\nregion=x\n"


@pytest.mark.parametrize(
    "text",
    [
        f"{KEY} {SECRET}\n",
        f"{KEY}:{SECRET}",
        f"{KEY}\n{SECRET}\n",
        f"{KEY},{SECRET}",
        json.dumps(JSON_OF_AWS),
        json.dumps({"AccessKeyId": KEY, "SecretAccessKey": SECRET}),
        PROFILE,
        f'export AWS_ACCESS_KEY_ID="{KEY}"\nexport AWS_SECRET_ACCESS_KEY="{SECRET}"\n',
    ],
)
def test_forms_of_a_pair(text):
    credential = leaked_key.parse(text).credential
    assert (credential.id, credential.secret.reveal()) == (KEY, SECRET)


@pytest.mark.parametrize(
    "text",
    ["", KEY, SECRET, f"{KEY} short", f"x {SECRET}", "[]", "{}", f"{KEY} {SECRET} more", "[" * 60_000],
)
def test_what_is_no_pair(text):
    with pytest.raises(UsageError) as refused:
        leaked_key.parse(text)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--finding", "12345678"], "go together"),
        (["--stdin", "--format", "json"], "goes with --plan"),
        (["--stdin", "--consumer", "ftp://x", "--yes"], "--consumer takes"),
        (["--stdin", "--consumer", "http://me:word@host/", "--yes"], "without credentials"),
        (["--stdin", "--yes", "--quiet", "-1"], "quiet"),
    ],
)
def test_usage(arguments, says, capfd):
    assert run(["rotate", *arguments]) == 2
    assert says in capfd.readouterr().err


def test_without_a_terminal_nothing_is_approved():
    ran = subprocess.run(
        [sys.executable, "-m", "unleak", "rotate", "--stdin"],
        input=f"{KEY} {SECRET}",
        text=True,
        capture_output=True,
        start_new_session=True,
        check=False,
    )
    assert ran.returncode == 2
    assert "--plan to see it, --yes to approve it" in ran.stderr


def test_a_missing_extra_names_the_install_line(monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert run(["rotate", "--stdin", "--plan"]) == 2
    assert "pip install 'unleak[rotate]" in capfd.readouterr().err


def test_a_plan_imports_no_database_and_dumps_no_core():
    """Half a second of a person's time."""
    program = (
        "import sys; from unleak.core.errors import UnleakError; from unleak.rotate.rotation import Options\n"
        "from unleak.cli.rotation_wiring import adapters; adapters(Options())\n"
        "import resource; print(resource.getrlimit(resource.RLIMIT_CORE)[0])\n"
        "sys.exit(str(sorted({'dbos', 'sqlalchemy', 'httpx', 'asyncio'} & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2
        ),
    )
    assert done.stderr.strip() == "[]"
    assert done.stdout.strip() == "0"  # keys in memory end in no core file


def test_a_reader_that_went_away_stops_no_rotation(monkeypatch):
    class Gone(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Gone())
    console = Console()
    console.began("Issuing")
    console.note("a key")
    console.ended("Issuing")


# --- from a finding --------------------------------------------------------------------------------


def finding(place, **more):
    empty = {"path_bytes": None, "blob": None, "commit": None, "author": None, "date": None}
    location = empty | {"line": 2, "column": 5, "end_line": 2, "end_column": 45} | place
    part = {"name": "access_key_id", "value": KEY, "last4": KEY[-4:], "path": "leak.env", "line": 1}
    return {
        "rule_id": "aws.access-key", "service": "aws", "title": "t", "severity": "high", "confidence": "high",
        "fingerprint": fingerprint(SECRET), "secret": {"last4": SECRET[-4:], "length": 40}, "parts": [part],
        "liveness": "not-asked", "locations": [location], "suppression": None,
    } | more  # fmt: skip


@pytest.fixture
def report(tmp_path):
    def write(*findings):
        path = tmp_path / "report.json"
        path.write_text(json.dumps({"findings": findings}))
        return path

    return write


def test_a_finding_in_a_file_is_read_again(tmp_path, report):
    (tmp_path / "leak.env").write_text(f"ID={KEY}\nKEY={SECRET}\n")
    path = report(finding({"origin": "file", "root": str(tmp_path), "path": "leak.env"}))
    leak, _ = leaked_key.from_finding(path, fingerprint(SECRET)[:8], {})
    assert (leak.credential.id, leak.credential.secret.reveal()) == (KEY, SECRET)
    assert leak.place == "leak.env:2"


def test_a_finding_in_encoded_text_of_an_archive_is_read_again(tmp_path, report):
    with zipfile.ZipFile(tmp_path / "leak.zip", "w") as archive:
        archive.writestr("conf/leak.env", base64.b64encode(f"ID={KEY}\nKEY={SECRET}\n".encode()))
    place = {"origin": "file", "root": str(tmp_path), "path": "leak.zip", "member": "conf/leak.env"}
    leak, _ = leaked_key.from_finding(report(finding(place)), fingerprint(SECRET), {})
    assert leak.credential.secret.reveal() == SECRET
    assert leak.place == "leak.zip!/conf/leak.env:2"


def test_a_finding_in_a_deleted_file_of_the_history_is_read_again(repo, report):
    repo.write("leak.env", f"ID={KEY}\nKEY={SECRET}\n")
    commit = repo.commit("oops")
    blob = repo.git("rev-parse", "HEAD:leak.env")
    repo.git("rm", "-q", "leak.env")
    repo.commit("remove")
    place = {"origin": "commit", "root": str(repo.path), "path": "leak.env", "blob": blob, "commit": commit}
    date = {"author": "Ada <ada@example.org>", "date": "2026-01-01T00:01:00Z"}
    leak, _ = leaked_key.from_finding(report(finding(place | date)), fingerprint(SECRET), {})
    assert leak.credential.secret.reveal() == SECRET
    assert leak.exposed.isoformat() == "2026-01-01T00:01:00+00:00"


def test_a_finding_that_is_gone_cannot_be_read_again(tmp_path, report):
    path = report(finding({"origin": "file", "root": str(tmp_path), "path": "leak.env"}))
    with pytest.raises(UsageError, match="cannot be read again"):
        leaked_key.from_finding(path, fingerprint(SECRET), {})


def test_a_finding_that_cannot_be_rotated(tmp_path, report):
    place = {"origin": "file", "root": str(tmp_path), "path": "leak.env"}
    with pytest.raises(UsageError, match="no key that can be rotated"):
        leaked_key.from_finding(report(finding(place, parts=[])), fingerprint(SECRET), {})


def test_the_key_is_never_an_argument():
    text = Path(leaked_key.__file__).with_name("rotate.py").read_text()
    assert "click.argument" not in text
