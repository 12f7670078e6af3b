"""Rules and sources made for a test."""

from collections.abc import Iterable, Iterator, Sequence

import pytest

from unleak.core.model import Blob, Confidence, File, Hit, Rule, Severity, Skipped


@pytest.fixture(scope="session")
def make_rule():
    def make(id: str = "acme.key", pattern: str = r"\b(acme_[0-9a-z]{8})\b", **fields: object) -> Rule:  # noqa: A002
        settings: dict[str, object] = {
            "service": id.split(".")[0],
            "service_title": "Acme",
            "title": "Acme key",
            "why": "Opens the gate.",
            "docs": "https://example.org",
            "severity": Severity.HIGH,
            "confidence": Confidence.HIGH,
            "keywords": ("acme_",),
            "checks": (),
        }
        return Rule(id=id, pattern=pattern, **(settings | fields))

    return make


class ListSource:
    """Yields what it is given; an exception in the list is raised when its turn comes."""

    def __init__(self, items: Iterable[object]) -> None:
        self.items = items

    def blobs(self) -> Iterator[Blob | Skipped]:
        for item in self.items:
            if isinstance(item, BaseException):
                raise item
            yield item

    def resolve(self, hits: Sequence[Hit]) -> Sequence[Hit]:
        return hits


@pytest.fixture
def make_source():
    def make(*contents: object) -> ListSource:
        items = [
            Blob(File(".", f"file{number}".encode()), content) if isinstance(content, bytes) else content
            for number, content in enumerate(contents)
        ]
        return ListSource(items)

    return make
