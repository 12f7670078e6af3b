"""What is piped into the scan."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from unleak.core.model import Blob, Hit, Skipped, Stdin
from unleak.scan.sources.segments import Readable, cut


@dataclass(frozen=True, slots=True)
class StdinSource:
    """One binary stream, read once, of any length."""

    stream: Readable

    def blobs(self) -> Iterator[Blob | Skipped]:
        """The stream, in segments if it is long."""
        try:
            yield from cut(Stdin(), self.stream)
        except OSError as error:
            yield Skipped(Stdin(), error.strerror or "it cannot be read", failed=True)

    def resolve(self, hits: Sequence[Hit]) -> Iterable[Hit]:
        """`hits`: there is nothing more to know."""
        return hits
