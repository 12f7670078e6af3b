"""Fits the tree of a foreign pattern to what a rule may have: bounded repeats and one capturing group."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from unleak.scan import regextree
from unleak.scan.regextree import SPACES, UNBOUNDED, WORD, Chars, Choice, Edge, Group, Node, Other, Repeat

LINE_STARTS = ("the anchor ^", "the anchor ^ of a line", r"the anchor \A")
LINE_ENDS = ("the anchor $", "the anchor $ of a line")
SPACE, TEXT, ROUNDS, NESTED = 40, 1_000, 20, 60
"""How often white space, other characters, whole groups and what is within repeated groups may be repeated."""


def bounded(node: Node, inside: bool = False) -> Node:
    """`node` with an upper bound for every repeat; `inside` a repeat, a lower one."""
    if not isinstance(node, Repeat):
        return _mapped(node, lambda inner: bounded(inner, inside))
    body = bounded(node.body, inside or node.most > 1)
    if node.most < UNBOUNDED:
        return replace(node, body=body)
    return replace(node, body=body, most=max(_most(node.body, inside=inside), 2 * node.least))


def unbounded(node: Node) -> int:
    """How many repeats have no upper bound."""
    return sum(isinstance(found, Repeat) and found.most >= UNBOUNDED for found in regextree.nodes(node))


def _most(body: Node, *, inside: bool) -> int:
    if not isinstance(body, Chars):
        return ROUNDS
    return SPACE if body.allowed <= SPACES else NESTED if inside else TEXT


def unanchored(node: Node) -> Node:
    """`node` without anchors of lines, as far as something wider can stand for them.

    A word begins where `^` stood; a line ends, or the text, where `$` did. What cannot be replaced stays.
    """
    if isinstance(node, Other) and node.name in LINE_ENDS:
        return Choice((Chars(frozenset(b"\r\n")), Edge(r"\Z")))
    if not isinstance(node, regextree.Sequence):
        return _mapped(node, unanchored)
    items: list[Node] = []
    for at, item in enumerate(node.items):
        begins = _first(node.items[at + 1 :])
        items.append(_worded(item) if begins and begins <= WORD else item)
    return regextree.sequence(map(unanchored, items))


def anchored(node: Node) -> bool:
    """Whether `unanchored` widens `node`."""
    return any(isinstance(found, Other) and found.name in LINE_STARTS for found in regextree.nodes(node))


def _worded(node: Node) -> Node:
    """A word begins after `node`, where a line was to begin."""
    match node:
        case Other(name) if name in LINE_STARTS:
            return Edge(r"\b")
        case Choice(branches):
            return Choice(tuple(map(_worded, branches)))
    return node


def _first(items: Sequence[Node]) -> frozenset[int] | None:
    """The bytes that `items` may begin with; None if they may match nothing, or if that is not known."""
    for item in items:
        match item:
            case Chars(allowed):
                return allowed
            case Repeat(body, least) if least:
                return _first([body])
            case Group(body):
                return _first([body])
            case regextree.Sequence(inner):
                return _first(inner)
            case Choice(branches):
                found = [_first([branch]) for branch in branches]
                return None if None in found else frozenset(byte for first in found for byte in first or ())
            case Edge():
                continue
            case _:
                return None
    return None


def grouped(node: Node, number: int) -> Node:
    """`node` with one capturing group: that of this number, the first if it is 0, or all of it if there is none.

    Raises ValueError if the group is not part of every match.
    """
    groups = [found.number for found in regextree.nodes(node) if isinstance(found, Group)]
    if number and number not in groups:
        raise ValueError(f"there is no capturing group {number}")
    if not groups:
        return Group(node, 1)
    wanted = number or min(groups)
    if wanted not in _always(node):
        raise ValueError(
            "its capturing group is not part of every match, so the secret may be in another place"
        )
    return _only(node, wanted)


def _only(node: Node, wanted: int) -> Node:
    if isinstance(node, Group):
        body = _only(node.body, wanted)
        return Group(body, 1) if node.number == wanted else body
    return _mapped(node, lambda inner: _only(inner, wanted))


def _always(node: Node) -> Iterator[int]:
    """The numbers of the groups that take part in every match, once."""
    match node:
        case Group(body, number):
            yield number
            yield from _always(body)
        case regextree.Sequence(items):
            for item in items:
                yield from _always(item)


def _mapped(node: Node, change: Callable[[Node], Node]) -> Node:
    """`node` with every node right below it changed."""
    match node:
        case regextree.Sequence(items):
            return regextree.sequence(map(change, items))
        case Choice(branches):
            return Choice(tuple(map(change, branches)))
        case Repeat(body) | Group(body):
            return replace(node, body=change(body))
        case Other(inner=inner):
            return replace(node, inner=tuple(map(change, inner)))
        case _:
            return node
