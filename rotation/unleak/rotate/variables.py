"""Stores of single variables: a secret is those variables of one place that hold the key.

A place is what services are given as a whole, such as a config of Doppler. It may hold a hundred variables, and
only few of them have to do with the key. The others are neither kept nor written, and may change meanwhile. A
secret is named `PLACE?VARIABLE,VARIABLE`, and its text is a JSON object of their values.
"""

import json
from abc import abstractmethod
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from unleak.core.errors import AccessDenied, NotFound, OutcomeUnknown, RotationError
from unleak.core.fingerprint import fingerprint
from unleak.core.secret import Secret
from unleak.rotate.beside import Beside, Current, moved
from unleak.rotate.ports import Credential
from unleak.rotate.replace import occurs

Values = Mapping[str, Secret | None]
"""By the names of the variables; None for one that cannot be read."""
BEGUN = "begun"
"""The version under which a write of several calls is kept until the last of them."""


class Variables(Beside):
    """The `Store` port over what one store of variables can do; a store fills in the abstract methods."""

    at_once: ClassVar[bool] = True
    """Whether several variables are changed in one call."""

    @abstractmethod
    def places(self) -> Iterator[tuple[str, Values | None]]:
        """Every place; None for one that cannot be looked into."""

    @abstractmethod
    def variables(self, place: str) -> Values:
        """What it holds now. NotFound if there is no such place."""

    @abstractmethod
    def change(self, place: str, before: Mapping[str, Secret], after: Mapping[str, Secret]) -> None:
        """Give these variables, which have the values of `before`, those of `after`."""

    # --- reading ---------------------------------------------------------------------------------

    def everything(self) -> Iterator[tuple[str, Current | None]]:
        """The places, and for each the variables in it that cannot be read."""
        for place, values in self.places():
            if values is None:
                yield place, None
                continue
            known = {name: value for name, value in values.items() if value is not None}
            yield place, _current(known)
            if hidden := values.keys() - known.keys():
                yield _name(place, hidden), None

    def place(self, given: str) -> str:
        """The one name of a place that may be written in several ways."""
        return given

    def part(self, name: str, now: Current, leaked: Credential) -> tuple[str, Current]:
        """The variables that hold the key, unless the name says which."""
        given, names = split(name)
        place = self.place(given)
        if names:
            return _name(place, names), now
        values = parsed(now.text)
        sought = (leaked.secret.reveal(), leaked.id)
        held = {
            variable: value
            for variable, value in values.items()
            if any(occurs(value.reveal(), half) for half in sought)
        }
        return (_name(place, held), _current(held)) if held else (name, now)

    def now(self, name: str) -> Current:
        """The variables that the name lists; without a list, all that can be read."""
        place, names = split(name)
        values = self.variables(place)
        known = {variable: value for variable, value in values.items() if value is not None}
        if absent := [variable for variable in names if variable not in values]:
            raise NotFound(
                f"there is no variable {', '.join(absent)} in {self.scheme}://{place}",
                "see that its name is right",
            )
        if hidden := [variable for variable in names if variable not in known]:
            raise AccessDenied(
                f"the value of {', '.join(hidden)} in {self.scheme}://{place} can only be written, not read",
                "make it readable, or replace it by hand",
            )
        return _current({variable: known[variable] for variable in names or known})

    # --- writing ---------------------------------------------------------------------------------

    def normal(self, name: str, text: Secret) -> Secret:
        """In the order of the names."""
        try:
            return _text(parsed(text))
        except (ValueError, AttributeError):
            raise RotationError(f"the new text of {name} is no JSON object", "undo this rotation") from None

    def write(self, name: str, text: Secret, expected: Current) -> None:
        """Only the variables whose value is another one. Several calls are begun and settled."""
        if self.now(name).version != expected.version:
            raise moved(f"{self.scheme}://{name}")
        was, will = parsed(expected.text), parsed(text)
        before = {variable: value for variable, value in was.items() if will[variable] != value}
        after = {variable: will[variable] for variable in before}
        if self.at_once or len(after) == 1:
            self.change(split(name)[0], before, after)
            return
        both = {"before": _text(before).reveal(), "after": _text(after).reveal()}
        self.keep(name, BEGUN, Secret(json.dumps(both)))
        self.settle(name)
        if self.now(name).text != text:
            raise moved(f"{self.scheme}://{name}")

    def settle(self, name: str) -> None:
        """Make the calls that are left of a write; none if somebody has changed one of its variables since."""
        begun = self.kept(name).get(BEGUN)
        if begun is None:
            return
        both = json.loads(begun.reveal())
        before, after = parsed(Secret(both["before"])), parsed(Secret(both["after"]))
        place, _ = split(name)
        now = self.variables(place)
        if all(now.get(variable) in (before[variable], after[variable]) for variable in after):
            try:
                self._one_by_one(place, before, after)
            except OutcomeUnknown:
                raise
            except RotationError:  # half of a pair is worse than the old one
                self._one_by_one(place, after, before)
                self.drop(name, BEGUN)
                raise
        self.drop(name, BEGUN)

    def _one_by_one(self, place: str, before: Mapping[str, Secret], after: Mapping[str, Secret]) -> None:
        now = self.variables(place)
        for variable, value in after.items():
            if now[variable] != value:
                self.change(place, {variable: before[variable]}, {variable: value})


def split(name: str) -> tuple[str, list[str]]:
    """The place, and the variables that are listed."""
    place, _, names = name.partition("?")
    return place, [variable for variable in names.split(",") if variable]


def packed(version: str, text: Secret) -> str:
    """A text with its version, in characters that mean nothing to any store."""
    return b64encode(json.dumps({"version": version, "text": text.reveal()}).encode()).decode()


def unpacked(value: str) -> tuple[str, Secret] | None:
    """What `packed` made; None for anything else."""
    try:
        found = json.loads(b64decode(value, validate=True))
        return str(found["version"]), Secret(str(found["text"]))
    except (ValueError, KeyError, TypeError):
        return None


def _name(place: str, names: Iterable[str]) -> str:
    return f"{place}?{','.join(sorted(names))}"


def _current(values: Mapping[str, Secret]) -> Current:
    text = _text(values)
    return Current(fingerprint(text.reveal()), text)


def _text(values: Mapping[str, Secret]) -> Secret:
    plain = {name: value.reveal() for name, value in values.items()}
    return Secret(json.dumps(plain, sort_keys=True, ensure_ascii=False))


def parsed(text: Secret) -> dict[str, Secret]:
    """The values by the names of their variables. ValueError or AttributeError for a text of another form."""
    return {name: Secret(str(value)) for name, value in json.loads(text.reveal()).items()}
