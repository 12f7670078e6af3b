"""Regular expressions over bytes as trees: read by the standard library's parser, written again as text."""

import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, assert_never

ALL = frozenset(range(256))
DIGITS = frozenset(b"0123456789")
SPACES = frozenset(b" \t\n\r\f\v")
LETTERS = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
WORD = DIGITS | LETTERS | {ord("_")}
CATEGORIES = {"DIGIT": DIGITS, "SPACE": SPACES, "WORD": WORD}
UNBOUNDED = 1 << 32
"""The most of a repeat that has no upper bound."""
EDGES = {"AT_BOUNDARY": r"\b", "AT_END_STRING": r"\Z"}
OTHERS = {
    "ASSERT": "lookahead or lookbehind",
    "ASSERT_NOT": "negative lookahead or lookbehind",
    "GROUPREF": "a backreference",
    "GROUPREF_EXISTS": "a conditional group",
    "ATOMIC_GROUP": "an atomic group",
    "POSSESSIVE_REPEAT": "a possessive repeat",
    "AT_BEGINNING": "the anchor ^",
    "AT_BEGINNING_STRING": r"the anchor \A",
    "AT_END": "the anchor $",
    "AT_NON_BOUNDARY": r"the anchor \B",
}
"""What both matchers cannot do, in words."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One byte of a set."""

    allowed: frozenset[int]


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after another."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several, the first that leads to a match."""

    branches: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Repeat:
    """`body` from `least` to `most` times."""

    body: "Node"
    least: int
    most: int
    greedy: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """A capturing group."""

    body: "Node"
    number: int


@dataclass(frozen=True, slots=True)
class Edge:
    r"""A place without width that both matchers know: `\b` or `\Z`."""

    written: str


@dataclass(frozen=True, slots=True)
class Other:
    """What is not modelled. `inner` holds what it looks at, if that is a pattern."""

    name: str
    inner: "tuple[Node, ...]" = ()


Node = Chars | Sequence | Choice | Repeat | Group | Edge | Other


def parsed(pattern: str, flags: int = 0) -> Node:
    """The tree of `pattern`. Raises ValueError, in words for people, if it is no regular expression."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # `re` warns of what other engines read differently
            tree = import_module("re._parser").parse(pattern.encode(), flags)  # private, so imported by name
        return _sequence(tree, tree.state.flags)
    except (re.error, FutureWarning, OverflowError) as error:
        said = re.sub(r"'.*'", "'…'", f"{error}")  # a name of a group could be anything, a key too
        raise ValueError(f"it does not compile: {said}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def nodes(node: Node) -> Iterator[Node]:
    """`node` and all within it, in reading order."""
    yield node
    match node:
        case Sequence(inner) | Choice(inner) | Other(inner=inner):
            for item in inner:
                yield from nodes(item)
        case Repeat(body) | Group(body):
            yield from nodes(body)


def sequence(items: Iterable[Node]) -> Node:
    """`items` one after another, without needless nesting."""
    flat: list[Node] = []
    for item in items:
        flat += item.items if isinstance(item, Sequence) else (item,)
    return flat[0] if len(flat) == 1 else Sequence(tuple(flat))


def longest(node: Node) -> int:
    """The most bytes that a match has; UNBOUNDED or more if there is no limit."""
    match node:
        case Chars():
            return 1
        case Sequence(items):
            return sum(map(longest, items))
        case Choice(branches):
            return max(map(longest, branches), default=0)
        case Repeat(body, _, most):
            return most * longest(body)
        case Group(body):
            return longest(body)
        case Edge() | Other():
            return 0
    assert_never(node)


def size(node: Node) -> int:
    """How many positions a matcher has to tell apart once all repeats are written out."""
    match node:
        case Chars():
            return 1
        case Sequence(items) | Choice(items) | Other(inner=items):
            return sum(map(size, items))
        case Repeat(body, least, most):
            return size(body) * (most if most < UNBOUNDED else max(least, 1))
        case Group(body):
            return size(body)
        case Edge():
            return 0
    assert_never(node)


# --- reading ---------------------------------------------------------------------------------------


def _sequence(tree: Any, flags: int) -> Node:
    return sequence(_node(str(operation), argument, flags) for operation, argument in tree)


def _node(name: str, argument: Any, flags: int) -> Node:
    match name:
        case "LITERAL" | "NOT_LITERAL" | "IN" | "ANY":
            return Chars(_allowed(name, argument, flags))
        case "BRANCH":
            return Choice(tuple(_sequence(branch, flags) for branch in argument[1]))
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, body = argument
            most = UNBOUNDED if str(most) == "MAXREPEAT" else int(most)
            repeat = Repeat(_sequence(body, flags), int(least), most, name != "MIN_REPEAT")
            return Other(OTHERS[name], (repeat,)) if name in OTHERS else repeat
        case "SUBPATTERN":
            number, add, remove, body = argument
            inner = _sequence(body, (flags | add) & ~remove)
            return inner if number is None else Group(inner, number)
        case "AT":
            return _place(str(argument), flags)
        case "ASSERT" | "ASSERT_NOT":
            return Other(OTHERS[name], (_sequence(argument[1], flags),))
        case "ATOMIC_GROUP":
            return Other(OTHERS[name], (_sequence(argument, flags),))
        case _:
            return Other(OTHERS.get(name, name.lower()))


def _place(name: str, flags: int) -> Node:
    if name in EDGES:
        return Edge(EDGES[name])
    if name in {"AT_BEGINNING", "AT_END"} and flags & re.MULTILINE:
        return Other(f"{OTHERS[name]} of a line")
    return Other(OTHERS.get(name, name.lower()))


def _allowed(name: str, argument: Any, flags: int) -> frozenset[int]:
    if name == "ANY":
        return ALL if flags & re.DOTALL else ALL - {ord("\n")}
    items = argument if name == "IN" else [("LITERAL", argument)]
    negated = name == "NOT_LITERAL" or (name == "IN" and bool(items) and str(items[0][0]) == "NEGATE")
    found: set[int] = set()
    for operation, value in items:
        found |= _members(str(operation), value)
    if flags & re.IGNORECASE:
        found |= {byte ^ 0x20 for byte in found & LETTERS}
    return ALL - found if negated else frozenset(found)


def _members(operation: str, value: Any) -> frozenset[int]:
    match operation:
        case "LITERAL":
            return frozenset({int(value)})
        case "RANGE":
            return frozenset(range(value[0], value[1] + 1))
        case "CATEGORY":
            name = str(value).removeprefix("CATEGORY_")
            known = CATEGORIES[name.removeprefix("NOT_")]
            return ALL - known if name.startswith("NOT_") else known
        case _:
            return frozenset()
