"""Reports: findings written for a person, a program or a code host."""

from unleak.core.registry import Registry
from unleak.scan.ports import Report

REPORTS: Registry[Report] = Registry(
    __name__,
    {
        "text": "text_report:write",
        "json": "json_report:write",
        "jsonl": "jsonl_report:write",
        "sarif": "sarif_report:write",
    },
)
