"""Encodings of text within other text; each is looked at where its trigger matches."""

from unleak.core.registry import Registry
from unleak.scan.decoded import Encoding

ENCODINGS: Registry[Encoding] = Registry(
    __name__,
    {
        "base64": "base64_runs:ENCODING",
        "concatenation": "concatenation:ENCODING",
        "escapes": "escapes:ENCODING",
        "gzip-base64": "gzip_base64:ENCODING",
        "hex": "hex_runs:ENCODING",
        "notebook": "notebook:ENCODING",
        "percent": "percent:ENCODING",
    },
)
