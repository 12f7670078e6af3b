"""Chooses the service and the id of a foreign rule."""

import re
from collections.abc import Mapping

NOUNS = frozenset(
    re.findall(
        r"\w+",
        "access account api app application auth bearer bot client code credential credentials deploy hook id"
        " integration jwt key license live login oauth oauth2 password personal pat private prod public refresh"
        " secret service session sid string system test token tokens url user webhook",
    )
)
"""What keys are called, whoever issues them."""
LONGEST = 30
UNKNOWN = "imported"
"""The service of a rule whose id names none."""


def placed(name: str, services: Mapping[str, str]) -> tuple[str, str]:
    """The slug of the service that `name` begins with, and what is left; `services` maps slugs to titles."""
    words = re.findall(r"[a-z0-9]+", _divided(name).lower())
    for end in range(len(words), 0, -1):
        for slug in ("-".join(words[:end]), "".join(words[:end])):
            if slug in services and slug not in NOUNS:
                return slug, _joined(words[end:])
    end = len(words)
    while end and words[end - 1] in NOUNS:
        end -= 1
    numbered = words[-1:] if words and words[-1].isdigit() else []
    if numbered:  # `acme-key-2`: the number is no name
        end = len(words) - 1
        while end and words[end - 1] in NOUNS:
            end -= 1
    return _joined(words[:end], UNKNOWN), _joined(words[end:])


def title(slug: str, services: Mapping[str, str]) -> str:
    """The service's name as people write it, as far as that can be told."""
    return services.get(slug) or " ".join(word.capitalize() for word in slug.split("-"))


def free(wanted: str, taken: set[str]) -> str:
    """`wanted`, or with a number the first like it that is not taken."""
    found, number = wanted, 2
    while found in taken:
        found, number = f"{wanted}-{number}", number + 1
    return found


def _divided(name: str) -> str:
    """`ArtifactoryToken` as `Artifactory-Token`."""
    return name if " " in name else re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name)


def _joined(words: list[str], default: str = "key") -> str:
    return "-".join(words)[:LONGEST].strip("-") or default
