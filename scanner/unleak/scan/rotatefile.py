"""Reads `[rotate]` and `[[revoke]]` of a rule file; docs/rotation-rules.md has the format."""

import re
from collections.abc import Mapping

from unleak.core import verification
from unleak.core.rotating import (
    ADMIN,
    EXPIRY,
    ID,
    IDS,
    KEY,
    NAME,
    NAMED,
    PAGE,
    TOLD,
    WHO,
    Exchange,
    Remark,
    Revoking,
    Rotating,
)
from unleak.core.verification import FIELDS, SECRET, Verification
from unleak.scan.table import Table
from unleak.scan.verifyfile import conditions, request

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
FORMS = ("pem",)
"""Of keys within other texts; the table of unleak.rotate.forms has the same."""
OURS = {SECRET, ADMIN, ID, NAME, PAGE, *EXPIRY}
"""Placeholders that have a meaning of their own."""


def read(top: Table, parts: Mapping[str, set[str]]) -> tuple[Rotating, ...]:
    """The tables of a file. `parts` are the public parts of each rule of the file, by its id.

    Raises UsageError naming file and reason.
    """
    return tuple(_rotating(table, parts) for table in top.one_or_more("rotate"))


def revocations(top: Table, parts: Mapping[str, set[str]]) -> tuple[Revoking, ...]:
    """The `[[revoke]]` of a file. Raises UsageError naming file and reason."""
    return tuple(_revoking(table, parts) for table in top.tables("revoke"))


def _revoking(table: Table, parts: Mapping[str, set[str]]) -> Revoking:
    rules, admin = _rules(table, parts), table.line("admin", "")
    listing, back = _exchange(table, "list", row=True), _exchange(table, "back")
    exchange = Exchange(request(table, METHODS), conditions(table, "done"), conditions(table, "gone"))
    table.close()
    if not exchange.done:
        table.fail("`done` is missing: the answers to a request that was accepted")
    found = Revoking(rules, exchange, admin, listing, back)
    if back and not listing:
        table.fail("`back` goes with `list`")
    used = {
        name
        for one in found.exchanges()
        for text in one.request.templates()
        for name in verification.names(text)
    }
    ours = {ADMIN, ID, PAGE} if listing else {SECRET, ADMIN}
    known = set.intersection(*(parts[name] for name in rules))
    if unknown := sorted(used - ours - set(TOLD) - known - set(dict(exchange.request.defaults))):
        table.fail(f"there is no {{{unknown[0]}}}: name a part of all its rules")
    if (ID if listing else SECRET) not in used:
        table.fail("{secret} stands nowhere in the request, which would not say what to revoke")
    if (ADMIN in used) != bool(admin):
        table.fail("`admin` says what the credential in {admin} has to be; give both or none")
    return found


def _rules(table: Table, parts: Mapping[str, set[str]]) -> tuple[str, ...]:
    rules = table.texts("rules")
    for name in rules:
        if name not in parts:
            table.fail(f"`rules`: there is no rule {name} in this file")
    return rules


def _rotating(table: Table, parts: Mapping[str, set[str]]) -> Rotating:
    rules = _rules(table, parts)
    listing = _exchange(table, "list", row=True)
    issue, revoke = _exchange(table, "issue"), _exchange(table, "revoke")
    if listing is None or issue is None or revoke is None:
        table.fail("`list`, `issue` and `revoke` are needed, each with `request` and `done`")
    found = Rotating(
        rules=rules,
        admin=table.line("admin"),
        id=_id(table, set.intersection(*(parts[name] for name in rules))),
        pair=table.flag("pair"),
        issue=issue,
        listing=listing,
        revoke=revoke,
        get=_exchange(table, "get", row=True),
        disable=_exchange(table, "disable"),
        enable=_exchange(table, "enable"),
        acting=_exchange(table, "acting"),
        value=_exchange(table, "value"),
        learn=tuple(_exchange_of(inner) for inner in table.tables("learn")),
        same=table.texts("same", ()),
        defaults=table.mapping("defaults"),
        days=table.number("days") if "days" in table else 0,
        form=table.choice("form", (*FORMS, ""), ""),
        direct=_pattern(table, "direct"),
        by_hand=table.flag("by_hand"),
        refuse=_remarks(table, "refuse"),
        warn=_remarks(table, "warn"),
        verify=_verify(table),
        among=table.flag("among"),
    )
    table.close()
    _check(table, found, set.intersection(*(parts[name] for name in rules)))
    return found


