"""The text of PDF documents, by pypdf."""

import logging
import warnings
from collections.abc import Iterator
from importlib import import_module
from io import BytesIO
from time import monotonic
from typing import IO, Any, cast

from unleak.core.install import requirement
from unleak.scan.packed import LimitError, Member, Stream, UnpackingError

SECONDS = 20.0
"""For all pages."""
PAGES = 2000


def members(stream: Stream) -> Iterator[Member]:
    """The text of every page, as `page 1` and so on."""
    try:
        pypdf: Any = import_module("pypdf")
    except ModuleNotFoundError:
        line = f"pip install '{requirement('archives')}'"
        raise UnpackingError(f"to read the text of PDF documents: {line}", failed=False) from None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)  # it tells of every flaw
    end = monotonic() + SECONDS

    def watch(*_: object) -> None:
        if monotonic() > end:
            raise LimitError("a PDF document that takes too long")

    with warnings.catch_warnings(action="ignore"):
        reader = pypdf.PdfReader(cast(IO[bytes], stream))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnpackingError("encrypted", failed=False)
        for number, page in enumerate(reader.pages, 1):
            if number > PAGES:
                raise LimitError("a PDF document with too many pages")
            text = page.extract_text(visitor_operand_before=watch)
            yield Member(b"page %d" % number, cast(Stream, BytesIO(text.encode("utf-8", "replace"))))
