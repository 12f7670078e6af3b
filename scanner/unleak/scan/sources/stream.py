"""What is piped into the scan."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from unleak.core.model import Blob, Hit, Skipped, Stdin
from unleak.scan.sources.segments import Readable, cut


@dataclass(frozen=True, slots=True)
class StdinSource:
    """One binary stream, read once, of any length."""

    stream: Readable

    def blobs(self) -> Iterator[Blob | Skipped]:
        """The stream, in segments if it is long; after Ctrl-C what had come until then."""
        whole = _Whole(getattr(self.stream, "read1", self.stream.read))
        try:
            yield from cut(Stdin(), whole)
        except OSError as error:
            yield Skipped(Stdin(), error.strerror or "it cannot be read", failed=True)
        if whole.interrupted:
            raise KeyboardInterrupt

    def resolve(self, hits: Sequence[Hit]) -> Iterable[Hit]:
        """`hits`: there is nothing more to know."""
        return hits


@dataclass(slots=True)
class _Whole:
    """Reads until there is enough, where a pipe gives less at a time; Ctrl-C counts as the end."""

    some: Callable[[int], bytes]
    """Up to so many bytes; none at the end."""
    interrupted: bool = False

    def read(self, size: int, /) -> bytes:
        parts: list[bytes] = []
        left = 0 if self.interrupted else size
        try:
            while left and (data := self.some(left)):
                parts.append(data)
                left -= len(data)
        except KeyboardInterrupt:
            self.interrupted = True
        return b"".join(parts)
