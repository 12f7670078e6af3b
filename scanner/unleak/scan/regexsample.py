"""Makes a template of a text (see `examples`) that a pattern matches, out of the pattern itself."""

import random
from collections.abc import Iterator
from itertools import groupby
from typing import assert_never

from unleak.scan import regextree
from unleak.scan.examples import ALPHABETS
from unleak.scan.regextree import Chars, Choice, Edge, Group, Node, Other, Repeat

GENEROUS = 24
"""Characters that a repeat without a reason for more gets, as far as it may."""
SHOWN = frozenset(range(32, 127)) | {9, 10}
FAVOURED = b"_-=:./ \"'"
"""Of a set without letters and digits, taken in this order."""
_ALPHABETS = sorted(
    ((name, frozenset(text.encode())) for name, text in ALPHABETS.items()), key=lambda pair: -len(pair[1])
)


def templates(node: Node, count: int) -> Iterator[str]:
    """`count` templates, each with other choices among the alternatives; always the same ones."""
    for number in range(count):
        source = random.Random(number)  # noqa: S311
        yield "".join(_compact(_pieces(node, source)))


def _pieces(node: Node, source: random.Random) -> Iterator[str | frozenset[int]]:
    """Literal texts, and the set of each character that may be random."""
    match node:
        case Chars(allowed):
            yield allowed if len(allowed) > 2 else _one(allowed, source)
        case regextree.Sequence(items):
            for item in items:
                yield from _pieces(item, source)
        case Choice(branches):
            yield from _pieces(source.choice(branches), source)
        case Repeat(body, least, most):
            for _ in range(_times(body, least, most, source)):
                yield from _pieces(body, source)
        case Group(body):
            yield from _pieces(body, source)
        case Edge() | Other():
            return
        case _:
            assert_never(node)


def _times(body: Node, least: int, most: int, source: random.Random) -> int:
    """Random text is long enough to look random; what stands around it is short."""
    if isinstance(body, Chars) and len(body.allowed) >= 8 and not body.allowed & regextree.SPACES:
        return max(least, min(most, GENEROUS))
    return least + source.choice((0, 0, min(1, most - least)))


def _compact(pieces: Iterator[str | frozenset[int]]) -> Iterator[str]:
    """Runs of the same set as one place, literal text with its `${` escaped."""
    filled = [_filled(piece, len(list(found))) for piece, found in groupby(pieces)]
    for placed, found in groupby(filled, key=lambda part: part[0]):
        text = "".join(text for _, text in found)
        yield text if placed else text.replace("${", "$${")


def _filled(piece: str | frozenset[int], size: int) -> tuple[bool, str]:
    """Whether it is a place, and the text of `size` times `piece`."""
    if isinstance(piece, str):
        return False, piece * size
    name = next((name for name, known in _ALPHABETS if known <= piece), "")
    return (True, f"${{{name}:{size}}}") if name else (False, _one(piece, random.Random(size)) * size)  # noqa: S311


def _one(allowed: frozenset[int], source: random.Random) -> str:
    if len(allowed) == 2 and allowed <= regextree.LETTERS:
        return chr(max(allowed))  # a letter in any case: the small one
    visible = sorted(allowed & SHOWN) or sorted(allowed)
    favoured = [byte for byte in FAVOURED if byte in allowed]
    if not visible:
        return ""
    plain = [byte for byte in visible if byte in regextree.WORD]
    return chr(source.choice(plain) if plain else favoured[0] if favoured else visible[0])
