"""What is wrong with a rule whatever it is tried on: patterns that explode, and rules that are too large."""

from collections.abc import Iterator
from functools import cache

from unleak.core.model import Rule
from unleak.scan import explosion, regextree
from unleak.scan.binding import inner

MAX_SIZE = 40_000
"""Positions of a pattern whose repeats are written out; the compiled database grows with them."""
MAX_WORDS = 1_000
"""Spellings of the words and keywords of a rule."""
EXPLODES = "on some texts it takes more than {:,} steps at one place: do not repeat what is itself repeated"


def problems(rule: Rule) -> Iterator[str]:
    """Why `rule` is refused; nothing if it is not."""
    for place, pattern in patterns(rule):
        yield from (
            f"{place}: {reason}" for reason in wrong(pattern, bound=rule.bound and place == "pattern")
        )
    words = len(rule.keywords) + len(rule.context) + len(rule.names)
    if words > MAX_WORDS:
        yield f"its words have {words:,} spellings; the limit is {MAX_WORDS:,}"


def patterns(rule: Rule) -> Iterator[tuple[str, str]]:
    """All patterns of `rule` with the key that says them."""
    yield "pattern", rule.pattern
    if rule.doubt:
        yield "doubt", rule.doubt
    if rule.unless:
        yield "unless", rule.unless
    if rule.companion:
        yield "companion", rule.companion.pattern
    yield from (("with", half.pattern) for half in rule.halves)


@cache  # the public half of a pair is often that of many rules
def wrong(pattern: str, *, bound: bool) -> tuple[str, ...]:
    """Why `pattern` is refused. That of a bound rule is the value alone, after which a value has to end."""
    try:
        tree = regextree.parsed(f"(?x) {inner(pattern)}" if bound else pattern)
    except ValueError as error:
        return (f"{error}",)
    size = regextree.size(tree)
    if size > MAX_SIZE:
        return (f"written out it has {size:,} positions; the limit is {MAX_SIZE:,}",)
    return (EXPLODES.format(explosion.STEPS),) if explosion.explodes(tree, whole=bound) else ()
