"""Puts the configuration under what the command line of `unleak rotate` says, and asks for approval as it wants."""

import getpass
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from unleak.cli import rotation_wiring, terminal
from unleak.cli.config import Entry
from unleak.cli.rotation_restarts import restart_of
from unleak.cli.rotation_stores import SEARCHABLE, reference
from unleak.core.errors import UsageError
from unleak.rotate.ports import Acting
from unleak.rotate.rotation import Options

OPTIONS = {"quiet": "quiet", "grace": "grace", "wait": "wait", "poll": "every", "aws_profile": "profile",
           "region": "region", "admin": "admin", "value_from": "value_from", "same_user": "same_user"}  # fmt: skip
"""The fields of Options that a setting fills as it is."""
LISTS = {"consumers": "consumers", "restarts": "restarts"}


@dataclass(frozen=True, slots=True)
class Where:
    """Where the key is, and what is known of it."""

    targets: tuple[str, ...]
    stores: tuple[str, ...]
    parts: tuple[str, ...]


def options(entry: Entry, said: Options, given: frozenset[str]) -> Options:
    """What the entry says, but for the fields that the command line has `given`."""
    found: dict[str, Any] = {
        field: entry.settings[name] for name, field in OPTIONS.items() if name in entry.settings
    }
    found |= {field: tuple(entry.settings[name]) for name, field in LISTS.items() if name in entry.settings}
    if "order" in entry.settings:
        found["contain_first"] = entry.settings["order"] == "contain-first"
    return replace(said, **{field: value for field, value in found.items() if field not in given})


def where(entry: Entry, said: Where) -> Where:
    """The same; a target or store on the command line stands for all of the entry's."""
    named = said.targets or said.stores
    parts: Mapping[str, str] = entry.settings.get("parts", {})
    return Where(
        said.targets if named else tuple(entry.settings.get("targets", ())),
        said.stores if named else tuple(entry.settings.get("stores", ())),
        (*(f"{name}={value}" for name, value in parts.items()), *said.parts),
    )


def check(entry: Entry) -> None:
    """UsageError if something that it names is of no known form. Asks nobody."""
    for problem in _problems(entry):
        raise UsageError(f"keys {entry.name}: {problem.message}", problem.hint)


def _problems(entry: Entry) -> Iterator[UsageError]:
    chosen = options(entry, Options(), frozenset())
    calls: list[tuple[Callable[[str], object], str]] = [
        (reference, one) for one in entry.settings.get("targets", ())
    ]
    calls += [(rotation_wiring.consumer, one) for one in chosen.consumers]
    calls += [(lambda ref: restart_of(ref, chosen), one) for one in chosen.restarts]
    for call, one in calls:
        try:
            call(one)
        except UsageError as error:
            yield error
    for store in entry.settings.get("stores", ()):
        if store not in SEARCHABLE:
            yield UsageError(
                f"no store that can be searched is called {store}", f"known: {', '.join(SEARCHABLE)}"
            )


def approve(entry: Entry, acting: Acting, *, yes: bool) -> None:
    """Get the plan approved as the configuration wants it. UsageError if it is not."""
    user, wanted = getpass.getuser(), entry.settings.get("approvers", [])
    if wanted and not any(fnmatchcase(name, one) for one in wanted for name in (user, acting.principal)):
        raise UsageError(
            f"{user} may not approve this, nor does {acting.principal} act for somebody who may; nothing was changed",
            f"approvers of {entry.name or 'all keys'}: {', '.join(wanted)}",
        )
    if yes and entry.settings.get("approval") == "person":
        raise UsageError(
            "the configuration wants a person to approve this; nothing was changed", "leave out --yes"
        )
    if not yes and terminal.ask("\nExecute this plan? Type yes: ").lower() not in {"y", "yes"}:
        raise UsageError("not approved; nothing was changed")
