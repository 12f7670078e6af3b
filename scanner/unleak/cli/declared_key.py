"""Leaked keys of services whose rule file says how they are replaced: by [rotate], or by a person at its console."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from unleak.cli import verify
from unleak.core.errors import UsageError
from unleak.core.model import Rule, confidential
from unleak.core.rotating import ACTING_ID, ADMIN, ID, KEY_ID, NAMED, PAGE, TOLD
from unleak.core.secret import Secret
from unleak.core.verification import SECRET, Request, names, owned
from unleak.rotate.forms import FORMS
from unleak.rotate.ports import Trait
from unleak.rotate.rotation import Rotation
from unleak.scan import pairing, rulefile, ruleset
from unleak.scan.patterns import spans
from unleak.scan.record_shape import FindingRecord

if TYPE_CHECKING:
    from unleak.rotate.providers import by_hand, declared

Kind: TypeAlias = "declared.Kind | by_hand.Kind"
_HOST = re.compile(r"\A(?:https://)?([^/?#]*)")
"""Of the address of a request."""


def definition(rule_id: str) -> rulefile.Definition | None:
    """The rule, if its keys can be replaced by what its file says. UsageError if there is no such rule."""
    slug = rule_id.partition(".")[0]
    found = [one for path in ruleset.files() if path.stem == slug for one in rulefile.read(path)]
    rule = next((one for one in found if one.rule.id == rule_id), None)
    if rule is None:
        raise UsageError("There is no such rule.", "`unleak rules list` shows all.")
    return rule if rule.rotation or rule.by_hand else None


def required(rule_id: str) -> rulefile.Definition:
    """The same, of a rule that the user names. UsageError if its keys are not replaced by its file."""
    found = definition(rule_id)
    if found is None:
        raise UsageError(
            f"keys of {rule_id} cannot be rotated: no provider tells whether one of them lives, or where they are made",
            "docs/rotation.md says which can be",
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


def kind(
    found: rulefile.Definition, seen: Mapping[str, str], given: Mapping[str, str], *, acting: bool = True
) -> Kind:
    """The kind of keys, with the parts that were `seen` beside the key and those that the user gave.

    Without a credential that is `acting`, a person replaces keys that can be replaced either way.

    Only the user may say to which host new and acting credentials are sent. UsageError if that is missing.
    """
    by_program = bool(found.rotation) and (acting or not found.by_hand)
    listed = not by_program and found.revocation is not None and found.revocation.listing is not None
    asked = found if acting or not listed else replace(found, revocation=None)  # then a person does all of it
    requests = list(_requests(asked, by_program))
    chosen, defaulted = hosts(asked, by_program), {name for one in requests for name, _ in one.defaults}
    for name in sorted(chosen - set(given) - defaulted):
        raise UsageError(
            f"the host of {found.rule.service_title} has to be named: --part {name}=https://…",
            "an address that stands beside a leaked key is not trusted with the credential that acts",
        )
    used = set().union(*(names(text) for request in requests for text in request.templates()))
    if found.rotation and by_program:
        used |= {found.rotation.id.removeprefix("part:"), ACTING_ID}
    parts = {
        name: value
        for name, value in {**seen, **given}.items()
        if name in used and not confidential(name) and (name in given or name not in chosen)
    }
    within = {half.name for half in found.rule.halves if half.within == 0}
    told = found.given | {half.name for half in found.rule.halves} | {found.rule.part}
    needed = used - within - {SECRET, ADMIN, ID, PAGE, *TOLD}
    needed &= told if by_program else used
    if missing := sorted(needed - set(parts) - defaulted):
        raise UsageError(
            f"what is asked about the key needs its {missing[0]}", f"add --part {missing[0]}=VALUE"
        )
    by_person = by_program and found.rotation is not None and found.rotation.id == NAMED
    if listed and acting and KEY_ID in given:  # it is needed again when the rotation goes on
        parts[KEY_ID] = given[KEY_ID]
    return _made(found, parts, given.get(KEY_ID, "") if by_person else "", by_program=by_program)


def of_rotation(rotation: Rotation) -> Kind:
    """The kind of keys of a rotation that was begun, with the parts that its ledger tells."""
    parts = {name: value for name, value in rotation.identity.details.items() if isinstance(value, str)}
    by_program = Trait.BY_HAND not in rotation.traits
    return _made(required(rotation.options.rule), parts, by_program=by_program)


def canonical(kind: Kind) -> Callable[[str], str]:
    """What the fingerprint of such a key is made of."""
    from unleak.rotate.providers import declared

    form = kind.said.form if isinstance(kind, declared.Kind) else ""
    return FORMS[form].canonical if form else str


def hosts(found: rulefile.Definition, by_program: bool) -> set[str]:
    """The parts that name a host which the rule file does not."""
    if found.rotation and by_program:
        asked = (_HOST.match(exchange.request.url) for exchange in found.rotation.exchanges())
        return set().union(*(names(host[1]) for host in asked if host))
    return set().union(*map(_choosing, _requests(found, by_program)))


def _choosing(request: Request) -> set[str]:
    """The parts that say alone which host is asked, with no owner behind its name."""
    host = _HOST.match(request.url)
    if host is None or request.hosts or owned(host[1].rpartition("}")[2].partition(":")[0]):
        return set()
    return names(host[1])


def _requests(found: rulefile.Definition, by_program: bool) -> Iterator[Request]:
    exchanges = list(found.rotation.exchanges()) if found.rotation and by_program else []
    exchanges += list(found.revocation.exchanges()) if found.revocation and not by_program else []
    yield from (exchange.request for exchange in exchanges)
    if found.rotation and by_program and found.rotation.verify:
        yield found.rotation.verify.request
    elif found.rule.verification:
        yield found.rule.verification.request


def _made(
    found: rulefile.Definition, parts: Mapping[str, str], key_id: str = "", *, by_program: bool
) -> Kind:
    from unleak.rotate.providers import by_hand, declared  # import httpx, which AWS's keys do not need

    named = bool(hosts(found, by_program) & set(parts))
    rules = [one.rule for one in rulefile.read(found.path) if _alike(found, one)]
    forms = [rule.companion.pattern if rule.companion else rule.pattern for rule in rules]

    form = FORMS[found.rotation.form] if found.rotation and found.rotation.form else None

    def candidates(text: str) -> list[str]:
        """In any form that such keys have: the service may have changed it since the old one was issued."""
        if form:
            return form.candidates(text)
        data = text.encode("utf-8", "surrogateescape")
        matches = [span for form in forms for span in spans(form, data, 0, len(data))]
        values = (data[span.value_start : span.value_end] for span in matches)
        return list(dict.fromkeys(value.decode("utf-8", "surrogateescape") for value in values))

    if found.rotation and by_program:
        return declared.Kind(found.rule, found.rotation, parts, candidates, named, key_id)
    return by_hand.Kind(found.rule, found.revocation, parts, candidates, _inside(found.rule), named)


def _alike(found: rulefile.Definition, other: rulefile.Definition) -> bool:
    """Whether keys of `other` may take the place of those of `found`."""
    if found.rotation:
        return other.rule.id in found.rotation.rules
    outdated = found.rule.id.endswith("-older") and found.rule.verification == other.rule.verification
    return outdated or found.rule.id == other.rule.id


def _inside(rule: Rule) -> Callable[[str], dict[str, str]]:
    """Finds the public parts within a key of the rule."""
    wanted = [half for half in rule.halves if half.within == 0]

    def parts(value: str) -> dict[str, str]:
        data = value.encode("utf-8", "surrogateescape")
        whole = next(spans(rule.pattern, data, 0, len(data)), None)
        found = pairing.halves(wanted, data, whole) if whole else ()
        return {half.name: data[span.value_start : span.value_end].decode() for half, span in found}

    return parts
