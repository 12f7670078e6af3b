"""Writes a tree of `regextree` as a regular expression that both matchers read alike."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import assert_never

from unleak.scan import regextree
from unleak.scan.regextree import ALL, LETTERS, Chars, Choice, Edge, Group, Node, Other, Repeat

CLASSES = {regextree.WORD: r"\w", regextree.DIGITS: "[0-9]", regextree.SPACES: r"\s"}


def written(node: Node) -> str:
    """The pattern of `node`. Raises ValueError for what is not supported."""
    match node:
        case Chars():
            return _run([node])
        case regextree.Sequence(items):
            return "".join(_pieces(items))
        case Choice(branches):
            return f"(?:{'|'.join(map(written, branches))})"
        case Repeat(body, least, most, greedy):
            return f"{_whole(body)}{_count(least, most)}{'' if greedy else '?'}"
        case Group(body):
            return f"({_bare(body)})"
        case Edge(text):
            return text
        case Other(name):
            raise ValueError(f"{name} is not supported")
    assert_never(node)


def _pieces(items: Sequence[Node]) -> Iterator[str]:
    """Neighbouring sets together, so that words in any case read as such."""
    for single, found in groupby(items, key=lambda item: isinstance(item, Chars)):
        if single:
            yield _run([item for item in found if isinstance(item, Chars)])
        else:
            yield from map(written, found)


def _run(items: list[Chars]) -> str:
    parts: list[str] = []
    for folded, found in groupby(items, key=_folded):
        sets = [item.allowed for item in found]
        if folded and any(len(allowed) == 2 for allowed in sets):
            text = "".join(re.escape(chr(max(allowed))) for allowed in sets)
            parts.append(f"(?i:{text})")
        else:
            parts += map(_class, sets)
    return "".join(parts)


def _folded(item: Chars) -> bool:
    """Whether it is one character in any case."""
    allowed = item.allowed
    if len(allowed) == 1:
        return not allowed & LETTERS and 32 < min(allowed) < 127
    return len(allowed) == 2 and allowed <= LETTERS and max(allowed) - min(allowed) == 32


def _class(allowed: frozenset[int]) -> str:
    if allowed in CLASSES:
        return CLASSES[allowed]
    if len(allowed) == 1:
        return "-" if allowed == {ord("-")} else _escaped(min(allowed))
    if len(allowed) > 128:
        return f"[^{_ranges(ALL - allowed)}]" if allowed != ALL else r"[\x00-\xff]"
    return f"[{_ranges(allowed)}]"


def _ranges(allowed: frozenset[int]) -> str:
    runs = [[byte for _, byte in found] for _, found in groupby(enumerate(sorted(allowed)), _offset)]
    return "".join(_range(run[0], run[-1]) for run in runs)


def _offset(pair: tuple[int, int]) -> int:
    return pair[1] - pair[0]


def _range(first: int, last: int) -> str:
    if last - first < 2:
        return "".join(map(_escaped, range(first, last + 1)))
    return f"{_escaped(first)}-{_escaped(last)}"


def _escaped(byte: int) -> str:
    if byte in regextree.WORD:
        return chr(byte)
    if 32 <= byte < 127:
        return chr(byte) if chr(byte) in " !\"%',/:;<=>@`" else f"\\{chr(byte)}"
    return {9: r"\t", 10: r"\n", 13: r"\r"}.get(byte, f"\\x{byte:02x}")


def _bare(node: Node) -> str:
    return "|".join(map(written, node.branches)) if isinstance(node, Choice) else written(node)


def _whole(node: Node) -> str:
    """As something that a repeat can follow."""
    text = written(node)
    single = isinstance(node, Chars) and not text.startswith("(?i")
    return text if single or isinstance(node, Choice | Group) else f"(?:{text})"


def _count(least: int, most: int) -> str:
    if (least, most) == (0, 1):
        return "?"
    if most >= regextree.UNBOUNDED:
        raise ValueError("a repeat without an upper bound is not supported")
    return f"{{{least}}}" if least == most else f"{{{least},{most}}}"
