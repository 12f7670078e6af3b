"""Checks that look at the text of one match: checksums, structure, placeholders."""

from unleak.core.registry import Registry
from unleak.scan.ports import Check

CHECKS: Registry[Check] = Registry(__name__, {})
