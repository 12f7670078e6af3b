"""Decodes what is encoded within text, in its place: around a decoded stretch stands what stood around it.

So a name before an encoded value still binds it. What is decoded is decoded again, some levels deep.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from unleak.scan.decoded import Chart, Piece, Range, Run
from unleak.scan.decoders.encodings import ENCODINGS
from unleak.scan.matchers.triggers import Places, Triggers

DEPTH = 4
"""Levels of encoding within one another."""
BEFORE = 1024
AFTER = 256
"""Bytes of context on both sides of what is decoded."""
NEAR = 64
"""Bytes between what was decoded and what is found next to it on the next level, at most."""
LARGEST = 1 << 20
"""Bytes of encoded text and context from which on further runs begin a text of their own."""
GROWTH = 16 << 20
"""A buffer is decoded to at most twice its size and so many bytes."""


@dataclass(frozen=True, slots=True)
class Text:
    """Some text, and if it was decoded, the way back."""

    data: bytes
    index: int
    """Which of the outer texts it stands in."""
    outer: "Text | None" = None
    chart: Chart = field(default_factory=lambda: Chart([Piece(0, 0)]))
    decoded: tuple[Range, ...] = ()
    """The stretches of `data` that were decoded; the rest is context."""
    whole: tuple[bool, bool] = (True, True)
    """Whether the context at the beginning and at the end goes as far as the outer text does."""

    def touches(self, start: int, end: int) -> bool:
        """Whether a stretch of `data` holds or borders on something that was decoded."""
        at = bisect_left(self.decoded, start, key=lambda stretch: stretch.end)
        return at < len(self.decoded) and self.decoded[at].start <= end

    def fresh(self, places: Sequence[int], begin: int) -> Sequence[int]:
        """Those of `places` that are new on this level; `begin` is where the text begins among them."""
        if self.outer is None:
            return places
        return [at for at in places if self.touches(at - begin - NEAR, at - begin + NEAR)]

    def complete(self, start: int, end: int) -> bool:
        """Whether a stretch of `data` cannot go on where the context was cut off."""
        return (start > 0 or self.whole[0]) and (end < len(self.data) or self.whole[1])

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of `data` stands in the outermost text."""
        text: Text | None = self
        while text and text.outer:
            start, end = text.chart.start(start), text.chart.end(end)
            text = text.outer
        return start, end


class Buffer:
    """Texts one after the other, each on lines of its own, to be searched in one call."""

    def __init__(self, texts: Sequence[Text]) -> None:
        self.texts = texts
        self.data = texts[0].data if len(texts) == 1 else b"\n".join(text.data for text in texts)
        self.starts = [0]
        """Where each begins, and where one more would."""
        for text in texts:
            self.starts.append(self.starts[-1] + len(text.data) + 1)


class Decoding:
    """Decodes buffers; learns with their size which engine is worth its start."""

    def __init__(self) -> None:
        self._encodings = [ENCODINGS[name] for name in ENCODINGS]
        self._triggers = Triggers(self._encodings)
        self.cut: set[int] = set()
        """The outer texts of the last buffer of which something was left out, by their index."""

    def begin(self, buffer: "Buffer") -> Callable[[], Iterator[list[Text]]]:
        """Begin to look for what `buffer` holds encoded; the result gives it level by level.

        It is to be read to its end before the next `begin`.
        """
        self.cut = set()
        places = self._triggers.begin(buffer.data)
        return lambda: self._levels(buffer, places)

    def texts(self, data: bytes) -> Iterator[bytes]:
        """All that `data` holds encoded, each with what stands around it."""
        for level in self.begin(Buffer([Text(data, 0)]))():
            yield from (text.data for text in level)

    def _levels(self, buffer: Buffer, places: Callable[[], Places]) -> Iterator[list[Text]]:
        for _ in range(DEPTH):
            texts = self._decoded(buffer, places())
            if not texts:
                return
            yield texts
            buffer = Buffer(texts)
            places = partial(self._triggers.places, buffer.data)

    def _decoded(self, buffer: Buffer, everywhere: Places) -> list[Text]:
        data, texts, starts = buffer.data, buffer.texts, buffer.starts
        found: list[Text] = []
        room = len(data) + GROWTH
        for number, places in enumerate(everywhere):
            for index, some in _by_text(places, starts):
                within = Range(starts[index], starts[index + 1] - 1)
                fresh = texts[index].fresh(some, within.start)
                if not fresh:
                    continue
                runs = self._encodings[number](data, within, fresh)
                for text in _spliced(data, within, _fresh(runs, texts[index], within), texts[index]):
                    room -= len(text.data)
                    if room < 0:
                        self.cut.add(texts[index].index)
                        return found
                    found.append(text)
        return found


def _by_text(places: Sequence[int], starts: Sequence[int]) -> Iterator[tuple[int, Sequence[int]]]:
    """The places of each text, by the index of the text. A place is the end of a match: no text begins there."""
    begin = 0
    while begin < len(places):
        index = bisect_left(starts, places[begin]) - 1
        end = bisect_right(places, starts[index + 1], begin)
        yield index, places[begin:end]
        begin = end


def _fresh(runs: Iterable[Run], text: Text, within: Range) -> Iterator[Run]:
    """Those runs that were not seen on the level before."""
    for run in runs:
        if text.outer is None or text.touches(run.start - within.start, run.end - within.start):
            yield run


def _spliced(data: bytes, within: Range, runs: Iterable[Run], outer: Text) -> Iterator[Text]:
    """Texts with runs that are near to each other, each in its place."""
    group: list[Run] = []
    for run in runs:
        if group and (run.start - group[-1].end > BEFORE + AFTER or run.end - group[0].start > LARGEST):
            yield _text(data, within, group, outer)
            group = []
        group.append(run)
    if group:
        yield _text(data, within, group, outer)


def _text(data: bytes, within: Range, runs: Sequence[Run], outer: Text) -> Text:
    begin = max(runs[0].start - BEFORE, within.start)
    finish = min(runs[-1].end + AFTER, within.end)
    parts: list[bytes] = []
    pieces: list[Piece] = []
    decoded: list[Range] = []
    size, at = 0, begin
    for run in runs:
        pieces.append(Piece(size, at - within.start))
        parts += (data[at : run.start], run.data)
        size += run.start - at
        if run.data:
            pieces += (
                piece._replace(inner=piece.inner + size, outer=piece.outer - within.start)
                for piece in run.pieces
            )
        decoded.append(Range(size, size + len(run.data)))
        size += len(run.data)
        at = run.end
    pieces.append(Piece(size, at - within.start))
    parts.append(data[at:finish])
    whole = (outer.whole[0] and begin == within.start, outer.whole[1] and finish == within.end)
    return Text(b"".join(parts), outer.index, outer, Chart(pieces), tuple(decoded), whole)
