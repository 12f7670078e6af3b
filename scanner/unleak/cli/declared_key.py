"""Leaked keys of services whose rule file says by [rotate] how they are replaced."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from unleak.cli import verify
from unleak.core.errors import UsageError
from unleak.core.model import confidential
from unleak.core.rotating import Rotating
from unleak.core.secret import Secret
from unleak.core.verification import names
from unleak.rotate.rotation import Rotation
from unleak.scan import rulefile, ruleset
from unleak.scan.patterns import spans
from unleak.scan.record_shape import FindingRecord

if TYPE_CHECKING:
    from unleak.rotate.providers.declared import Kind

_HOST = re.compile(r"\A(?:https://)?([^/?#]*)")
"""Of the address of a request."""


def definition(rule_id: str) -> rulefile.Definition | None:
    """The rule with its [rotate]; None if its file has none for it. UsageError if there is no such rule."""
    slug = rule_id.partition(".")[0]
    found = [one for path in ruleset.files() if path.stem == slug for one in rulefile.read(path)]
    rule = next((one for one in found if one.rule.id == rule_id), None)
    if rule is None:
        raise UsageError("There is no such rule.", "`unleak rules list` shows all.")
    return rule if rule.rotation else None


def required(rule_id: str) -> rulefile.Definition:
    """The same, of a rule that the user names. UsageError if its keys are not replaced by its file."""
    found = definition(rule_id)
    if found is None:
        raise UsageError(
            f"keys of {rule_id} cannot be rotated by a rule file", "docs/rotation.md lists those that can"
        )
    return found


def recognised(text: str) -> tuple[rulefile.Definition, Secret, dict[str, str]] | None:
    """The one key that the rules find in `text`, with its public parts; None if it cannot be rotated."""
    try:
        key = verify.recognised(ruleset.load(), text, {})
    except UsageError:
        return None
    found = definition(key.rule.id)
    return (found, key.secret, key.parts) if found else None


def parts_of(found: FindingRecord) -> dict[str, str]:
    """The public parts of a finding."""
    return {part["name"]: part["value"] for part in found["parts"] if part["value"]}


def kind(found: rulefile.Definition, seen: Mapping[str, str], given: Mapping[str, str]) -> "Kind":
    """The kind of keys, with the parts that were `seen` beside the key and those that the user gave.

    Only the user may say to which host the acting credential is sent. UsageError if that is missing.
    """
    said = found.rotation
    if said is None:
        raise UsageError(f"keys of {found.rule.id} cannot be rotated by a rule file")
    for name in sorted(hosts(said) - set(given)):
        raise UsageError(
            f"the host of {found.rule.service_title} has to be named: --part {name}=https://…",
            "an address that stands beside a leaked key is not trusted with the credential that acts",
        )
    used = set().union({said.id.removeprefix("part:")}, *(names(text) for text in _templates(found)))
    parts = {
        name: value for name, value in {**seen, **given}.items() if name in used and not confidential(name)
    }
    return _made(found, said, parts)


def of_rotation(rotation: Rotation) -> "Kind":
    """The kind of keys of a rotation that was begun, with the parts that its ledger tells."""
    found = required(rotation.options.rule)
    parts = {name: value for name, value in rotation.identity.details.items() if isinstance(value, str)}
    return _made(found, found.rotation, parts) if found.rotation else kind(found, {}, parts)


def hosts(said: Rotating) -> set[str]:
    """The parts that name the host which requests are sent to."""
    found = (_HOST.match(exchange.request.url) for exchange in said.exchanges())
    return set().union(*(names(host[1]) for host in found if host))


def _templates(found: rulefile.Definition) -> Iterator[str]:
    exchanges = found.rotation.exchanges() if found.rotation else ()
    for exchange in exchanges:
        yield from exchange.request.templates()
    if found.rule.verification:
        yield from found.rule.verification.request.templates()


def _made(found: rulefile.Definition, said: Rotating, parts: Mapping[str, str]) -> "Kind":
    from unleak.rotate.providers.declared import Kind  # imports httpx, which AWS's keys do not need

    forms = [one.rule.pattern for one in rulefile.read(found.path) if one.rule.id in said.rules]

    def candidates(text: str) -> list[str]:
        """In any form that such keys have: the service may have changed it since the old one was issued."""
        data = text.encode("utf-8", "surrogateescape")
        matches = [span for form in forms for span in spans(form, data, 0, len(data))]
        values = (data[span.value_start : span.value_end] for span in matches)
        return list(dict.fromkeys(value.decode("utf-8", "surrogateescape") for value in values))

    return Kind(found.rule, said, parts, candidates)
