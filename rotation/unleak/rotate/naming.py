"""Which of the listed keys may be the leaked one, where the provider does not tell which it is."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from unleak.core.rotating import ACTING_ID, NAMED, NONE, Rotating
from unleak.core.secret import Secret
from unleak.rotate.rows import Row
from unleak.verify import judge

GAP = re.compile(r"\*+|\.{2,}|[…•]+")
"""Stands in a hint for what is left out."""
PROOF = 16
"""Characters of a key in its hint, from which on that proves which key it is."""
SHOWN = 20
"""Keys that a person is shown, at most."""
WIDEST = 40
"""Characters of a key's name that a person is shown."""


@dataclass(frozen=True, slots=True)
class Leaked:
    """What is known of the leaked key when a person has to tell which one it is."""

    secret: Secret
    key_id: str
    """As the person says; empty if nothing was said."""
    acting_id: str
    """The key that acts, or NONE; empty if nothing was said."""
    among: bool
    """Whether the credential that acts may be one of the keys that are listed."""
    now: datetime


def fits(hint: str, secret: Secret) -> bool:
    """Whether a key that is listed with this hint may be `secret`. Without a gap, a hint is the whole key."""
    head, tail = _ends(hint)
    value = secret.reveal()
    if tail is None:
        return value == head
    return len(head) + len(tail) <= len(value) and value.startswith(head) and value.endswith(tail)


def proves(hint: str, secret: Secret) -> bool:
    """Whether the hint holds so much of the key that it can be no other."""
    head, tail = _ends(hint)
    return bool(hint) and fits(hint, secret) and len(head) + len(tail or "") >= PROOF


def refusal(rows: Iterable[Row], leaked: Leaked) -> str:
    """Why the key that a person named, or did not name, cannot be taken for the leaked one; empty if it can be."""
    listed = list(rows)
    reasons = {row.key.id: _against(row, leaked) for row in listed}
    possible = [row for row in listed if not reasons[row.key.id]]
    if leaked.among and not leaked.acting_id:
        return ("the credential that acts may be one of these keys as well, and is not to be taken for the leaked "
                f"one: say which it is with --part {ACTING_ID}=ID, or {ACTING_ID}={NONE}:"
                f"{_shown(listed, leaked.secret)}")  # fmt: skip
    if not leaked.key_id:
        return ("the provider does not tell which of its keys it is; say so with --key-id ID. It can be one "
                f"of these:{_shown(possible, leaked.secret)}")  # fmt: skip
    return reasons.get(leaked.key_id, "")


def hinted(rows: Iterable[Row], secret: Secret) -> str:
    """The id of the one listed key whose hint proves that it is `secret`; empty if there is none, or several."""
    found = [row.key.id for row in rows if proves(row.hint, secret)]
    return found[0] if len(found) == 1 else ""


def shown(rows: Iterable[Row], look: Callable[[str], Row | None], secret: Secret) -> str:
    """The id of the listed key that `look` shows to be `secret`; empty if it shows none."""
    fitting = [row.key.id for row in rows if not row.hint or fits(row.hint, secret)]
    return next((key_id for key_id in fitting[:SHOWN] if same(look(key_id), secret)), "")


def same(row: Row | None, secret: Secret | None) -> bool:
    """Whether the provider shows that this key is `secret`."""
    return bool(row and row.secret and secret and row.secret.reveal() == secret.reveal())


def unproved(said: Rotating, key_id: str, *, proved: bool) -> list[str]:
    """What a plan says of a key that a person named; nothing of others."""
    if said.id != NAMED or proved:
        return []
    start = f"nothing but your word tells that {key_id} is the leaked key, whose rights the new one gets"
    return _then(start, key_id, back=said.disable is not None)


def to_end(key_id: str, *, back: bool) -> list[str]:
    """The same, where a person makes the new one. `back`: a wrong one can be made to work again."""
    return _then(f"nothing but your word tells that {key_id} is the leaked key", key_id, back=back)


def _then(start: str, key_id: str, *, back: bool) -> list[str]:
    if back:
        return [f"{start}: it is disabled first and the leaked key is asked; if that lives on, {key_id} is enabled "
                "again and nothing is revoked"]  # fmt: skip
    return [f"{start}: once {key_id} is revoked, the leaked key is asked; if that lives on, whatever used {key_id} "
            "fails, and the right one has to be revoked by hand"]  # fmt: skip


def _against(row: Row, leaked: Leaked) -> str:
    """Why a listed key cannot be the leaked one, which lives."""
    key = row.key
    if key.id == leaked.acting_id:
        return "it is the one that acts"
    if not key.active or (key.expires and key.expires < leaked.now):
        return "it is not active, while the leaked key lives: it is another one"
    other = row.secret is not None and not same(row, leaked.secret)
    if other or (row.hint and not fits(row.hint, leaked.secret)):
        return "it begins or ends in another way than the leaked key: it is another one"
    return ""


def _ends(hint: str) -> tuple[str, str | None]:
    """The beginning and the end that a hint tells; None for the end if it has no gap."""
    pieces = GAP.split(hint)
    return pieces[0], pieces[-1] if len(pieces) > 1 else None


def _shown(rows: list[Row], secret: Secret) -> str:
    """The keys as the provider lists them, the newest first, one a line."""
    if not rows:
        return " none of those that it lists"
    newest = sorted(rows, key=lambda row: f"{row.key.created or ''}", reverse=True)
    lines = [f"\n  {_line(row.key.id, secret)}  {_line(row.name, secret) or '(no name)'}{_dates(row)}"
             for row in newest[:SHOWN]]  # fmt: skip
    more = len(rows) - SHOWN
    return "".join(lines) + (f"\n  and {more} older ones" if more > 0 else "")


def _dates(row: Row) -> str:
    told = (("made", row.key.created), ("last used", row.last_used), ("expires", row.key.expires))
    return "".join(f", {word} {at:%Y-%m-%d}" for word, at in told if at)


def _line(text: str, secret: Secret) -> str:
    """A provider's text, short and printable; nothing of one that holds a piece of the key."""
    line = judge.shown(text, secret)
    return line if len(line) <= WIDEST else f"{line[: WIDEST - 1]}…"
