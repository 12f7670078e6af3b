"""Writes values as TOML."""

import json
from collections.abc import Sequence


def text(value: str) -> str:
    """A basic string; what is not printable is escaped."""
    quoted = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return "".join(_shown(character) for character in quoted)


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def pattern(value: str) -> str:
    """A literal string, in which a backslash is one, if it can be one."""
    if "''" in value or value.endswith("'") or not value.isprintable():
        return text(value)
    return f"'''{value}'''"


def texts(values: Sequence[str]) -> str:
    """A list of texts."""
    return f"[{', '.join(map(text, values))}]"
