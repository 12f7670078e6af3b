"""One record a line and nothing else, for programs that read as they go."""

import json
from collections.abc import Sequence
from typing import IO

from unleak.core.model import Finding
from unleak.scan.ports import ReportOptions, Summary
from unleak.scan.record import record


def write(findings: Sequence[Finding], summary: Summary, options: ReportOptions, out: IO[str]) -> None:
    """Write the record of each finding on a line of its own, in ASCII."""
    for finding in findings:
        out.write(json.dumps(record(finding, reveal=options.reveal)) + "\n")