def _pattern(table: Table, key: str) -> str:
    written = table.text(key, "")
    try:
        re.compile(written)
    except re.error:
        table.fail(f"`{key}` is no regular expression")
    return written


def _id(table: Table, parts: set[str]) -> str:
    name = table.line("id")
    kind, _, part = name.partition(":")
    if kind not in IDS or (kind == "part") != bool(part) or (part and part not in parts):
        table.fail(
            f"`id` has to be one of {', '.join(IDS)}; `part:NAME` names a public part of all its rules"
        )
    return name


def _exchange(outer: Table, key: str, *, row: bool = False) -> Exchange | None:
    table = outer.table(key)
    return _exchange_of(table, row=row) if table else None


def _exchange_of(table: Table, *, row: bool = False) -> Exchange:
    made = Exchange(
        request(table, METHODS),
        conditions(table, "done"),
        conditions(table, "gone"),
        conditions(table, "full"),
        table.mapping("take"),
        table.line("rows") if row else "",
        table.line("next", "") if row else "",
        0 if row and table.flag("from_zero") else 1,
    )
    if not made.done:
        table.fail("`done` is missing: the answers that prove that it was done")
    table.close()
    return made


def _verify(outer: Table) -> Verification | None:
    table = outer.table("verify")
    if table is None:
        return None
    asked = Verification(request(table), conditions(table, "live"), conditions(table, "dead"))
    if not (asked.live and asked.dead):
        table.fail("`live` and `dead` are needed: what a key is answered while it works, and after that")
    table.close()
    return asked


def _remarks(outer: Table, key: str) -> tuple[Remark, ...]:
    remarks = []
    for table in outer.one_or_more(key):
        remarks.append(Remark(table.line("json", "`true`"), table.line("text")))
        table.close()
    return tuple(remarks)


def _check(table: Table, found: Rotating, parts: set[str]) -> None:
    """Refuse what could not work: values that nothing gives, and halves of what belongs together."""
    rows = dict(found.listing.take) | (dict(found.get.take) if found.get else {})
    learned = {name for exchange in found.learn for name, _ in exchange.take}
    signed_in = {name for name, _ in found.acting.take} - set(WHO) if found.acting else set()
    known = OURS | parts | learned | signed_in | set(rows) - set(KEY) | set(dict(found.defaults))
    for exchange in found.exchanges():
        used = set().union(*map(verification.names, exchange.request.templates()))
        for name in sorted(used - known - set(dict(exchange.request.defaults))):
            table.fail(f"there is no {{{name}}}: take it from an answer, give a default, or name a part")
    if not {"id", "secret"} & set(rows):
        table.fail("`list` has to take `id`, or `secret` where the id is a hash of the key")
    if not {"name", "created"} & set(rows):
        table.fail(
            "`list` or `get` has to take `name`, by which an issued key is found again, or at least `created`"
        )
    if found.value and "secret" not in dict(found.value.take):
        table.fail("`value` has to take `secret`, the value of the key")
    if found.id == "value" and not found.value:
        table.fail("`id` is `value`, so there has to be a `value`")
    if not found.value and "secret" not in dict(found.issue.take):
        table.fail("`issue` has to take `secret`, the new key")
    if (found.disable is None) != (found.enable is None):
        table.fail("`disable` and `enable` go together")
    if found.id == "taken" and "id" not in learned:
        table.fail("`id` is `taken`, so [[rotate.learn]] has to take `id`")
    if found.verify:
        asked = found.verify.request
        used = set().union(*map(verification.names, asked.templates()))
        for name in sorted(used - parts - {SECRET} - set(dict(asked.defaults))):
            table.fail(f"`verify`: there is no {{{name}}}: name a part of all its rules")
    if found.id == "hint" and "hint" not in dict(found.listing.take):
        table.fail("`id` is `hint`, so `list` has to take `hint`")
    if found.among and found.id != NAMED:
        table.fail("`among` goes with an `id` that is `named`")
    if unknown := sorted(set(found.same) - set(FIELDS) - learned - set(rows)):
        table.fail(f"`same`: there is no {unknown[0]}")
