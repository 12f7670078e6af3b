"""Finds patterns that take a backtracking engine unreasonably many steps on texts made for that.

The steps are counted by a small engine of its own, not timed: the answer is the same on every machine.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from unleak.scan import regextree
from unleak.scan.regextree import Chars, Choice, Edge, Group, Node, Other, Repeat

STEPS = 200_000
"""That one attempt at one place may take."""
PUMPED = 1_000
"""Bytes of a probe that one repeat is made to read."""
PROBES = 60
"""Of one pattern at most."""
TELLING = b"a0Af-_./+= \t"
"""Bytes that sets of rules share."""
ENDINGS = b"_Zz9~"
"""Of these, the first that a repeat does not read goes on after it, so that no word ends there."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One step of the engine. `to` are the instructions after it, the preferred one first."""

    kind: str
    allowed: frozenset[int] = frozenset()
    counter: int = 0
    least: int = 0
    most: int = 0
    to: tuple[int, ...] = ()
    greedy: bool = True


def explodes(tree: Node, *, whole: bool = False) -> bool:
    """Whether some probe takes more than STEPS steps. With `whole`, a match has to reach the end."""
    if not any(isinstance(node, Repeat) and node.least != node.most for node in regextree.nodes(tree)):
        return False
    program = Program(regextree.sequence([tree, Edge(r"\Z")]) if whole else tree)
    return any(program.steps(probe) > STEPS for probe in _probes(tree))


class Program:
    """A tree as instructions."""

    def __init__(self, tree: Node) -> None:
        self._code: list[Instruction] = []
        self._counters = 0
        self._emit(tree)
        self._code.append(Instruction("match"))

    def steps(self, data: bytes) -> int:
        """How many steps the attempt at the beginning of `data` takes; STEPS + 1 if more than STEPS."""
        code, count = self._code, 0
        stack: list[tuple[int, int, tuple[tuple[int, int], ...]]] = [(0, 0, ((0, -1),) * self._counters)]
        while stack and count <= STEPS:
            count += 1
            at, place, counters = stack.pop()
            step = code[at]
            match step.kind:
                case "match":
                    return count
                case "chars":
                    if place < len(data) and data[place] in step.allowed:
                        stack.append((at + 1, place + 1, counters))
                case "run":
                    stack += [(at + 1, end, counters) for end in _run(step, data, place)]
                case "split":
                    stack += [(to, place, counters) for to in reversed(step.to)]
                case "zero":
                    stack.append((at + 1, place, _with(counters, step.counter, (0, -1))))
                case "loop":
                    stack += _looped(step, place, counters)
                case _:
                    if _holds(step.kind, data, place):
                        stack.append((at + 1, place, counters))
        return count

    def _emit(self, node: Node) -> None:
        match node:
            case Chars(allowed):
                self._code.append(Instruction("chars", allowed))
            case regextree.Sequence(items):
                for item in items:
                    self._emit(item)
            case Choice(branches):
                self._choice(branches)
            case Repeat(Chars(allowed), least, most, greedy):
                self._code.append(Instruction("run", allowed, least=least, most=most, greedy=greedy))
            case Repeat():
                self._repeat(node)
            case Group(body):
                self._emit(body)
            case Edge(text):
                self._code.append(Instruction(text))
            case Other():
                pass  # taken for granted
            case _:
                assert_never(node)

    def _choice(self, branches: tuple[Node, ...]) -> None:
        at, starts, ends = len(self._code), [], []
        self._code.append(Instruction("split"))
        for branch in branches:
            starts.append(len(self._code))
            self._emit(branch)
            ends.append(len(self._code))
            self._code.append(Instruction("split"))
        self._code[at] = Instruction("split", to=tuple(starts))
        for end in ends:
            self._code[end] = Instruction("split", to=(len(self._code),))

    def _repeat(self, node: Repeat) -> None:
        counter, self._counters = self._counters, self._counters + 1
        self._code.append(Instruction("zero", counter=counter))
        at = len(self._code)
        self._code.append(Instruction("loop"))
        self._emit(node.body)
        self._code.append(Instruction("split", to=(at,)))
        to = (at + 1, len(self._code))
        self._code[at] = Instruction("loop", frozenset(), counter, node.least, node.most, to, node.greedy)


