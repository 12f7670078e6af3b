"""A secret value that cannot be shown by accident."""

from typing import Any, NoReturn

SHOWN = 4
"""How many trailing characters of a secret may be shown, at most."""


def tail(value: str) -> str:
    """The last characters of `value` that may be shown: four, and never more than a quarter of it.

    Of a private key in PEM, those before the line that ends every such key.

    >>> tail("a" * 30 + "wxyz")
    'wxyz'
    >>> tail("hunter22")
    '22'
    >>> tail("-----BEGIN KEY-----\\n" + "a" * 30 + "wx\\nyz\\n-----END KEY-----")
    'wxyz'
    """
    value = "".join(value.rpartition("-----END")[0].split()) or value
    shown = min(SHOWN, len(value) // 4)
    return value[len(value) - shown :]


class Secret:
    """Holds a secret; `reveal()` is the only way out.

    `repr`, `str` and `format` are redacted, pickling and copying into JSON raise. Bytes that are no
    UTF-8 travel as surrogate escapes.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself. Every call is a place to review."""
        return self._value

    @property
    def last4(self) -> str:
        """The characters that may be shown (see `tail`)."""
        return tail(self._value)

    @property
    def length(self) -> int:
        """Length in characters."""
        return len(self._value)

    def __repr__(self) -> str:
        return f"Secret(…{self.last4})"

    def __str__(self) -> str:
        return f"…{self.last4}"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a Secret is never serialised: pass a reference and read the value again")
