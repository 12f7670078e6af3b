"""Findings of every kind of place, and a way to write them as a report."""

import io
from datetime import UTC, datetime

import pytest

from unleak.core.model import (
    Commit,
    Confidence,
    File,
    Finding,
    GitObject,
    Location,
    Origin,
    Part,
    Position,
    Replacement,
    Severity,
    Skipped,
    Staged,
    Stdin,
)
from unleak.core.secret import Secret
from unleak.scan.ports import ReportOptions, Summary
from unleak.scan.reports import REPORTS

OID = "0123456789abcdef" * 2 + "01234567"
DATE = datetime(2026, 1, 31, 12, 0, 5, tzinfo=UTC)
HOSTILE = b"a b\n\x1b[31m\xff\xe2\x80\xae@\xe2\x80\x8b.py"


@pytest.fixture
def secret() -> str:
    return "acme_" + "k3y5" * 6


@pytest.fixture
def at():
    def make(origin: Origin, suppression: str = "", line: int = 3) -> Location:
        return Location(origin, Position(10, line, 5), Position(40, line, 34), suppression)

    return make


@pytest.fixture
def places(at) -> list[Location]:
    """One location of each kind; paths, author and message are hostile."""
    author = "\x1b[2J\u202eAda\udcff <ada@example.org>"
    return [
        at(Commit("repo@x", HOSTILE, OID, OID, author, DATE)),
        at(Commit("repo@x", b"", OID, OID, author, DATE)),
        at(GitObject("repo@x", OID, "blob")),
        at(Staged("repo@x", HOSTILE, OID)),
        at(File(".", HOSTILE)),
        at(Stdin()),
    ]


@pytest.fixture
def make_finding(make_rule, at, secret: str):
    def make(*locations: Location, **fields: object) -> Finding:
        rule = make_rule(replacement=fields.pop("replacement", Replacement()))
        settings: dict[str, object] = {
            "rule": rule,
            "secret": Secret(secret),
            "parts": (Part("client_id", "public-1", at(File(".", b"conf.py"))),),
            "confidence": Confidence.HIGH,
            "severity": Severity.HIGH,
            "fingerprint": "ab" * 16,
            "locations": locations or (at(File(".", b"app.py")),),
        }
        return Finding(**(settings | fields))  # type: ignore[arg-type]

    return make


@pytest.fixture
def skipped() -> list[Skipped]:
    links = [
        Skipped(File(".", f"link{n}".encode()), "a symbolic link to outside", False) for n in range(1200)
    ]
    return [
        *links,
        Skipped(File(".", HOSTILE), "permission denied", True),
        Skipped(GitObject("repo@x", "", "commit"), "git cannot read it: \x1b[1m", True),
    ]


@pytest.fixture
def written():
    def write(name: str, findings: list[Finding], summary: Summary | None = None, **options: object) -> str:
        out = io.StringIO()
        REPORTS[name](findings, summary or Summary(blobs=2, bytes=1500), ReportOptions(**options), out)
        return out.getvalue()

    return write
