"""Keys that stand in other texts than their rule finds them in, such as the private key within a file of JSON."""

import re
from collections.abc import Callable
from dataclasses import dataclass

_PEM = re.compile(r"-----BEGIN ((?:RSA )?PRIVATE KEY)-----[0-9A-Za-z+/=\s]{100,8000}-----END \1-----")
_ARMOUR = re.compile(r"-----(?:BEGIN|END) (?:RSA )?PRIVATE KEY-----|\s")


@dataclass(frozen=True, slots=True)
class Form:
    """How such keys are found in a text, and what their fingerprint is made of."""

    candidates: Callable[[str], list[str]]
    canonical: Callable[[str], str]


def _pem(text: str) -> list[str]:
    """The private keys in `text`, whose lines may be ended as JSON writes it, also within JSON."""
    texts = (text, text.replace("\\\\n", "\n").replace("\\n", "\n"))
    return list(dict.fromkeys(found[0] for one in texts for found in _PEM.finditer(one)))


FORMS = {"pem": Form(_pem, lambda key: _ARMOUR.sub("", key))}
"""By the name that a rule file gives."""
