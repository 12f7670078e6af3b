"""Puts new values in the place of old ones inside a secret's text, and proves that nothing else changed."""

import json
from collections.abc import Iterator, Mapping

from unleak.core.errors import RotationError

DEPTH = 3
"""Of JSON within strings of JSON, at most."""


def occurs(text: str, value: str) -> bool:
    """Whether `value` stands in `text`, as it is or as JSON (also inside JSON's strings) may write it."""
    if not value:
        return False
    written = value in text.replace("\\", "") or any(form in text for form in _nested(value))
    return written or any(value in leaf for leaf in leaves_of(text))


def replace(text: str, values: Mapping[str, str], name: str) -> str:
    """`text` with every key of `values` replaced; its layout and everything else stay.

    `name` is the secret's, for the error. RotationError if the result cannot be proved.
    """
    changed = _replaced(text, values)
    _prove(text, changed, values, name)
    return changed


def fields(text: str, value: str) -> list[str]:
    """The keys of a JSON object whose value holds `value`; none for other text."""
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if not isinstance(parsed, dict):
        return []
    return [key for key, inner in parsed.items() if any(value in leaf for leaf in _leaves(inner))]


def _nested(value: str) -> list[str]:
    """How `value` is written in a string of JSON within strings of JSON, the deepest first, and as it is."""
    forms = [value]
    for _ in range(DEPTH):
        forms.append(json.dumps(forms[-1])[1:-1])
    return forms[::-1]


def _forms(old: str, new: str) -> dict[str, str]:
    """How `old` may be written, and `new` in the same way, the longest first.

    JSON allows `\\/` for `/`, and `/x` stands in `\\/x`.
    """
    forms = dict(zip(_nested(old), _nested(new), strict=True))
    plain = json.dumps(old)[1:-1]
    return {plain.replace("/", "\\/"): json.dumps(new)[1:-1]} | forms


def _prove(before: str, after: str, values: Mapping[str, str], name: str) -> None:
    """Every leaf must be the old leaf with the values replaced; for text, the text itself."""
    expected = [_replaced(leaf, values) for leaf in leaves_of(before)]
    if leaves_of(after) != expected or any(occurs(after, old) for old in values):
        raise RotationError(
            f"the leaked key stands in {name} in a form that cannot be replaced without touching the rest",
            "replace it there by hand, or undo",
        )


def _replaced(leaf: str, values: Mapping[str, str]) -> str:
    for old, new in values.items():
        for before, after in _forms(old, new).items():
            leaf = leaf.replace(before, after)
    return leaf


def leaves_of(text: str) -> list[str]:
    """Keys and leaves of JSON in order; for other text, the text itself."""
    try:
        return list(_leaves(json.loads(text)))
    except (ValueError, RecursionError):  # no JSON, or nested without end
        return [text.replace("\\/", "/")]


def _leaves(value: object) -> Iterator[str]:
    """Keys and leaves in order, so that two texts with equal sequences differ in layout at most."""
    if isinstance(value, dict):
        yield "{"
        for key, inner in value.items():
            yield key
            yield from _leaves(inner)
        yield "}"
    elif isinstance(value, list):
        yield "["
        for inner in value:
            yield from _leaves(inner)
        yield "]"
    else:
        yield value if isinstance(value, str) else json.dumps(value)
