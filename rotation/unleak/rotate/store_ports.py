"""What only some stores can do, or cannot."""

from typing import Protocol, runtime_checkable

from unleak.core.secret import Secret
from unleak.rotate.ports import Finds


@runtime_checkable
class Checks(Protocol):
    """A store that cannot take every text."""

    def check(self, name: str, text: Secret) -> None:
        """RotationError if a secret cannot hold this text. Changes nothing."""


@runtime_checkable
class Spreads(Protocol):
    """A store that copies what is current to other places, which takes a while."""

    def behind(self, name: str) -> str:
        """The places that do not have it yet; empty if all do. RotationError if one cannot get it."""


class WriteOnly(Finds, Protocol):
    """A store whose values can be written and never read back.

    What can be told of a value is when it was last written. A secret is one variable, or two: the key's id and its
    secret. It cannot be searched for, and its name says which variables are meant.
    """

    def stamp(self, name: str, variable: str) -> str:
        """When a variable was last written, in ISO 8601 by the store's clock. NotFound if there is none."""

    def write(self, name: str, variable: str, value: Secret, expected: str) -> str:
        """Make `value` all that a variable holds, if its stamp is `expected`, else Conflict; its new stamp."""