def _run(step: Instruction, data: bytes, place: int) -> range:
    """Where a run of the allowed bytes may end; the last one is tried first."""
    end, limit = place, min(len(data), place + step.most)
    while end < limit and data[end] in step.allowed:
        end += 1
    first = place + step.least
    return range(first, end + 1) if step.greedy else range(end, first - 1, -1)


Counters = tuple[tuple[int, int], ...]


def _with(counters: Counters, index: int, value: tuple[int, int]) -> Counters:
    return (*counters[:index], value, *counters[index + 1 :])


def _looped(step: Instruction, place: int, counters: Counters) -> Iterator[tuple[int, int, Counters]]:
    """The next round of a repeat and its end, the preferred one last."""
    count, before = counters[step.counter]
    on = (step.to[0], place, _with(counters, step.counter, (count + 1, place)))
    out = (step.to[1], place, counters)
    if count < step.least:
        yield on
    elif count >= step.most or place == before:
        yield out
    else:
        yield from (out, on) if step.greedy else (on, out)


def _holds(edge: str, data: bytes, place: int) -> bool:
    if edge == r"\Z":
        return place == len(data)
    before = place > 0 and data[place - 1] in regextree.WORD
    return before != (place < len(data) and data[place] in regextree.WORD)


# --- probes ----------------------------------------------------------------------------------------


def _probes(tree: Node) -> Iterator[bytes]:
    """Texts that lead into each repeat, go on as long as it may, and then fail."""
    made = 0
    for node in regextree.nodes(tree):
        if not isinstance(node, Repeat) or node.most < 2:
            continue
        lead = _lead(tree, node) or b""
        for pump in _pumps(node.body):
            times = max(1, min(PUMPED, regextree.longest(node)) // len(pump))
            for ending in (b"\0", _beyond(node.body)):
                yield lead + pump * times + ending
                made += 1
                if made >= PROBES:
                    return


def _beyond(body: Node) -> bytes:
    allowed = {byte for node in regextree.nodes(body) if isinstance(node, Chars) for byte in node.allowed}
    return bytes([next((byte for byte in ENDINGS if byte not in allowed), 0)])


def _pumps(body: Node) -> list[bytes]:
    """What a repeat of `body` may be made to read again and again."""
    sets = [node.allowed for node in regextree.nodes(body) if isinstance(node, Chars)]
    telling = [bytes([byte]) for byte in TELLING if sum(byte in allowed for allowed in sets) > 0]
    whole = shortest(body)
    return list(dict.fromkeys([pump for pump in (whole, *telling[:4]) if pump]))


def shortest(node: Node) -> bytes:
    """A short text that `node` matches, if nothing else matters."""
    match node:
        case Chars(allowed):
            return bytes([next((byte for byte in TELLING if byte in allowed), min(allowed, default=0))])
        case regextree.Sequence(items):
            return b"".join(map(shortest, items))
        case Choice(branches):
            return min(map(shortest, branches), key=len, default=b"")
        case Repeat(body, least):
            return shortest(body) * least
        case Group(body):
            return shortest(body)
        case Edge() | Other():
            return b""
    assert_never(node)


def _lead(node: Node, target: Node) -> bytes | None:
    """A text that leads to `target`, which is within `node`; None if it is not."""
    if node is target:
        return b""
    match node:
        case regextree.Sequence(items):
            before = b""
            for item in items:
                if (found := _lead(item, target)) is not None:
                    return before + found
                before += shortest(item)
        case Choice(branches):
            return next((text for branch in branches if (text := _lead(branch, target)) is not None), None)
        case Repeat(body) | Group(body):
            return _lead(body, target)
    return None
