"""One JSON object with the findings and what was read."""

import json
from collections.abc import Sequence
from importlib.metadata import version
from typing import IO, Any

from unleak.core.model import Finding
from unleak.scan.ports import ReportOptions, Summary
from unleak.scan.record import origin_record, plain, record

VERSION = 1
"""Of the format; a field that is added does not change it."""


def write(findings: Sequence[Finding], summary: Summary, options: ReportOptions, out: IO[str]) -> None:
    """Write the object, in ASCII."""
    report = {
        "version": VERSION,
        "tool": {"name": "unleak", "version": version("unleak")},
        "summary": counts(summary),
        "findings": [record(finding, reveal=options.reveal) for finding in findings],
        "skipped": [
            {**origin_record(skip.origin), "reason": plain(skip.reason), "failed": skip.failed}
            for skip in summary.skipped
        ],
    }
    json.dump(report, out, indent=2)
    out.write("\n")


def counts(summary: Summary) -> dict[str, Any]:
    """What was read and what came of it."""
    return {
        "threshold": str(summary.threshold),
        "blobs": summary.blobs,
        "bytes": summary.bytes,
        "findings": summary.findings,
        "below_threshold": summary.below,
        "suppressed": summary.suppressed,
        "dead_not_counted": summary.dead,
        "skipped": len(summary.skipped) - summary.failed,
        "failed": summary.failed,
        "interrupted": summary.interrupted,
        "exit_code": int(summary.exit),
    }
