"""How a rule file says to replace keys of a service. docs/rotation-rules.md describes it to users.

Requests and conditions are those of `unleak.core.verification`. Their texts may also hold `{admin}` (the
credential that makes the changes), `{id}` (of the key in question), `{name}` (under which the new key is
issued), the expiry of the new key as EXPIRY has it, `{page}` of a list, and whatever was taken from answers.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from unleak.core.verification import Condition, Request, Verification

ADMIN, ID, NAME, PAGE = "admin", "id", "name", "page"
EXPIRY = ("expires", "expires_ms", "expires_on", "days", "hours", "lifetime")
"""When the new key expires: in ISO 8601, in milliseconds since 1970, as a date, in days, hours and seconds from now."""
WHO = ("id", "principal")
"""What is taken of the credential that acts: the public id of its key, and who it is."""
TOLD = {"told_account": "account", "told_principal": "principal", "told_id": "credential_id"}
"""What a `[[revoke]]` may hold besides, by the field of the identity that [identify] tells of the leaked key."""
KEY = ("id", "name", "created", "expires", "active", "last_used", "secret", "hint")
"""What `list` and `get` may take of a key for ourselves; all else that they take is for requests. `hint` is how the
key begins and ends, with `...` or `*` between."""
NAMED = "named"
"""Only a person can tell the id of the leaked key."""
IDS = ("identify", "taken", "sha256", "sha256-base64url", "part", "hint", "value", NAMED)
"""How the public id of a key is known: its [identify] or [[rotate.learn]] tells it, it is a hash of the key,
or a public part, which may stand in the key itself; it is that of the one key listed with a hint that fits and is
long enough to prove it; of the one whose value is the leaked key; or a person has to name it."""
KEY_ID, ACTING_ID = "key_id", "acting_id"
"""The parts by which a person names the leaked key, and the one that acts where that may stand in the same list."""
NONE = "none"
"""In place of ACTING_ID: the credential that acts is no such key."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, what its answers mean, and what is taken from them."""

    request: Request
    done: tuple[Condition, ...]
    """It was done."""
    gone: tuple[Condition, ...] = ()
    """There was nothing to do: the key is not there, or is as wanted already."""
    full: tuple[Condition, ...] = ()
    """The provider allows no more keys."""
    take: tuple[tuple[str, str], ...] = ()
    """JMESPath expressions by name: over `{body, header, status}`, or over a row."""
    rows: str = ""
    """Where the keys stand in the answer, or the one key; only of `list` and `get`."""
    next: str = ""
    """The `{page}` to ask for next, true for the number after this one's, null or false after the last; only of
    `list`."""
    first: int = 1
    """The number of the first page."""

    def expressions(self) -> Iterator[str]:
        """Every JMESPath expression of it."""
        yield from (one.json for one in (*self.done, *self.gone, *self.full) if one.json)
        yield from (path for _, path in self.take)
        yield from filter(None, (self.rows, self.next))


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to say of a key for which an expression over what was taken of it is true."""

    json: str
    text: str


@dataclass(frozen=True, slots=True)
class Revoking:
    """How keys of some rules are revoked, where no program may issue one."""

    rules: tuple[str, ...]
    """Ids of the rules."""
    revoke: Exchange
    """May hold `{secret}`, the leaked key. What it answers proves nothing: the key is asked about afterwards."""
    admin: str = ""
    """What the credential in `{admin}` has to be, in words; empty if there is no `{admin}`."""
    listing: Exchange | None = None
    """Lists keys, of which a person names the leaked one: `revoke` and `back` hold its `{id}` and not the key."""
    back: Exchange | None = None
    """Makes a key work again that was named wrongly."""

    def exchanges(self) -> Iterator[Exchange]:
        """All of them."""
        yield from (one for one in (self.revoke, self.listing, self.back) if one)


@dataclass(frozen=True, slots=True)
class Rotating:
    """How keys of some rules are replaced."""

    rules: tuple[str, ...]
    """Ids of the rules."""
    admin: str
    """What the credential that makes the changes has to be, in words."""
    id: str
    """One of IDS; `part:NAME` names the part."""
    pair: bool
    """Services use the id together with the key."""
    issue: Exchange
    listing: Exchange
    revoke: Exchange
    get: Exchange | None = None
    """Asks about one key, if `list` does not tell all."""
    disable: Exchange | None = None
    enable: Exchange | None = None
    value: Exchange | None = None
    """Takes the value, as `secret`, of one key that is listed, where neither the list nor `issue` tells it."""
    acting: Exchange | None = None
    """Asked first with the acting credential, if that is of another kind than the keys. It takes WHO, and whatever else
    requests may hold, such as a token for some minutes."""
    learn: tuple[Exchange, ...] = ()
    """Asked with the leaked key, before anything else."""
    same: tuple[str, ...] = ()
    """Fields of the identity, or what is taken of a key, in which the new key must not differ."""
    defaults: tuple[tuple[str, str], ...] = ()
    """Values that the provider does not tell of the old key: the narrowest."""
    days: int = 0
    """Until the new key expires if the old one does not; 0: it does not either."""
    form: str = ""
    """Of the keys in what services read, if the rule finds them in another: one of unleak.rotate.forms."""
    direct: str = ""
    """A regular expression: an acting credential of this form is itself what signing in would give."""
    by_hand: bool = False
    """Without a credential that acts, a person replaces them."""
    refuse: tuple[Remark, ...] = ()
    """Keys that cannot be replaced, and what to do instead."""
    warn: tuple[Remark, ...] = ()
    verify: Verification | None = None
    """Asked in place of the rule's, where parts are known for sure. `dead` counts of a key that was seen live with the
    same parts before, because elsewhere the same answer would not tell a wrong part from a dead key."""
    among: bool = False
    """With NAMED: the credential that acts may be one of the keys that are listed, so it has to be named as well."""

    def exchanges(self) -> Iterator[Exchange]:
        """All of them."""
        yield from self.learn
        given = (
            self.listing,
            self.get,
            self.issue,
            self.disable,
            self.enable,
            self.revoke,
            self.acting,
            self.value,
        )
        yield from (one for one in given if one)

    def expressions(self) -> list[str]:
        """Every JMESPath expression."""
        remarks = [one.json for one in (*self.refuse, *self.warn)]
        return remarks + [path for one in self.exchanges() for path in one.expressions()]
