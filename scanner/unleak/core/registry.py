"""Tables that name the modules of a folder and import one when it is asked for."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Generic, TypeVar

Thing = TypeVar("Thing")


class Registry(Mapping[str, Thing], Generic[Thing]):
    """Maps public names to `module:attribute` of one package, imported on first use.

    A test holds every table against its folder, so a new module is one file and one line here.
    """

    def __init__(self, package: str, table: Mapping[str, str]) -> None:
        self.package = package
        self.table = dict(table)

    def __getitem__(self, name: str) -> Thing:
        module, attribute = self.table[name].split(":")
        found: Any = getattr(import_module(f"{self.package}.{module}"), attribute)
        return found  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[str]:
        return iter(self.table)

    def __len__(self) -> int:
        return len(self.table)
