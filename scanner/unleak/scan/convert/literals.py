"""Finds texts of which every match of a pattern contains one: keywords, for a pattern that has none."""

from collections.abc import Iterable
from typing import assert_never

from unleak.scan import regextree
from unleak.scan.regextree import Chars, Choice, Edge, Group, Node, Other, Repeat

MOST = 48
"""Texts of a set."""
VARIANTS = 4
"""Characters at one place."""
SHORTEST = 2
LONG_ENOUGH = 24
"""Characters of a text, after which more make it no rarer."""

Texts = frozenset[str]
EMPTY: Texts = frozenset({""})


def keywords(node: Node) -> tuple[str, ...]:
    """Lower-case texts, one of which every match contains in some case; none if there are no such texts."""
    found = _required(node)
    return tuple(sorted(found)) if found and _score(found)[0] >= SHORTEST else ()


def _score(found: Texts) -> tuple[int, int]:
    """Longer is rarer, and fewer are better."""
    return (
        min(LONG_ENOUGH, *map(len, found)) if len(found) > 1 else min(LONG_ENOUGH, len(min(found))),
        -len(found),
    )


def _exact(node: Node) -> Texts | None:
    """All texts that `node` matches, in lower case; None if they are too many."""
    match node:
        case Chars(allowed):
            variants = frozenset(chr(byte).lower() for byte in allowed)
            return variants if len(variants) <= VARIANTS and all(map(str.isascii, variants)) else None
        case regextree.Sequence(items):
            return _chained(map(_exact, items))
        case Choice(branches):
            found = [_exact(branch) for branch in branches]
            union = frozenset(text for texts in found if texts for text in texts)
            return union if None not in found and len(union) <= MOST else None
        case Repeat(body, least, most):
            return _chained([_exact(body)] * least) if least == most <= MOST else None
        case Group(body):
            return _exact(body)
        case Edge():
            return EMPTY
        case Other():
            return None
    assert_never(node)


def _chained(parts: Iterable[Texts | None]) -> Texts | None:
    found: Texts | None = EMPTY
    for part in parts:
        found = _joined(found, part)
    return found


def _joined(before: Texts | None, after: Texts | None) -> Texts | None:
    if before is None or after is None or len(before) * len(after) > MOST:
        return None
    return frozenset(head + tail for head in before for tail in after)


def _required(node: Node) -> Texts | None:
    """The best set of texts one of which every match contains."""
    match node:
        case regextree.Sequence(items):
            return _best_of(items)
        case Choice(branches):
            found = [_required(branch) for branch in branches]
            union = frozenset(text for texts in found if texts for text in texts)
            return union if None not in found and 0 < len(union) <= MOST else None
        case Repeat(body, least):
            return _required(body) if least else None
        case Group(body):
            return _required(body)
        case Chars() | Edge() | Other():
            return _exact(node)
    assert_never(node)


def _best_of(items: tuple[Node, ...]) -> Texts | None:
    """Of neighbours whose texts are all known, joined, and of what the others require."""
    candidates: list[Texts] = []
    run: Texts = EMPTY
    for item in items:
        exact = _exact(item)
        longer = _joined(run, exact)
        if longer is None:
            candidates.append(run)
            candidates += [found] if (found := _required(item)) else []
            run = exact or EMPTY
        else:
            run = longer
    known = [found for found in (*candidates, run) if found and "" not in found]
    return max(known, key=_score, default=None)
