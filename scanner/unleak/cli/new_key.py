"""Where `unleak rotate` gets a new key that only a person can issue: a reference or the terminal, never an argument."""

from collections.abc import Callable
from threading import Event as Flag

from unleak.cli import reference, terminal
from unleak.core.errors import RotationError, UsageError
from unleak.core.secret import Secret
from unleak.rotate.rotation import Options

OPTION = "--value-from"


def check(options: Options) -> None:
    """UsageError if the options name a value that is not there."""
    if options.value_from:
        _referred(options)


def giver(options: Options) -> Callable[[Flag], Secret]:
    """Gives the new key, empty once the flag is set. Raises RotationError if nobody can be asked."""
    given: list[Secret] = []

    def give(stop: Flag) -> Secret:
        if not options.value_from:
            return _typed(stop)
        if given:
            raise RotationError(f"what stands in {options.value_from} is no new key that can be used",
                                "put the right one there, then resume")  # fmt: skip
        try:
            given.append(_referred(options))
        except UsageError as error:
            raise RotationError(error.message, error.hint) from None
        return given[0]

    return give


def _referred(options: Options) -> Secret:
    return reference.resolve(options.value_from, options, OPTION, "the new key")


def _typed(stop: Flag) -> Secret:
    try:
        return Secret(terminal.unseen("    The new key (not shown): ", stop.is_set))
    except UsageError:
        raise RotationError(
            "a new key is needed, and there is no terminal to ask for it on",
            f"resume on a terminal, or put it into an environment variable and resume with {OPTION} env:NAME",
        ) from None
