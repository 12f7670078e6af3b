"""Gives a hit another origin."""

from dataclasses import replace

from unleak.core.model import Hit, Location, Origin


def moved(hit: Hit, origin: Origin) -> Hit:
    """`hit` at the same place of `origin`, in the same member of an archive; its parts stand in the same content."""
    parts = tuple(replace(part, location=_at(part.location, origin)) for part in hit.parts)
    return replace(hit, location=_at(hit.location, origin), parts=parts)


def _at(location: Location, origin: Origin) -> Location:
    return replace(location, origin=replace(origin, member=location.origin.member))
