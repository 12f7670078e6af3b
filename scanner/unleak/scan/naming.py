"""Names the service of a secret that a generic rule found, when the name that it is assigned to tells it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from unleak.core.model import Rule
from unleak.scan.judging import judge
from unleak.scan.patterns import begins, widths

PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
"""A part of a name: `NEW`, `Relic`, `8`."""
MOST = 5
"""Parts of a name that make up the name of a service at most."""
LONGER = 1.5
"""How many times as long as a key a value may be that begins like one."""
LONG = 90
"""Characters of a long key: few other things are as long."""
PLAIN = frozenset({"placeholder", "entropy", "mixed", "password", "published"})
"""Checks that look at how random a value is; all others prove its structure."""
SHORTEST = 3
"""Characters of the name of a service at least."""
GENERIC = frozenset(
    re.findall(
        r"\w+",
        "access account api app auth azure bot client cloud code credential dev hook id key license live master oauth"
        " password personal private prod production public refresh sandbox secret server service storage test"
        " token url user username web webhook",
    )
)
"""Parts of names that tell no service."""

PASSING = re.compile(
    r"""(?xi) (?: next | prev (?: ious )? | page | pagination | continuation | cursor | forward | backward | change
    | action | lock | update | idempotency | client [_-]? request | public [_-]? key )
    [_-]? tokens? [^0-9a-z]{0,12} \Z"""
)
"""Names of tokens that open nothing: they mark a page, a version, a request or an assembly."""


class Naming:
    """Knows the names of all services of a rule set, and the forms of their keys."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._services: dict[str, Rule] = {}
        self._forms: dict[str, list[Rule]] = {}
        for rule in rules:
            if rule.guest:  # its words and forms would decide what becomes of the findings of others
                continue
            if rule.bound and rule.context:
                self._forms.setdefault(rule.service, []).append(rule)
            for word in rule.context:
                pieces = re.split(r"[-_. ]", word)
                if len("".join(pieces)) >= SHORTEST and not GENERIC.issuperset(pieces):
                    self._services.setdefault("".join(pieces), rule)

    def named(self, rule: Rule, text: str, value: str) -> Rule | None:
        """`rule` as one of the service that `text`, the name of a variable, tells; itself if it tells none.

        The value has to be like a key of the service, which it is not (its own rule would have found it);
        None if it is not: then it is cut off, or something else, or that rule knows better.
        """
        if PASSING.search(text):
            return None
        found = max((word for word in _words(text) if word in self._services), key=len, default=None)
        if found is None:
            return rule
        service = self._services[found]
        forms = self._forms.get(service.service, ())
        like = [form for form in forms if _like(form.pattern, value)]
        if not like or any(_refuses(form, value) for form in like):
            return None
        return replace(
            rule,
            service=service.service,
            service_title=service.service_title,
            title=f"{service.service_title} credential, by its name",
            docs=service.docs,
            replacement=service.replacement,
        )


def _words(text: str) -> Iterator[str]:
    """Everything that stands in `text` from the beginning of one part of a name to the end of another."""
    pieces = [piece.lower() for piece in PIECE.findall(text)]
    for start in range(len(pieces)):
        for end in range(start + 1, min(start + MOST, len(pieces)) + 1):
            yield "".join(pieces[start:end])


def _like(form: str, value: str) -> bool:
    """Whether `value` begins like a key of `form`; a long one may differ if it is as long."""
    shortest, longest = widths(form)
    return len(value) <= LONGER * begins(form, value) or (
        len(value) >= LONG and shortest <= len(value) <= longest
    )


def _refuses(form: Rule, value: str) -> bool:
    """Whether the rule would know a key if it were one: by its structure, or its form with all that goes with it."""
    if not PLAIN.issuperset(form.checks):
        return True
    if begins(form.pattern, value) < len(value):
        return False
    return judge(form, value) is None or any(half.required for half in form.halves)
