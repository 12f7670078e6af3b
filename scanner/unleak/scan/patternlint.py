"""What a pattern may hold so that both matchers read it alike, and how wide its matches are."""

import re
import warnings
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from unleak.scan.patterns import width
from unleak.scan.ports import MAX_WIDTH

REFUSED = {
    "ASSERT": "lookahead and lookbehind are not supported",
    "ASSERT_NOT": "lookahead and lookbehind are not supported",
    "GROUPREF": "backreferences are not supported",
    "GROUPREF_EXISTS": "conditional groups are not supported",
    "ATOMIC_GROUP": "atomic groups are not supported",
    "POSSESSIVE_REPEAT": "possessive repeats are not supported",
}
"""Operations of the parser's tree that Hyperscan cannot do."""

MAX_PATTERN = 4096
"""Characters of a pattern."""
ANCHORS = {"AT_BOUNDARY", "AT_END_STRING"}
"""The ends of a line mean different things to the engines, and beginnings do not survive concatenation."""


def problems(pattern: str, groups: int) -> Iterator[str]:
    """Why `pattern` cannot be used; nothing if it can. It has to have `groups` capturing groups."""
    wrong = list(not_compiling(pattern, groups))
    yield from wrong
    if not wrong:
        tree = _parse(pattern)
        yield from dict.fromkeys(_walk(tree))
        if tree.getwidth()[0] == 0:
            yield "it matches the empty text"


def not_compiling(pattern: str, groups: int) -> Iterator[str]:
    """Why `pattern` does not compile over bytes, or that its capturing groups are not `groups`."""
    if len(pattern) > MAX_PATTERN:
        yield f"it has {len(pattern):,} characters; the limit is {MAX_PATTERN:,}"
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # `re` warns of what it and `regex` may read differently
            compiled = re.compile(pattern.encode())
    except (re.error, OverflowError, RecursionError, FutureWarning) as error:
        said = re.sub(r"'.*'", "'…'", f"{error}")  # a name of a group could be anything, a key too
        yield f"it does not compile: {said}"
        return
    if compiled.groups != groups:
        wanted = "one capturing group, the value" if groups else "no capturing group: all of it is the value"
        yield f"it has to have {wanted} (write `(?:…)` for others)"


def too_wide(pattern: str) -> Iterator[str]:
    """That a match of `pattern` may be longer than any window of the scanner."""
    if width(pattern) > MAX_WIDTH:
        yield f"a match may be {width(pattern):,} bytes long; the limit is {MAX_WIDTH:,}"


def _parse(pattern: str) -> Any:
    """The tree of the standard library's parser; its module is private, so it is imported by name."""
    return import_module("re._parser").parse(pattern.encode())


def _walk(tree: Any) -> Iterator[str]:
    """Problems of a tree: items are (operation, argument), and arguments may hold further trees."""
    for operation, argument in tree:
        name = str(operation)
        if name in REFUSED:
            yield REFUSED[name]
        elif name == "AT" and str(argument) not in ANCHORS:
            yield r"of the anchors only \b and \Z are supported"
        elif name in {"MAX_REPEAT", "MIN_REPEAT"} and str(argument[1]) == "MAXREPEAT":
            yield "repeats have to be bounded: write {0,n} for * and {1,n} for +"
        yield from _inner(argument)


def _inner(argument: Any) -> Iterator[str]:
    if type(argument).__name__ == "SubPattern":
        yield from _walk(argument)
    elif isinstance(argument, tuple | list):
        for item in argument:
            yield from _inner(item)
