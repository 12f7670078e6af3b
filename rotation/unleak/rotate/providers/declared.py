"""Keys of services whose rule file says by [rotate] how they are listed, issued and revoked."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from unleak.core.errors import LimitReached, RotationError
from unleak.core.model import Identity, Liveness, Rule
from unleak.core.rotating import ACTING_ID, ADMIN, ID, NAME, NAMED, Exchange, Rotating
from unleak.core.secret import Secret
from unleak.core.verification import SECRET, names
from unleak.rotate import naming
from unleak.rotate.listing import Listing, date_of
from unleak.rotate.ports import Acting, Credential, Key, KeyList, LastUse, Outline, Trait
from unleak.rotate.rows import Row, derived, expiry, public, rows
from unleak.rotate.sign_in import SignIn
from unleak.verify import judge
from unleak.verify.answer import Answer
from unleak.verify.engine import Engine
from unleak.verify.exchange import Came, Exchanger, Result
from unleak.verify.ports import Question, Transport


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of keys, and what is given with one of them."""

    rule: Rule
    said: Rotating
    parts: Mapping[str, str]
    """Public parts, and choices of the user."""
    candidates: Callable[[str], list[str]]
    """The pieces of a text that could be such keys."""
    named: bool = False
    """Whether the user named the host."""
    key_id: str = ""
    """The id of the leaked key, if a person has to tell it and did."""


class Declared:
    """The keys of one owner, by the requests of a rule file."""

    def __init__(self, kind: Kind, reference: str, admin: Secret, network: Transport) -> None:
        """`reference` says where the acting credential `admin` comes from."""
        self.kind, self.said, self.reference = kind, kind.said, reference
        self._admin, self._network = admin, network
        self._exchanger = Exchanger(kind.rule.service_title, network)
        taken = dict(self.said.listing.take) | (dict(self.said.get.take) if self.said.get else {})
        traits = {Trait.NAME: "name" in taken, Trait.PAIR: self.said.pair, Trait.DISABLE: self.said.disable is not None,
                  Trait.LAST_USE: "last_used" in taken, Trait.NAMED: self.said.id == NAMED}  # fmt: skip
        self._leaked: Secret | None = None
        self._details: dict[str, Any] = {}
        self._listing = Listing(self.said, self._carry_out)
        self._signed_in = SignIn(self.said, self._exchanger, reference)
        self.traits = frozenset(trait for trait, held in traits.items() if held)

    def act_with(self, credential: Credential) -> None:
        """Use `credential` from now on."""
        self._admin = credential.secret

    # --- what a key is ---------------------------------------------------------------------------

    def verify(self, credential: Credential) -> Answer:
        """Ask as [verify] says; of a live key also what [[rotate.learn]] says."""
        answer = self._asked(credential.secret, self._parts(credential), seen=bool(credential.id))
        self._leaked = self._leaked or credential.secret  # the first that is asked about, in a plan
        if answer.liveness is not Liveness.LIVE:
            return answer
        try:
            return replace(answer, identity=self._identity(credential, answer.identity))
        except RotationError as error:
            return Answer(
                Liveness.UNKNOWN,
                why=f"it lives, but what is needed to replace it is not known: {error.message}",
            )

    def candidates(self, text: str) -> list[str]:
        """As the rule's pattern finds them."""
        return self.kind.candidates(text)

    def acting(self) -> Acting:
        """Whose credential makes the changes. RotationError if the provider does not accept it."""
        if self.said.acting:
            return self._signed_in.who(self._known())
        answer = self._asked(self._admin, self.kind.parts, seen=True)
        if answer.liveness is Liveness.DEAD:
            raise RotationError(
                f"{self.kind.rule.service_title} does not accept the credential in {self.reference}",
                f"it has to be {self.said.admin}",
            )
        try:
            identity = self._identity(Credential("", self._admin), answer.identity, own=False)
        except RotationError:  # of another kind than the keys that it changes
            identity = answer.identity or Identity(self.kind.rule.service, "", "", "")
        who = identity.principal or identity.account
        return Acting(identity.credential_id, f"{who} ({self.reference})" if who else self.reference)

    def differs(self, old: Identity, new: Identity) -> str:
        """In what has to be the same; scopes may be fewer."""
        for name in self.said.same:
            if name == "scopes":
                if more := sorted(set(new.scopes) - set(old.scopes)):
                    return f"it may do more: {', '.join(more)}"
            elif self._told(old, name) != self._told(new, name):
                return f"its {name} is another one"
        return ""

    def _told(self, identity: Identity, name: str) -> Any:
        """What is known of a key under this name, if need be by asking about it once more."""
        if hasattr(identity, name) or name in identity.details:
            return getattr(identity, name, None) or identity.details.get(name)
        row = self._row(identity, identity.credential_id)
        return row.facts.get(name) if row else None

    # --- the plan --------------------------------------------------------------------------------

    def refusal(self, identity: Identity) -> str:
        """Not among the keys that the acting credential sees, or of a kind that cannot be replaced."""
        if self.said.id == NAMED and (reason := self._unnamed(identity)):
            return reason
        row = self._row(identity, identity.credential_id)
        if row is None:
            return (f"the credential in {self.reference} does not see it among its keys; "
                    f"it has to be {self.said.admin}")  # fmt: skip
        return next(
            (one.text for one in self.said.refuse if judge.search(one.json, identity.details | row.facts)), ""
        )

    def no_room(self, identity: Identity, keys: KeyList) -> LimitReached | None:
        """Not known before it is tried."""
        return None

    def outline(self, identity: Identity) -> Outline:
        """The request that issues a key, without credentials."""
        title, row = self.kind.rule.service_title, self._row(identity, identity.credential_id)
        values = self._values(identity, row) | self._expiry(row) | {NAME: self.name("ID")}
        shown = values | dict.fromkeys((ADMIN, SECRET, *self._signed_in.names), "hidden")
        issue = f"a new key ({self._exchanger.shown(self.said.issue, shown)})"
        warnings = [
            one.text
            for one in self.said.warn
            if judge.search(one.json, identity.details | (row.facts if row else {}))
        ]
        chosen = [f"{name} of the new key is `{self.kind.parts.get(name, value)}`: {title} does not tell it of the "
                  f"old one; --part {name}=VALUE chooses another" for name, value in self.said.defaults]  # fmt: skip
        said = naming.unproved(self.said, identity.credential_id, proved=naming.same(row, self._leaked))
        return Outline(
            title, f"the owner of {identity.credential_id}", issue, title, (*said, *chosen, *warnings)
        )

    # --- the keys --------------------------------------------------------------------------------

    def keys(self, identity: Identity) -> KeyList:
        """All pages of the list, with the time that the provider gives in its answer."""
        at, found = datetime.now(UTC), []
        for came in self._listing.pages(self._values(identity, None)):
            at = date_of(came) or at
            if came.result is Result.GONE:
                break
            found += [row.key for row in rows(self.said.listing, came, self.said.id)]
        return KeyList(at, tuple(found))

    def key(self, identity: Identity, key_id: str) -> Key | None:
        """As `get` or the list tells."""
        row = self._row(identity, key_id)
        return row.key if row else None

    def find(self, identity: Identity, rotation: str) -> tuple[str, ...]:
        """Those with the rotation's name."""
        named = []
        for row in self._rows(identity):
            known = row if row.name or self.said.get is None else self._row(identity, row.key.id)
            named += [row.key.id] if known and known.name.endswith(self.name(rotation)) else []
        return tuple(named)

    def last_used(self, identity: Identity, key_id: str) -> LastUse | None:
        """As the list tells."""
        row = self._row(identity, key_id)
        return LastUse(row.last_used) if row and row.last_used else None

    def issue(self, identity: Identity, rotation: str) -> Credential:
        """One request, sent at most once. OutcomeUnknown also if the new key cannot be read off the answer."""
        row = self._row(identity, identity.credential_id)
        values = self._values(identity, row) | self._expiry(row) | {NAME: self.name(rotation)}
        came = self._carry_out("issue a new key", self.said.issue, values, changes=True)
        taken = {name: came.take(path) for name, path in self.said.issue.take}
        if self.said.value:
            return self._made(identity, rotation)
        value = taken.get("secret")
        if not isinstance(value, str) or not value:
            raise self._exchanger.unclear("issue a new key")
        secret = Secret(value)
        own = derived(secret, self.said.id, self.kind.rule)
        key_id = f"{taken.get('id') or own}"
        if not key_id or not (key_id == own or judge.shown(key_id, secret)):
            raise self._exchanger.unclear("issue a new key")
        return Credential(key_id, secret)

    def _made(self, identity: Identity, rotation: str) -> Credential:
        """The key that was just issued, whose value is told when it is asked for."""
        try:
            found = self._listing.made(self._values(identity, None), self.name(rotation))
        except RotationError:
            found = None
        if found is None:
            raise self._exchanger.unclear("issue a new key")
        return Credential(*found)

    def set_active(self, identity: Identity, key_id: str, active: bool) -> None:
        """Disable or enable."""
        said, word = (self.said.enable, "enable") if active else (self.said.disable, "disable")
        if said is None:
            raise RotationError(
                f"keys of {self.kind.rule.service_title} cannot be {word}d", "see docs/rotation.md"
            )
        self._change(f"{word} key {key_id}", said, identity, key_id)

    def revoke(self, identity: Identity, key_id: str) -> None:
        """Revoke; one that is gone already is what was wanted."""
        self._change(f"revoke key {key_id}", self.said.revoke, identity, key_id)

    # --- a person tells which key it is ----------------------------------------------------------

    def _unnamed(self, identity: Identity) -> str:
        """Why nobody told which key it is, or why it is none that could be; empty otherwise."""
        leaked = self._leaked
        if leaked is None or leaked.reveal() == self._admin.reveal():
            return "it is the very credential that acts: act with another one, so that the two cannot be mistaken"
        key_id, now = identity.credential_id, datetime.now(UTC)
        told = naming.Leaked(leaked, key_id, self.kind.parts.get(ACTING_ID, ""), self.said.among, now)
        looked = self._row(identity, key_id) if key_id and self.said.get else None
        return naming.refusal(self._rows(identity), told) or (
            naming.refusal([looked], told) if looked else ""
        )

    # --- nobody can be marked --------------------------------------------------------------------

    def claimed_by(self, identity: Identity) -> str:
        """Nobody: keys carry their rotation's name, so that two rotations cannot mistake them."""
        return ""

    def claim(self, identity: Identity, rotation: str) -> None:
        """Nothing to do."""

    def release(self, identity: Identity) -> None:
        """Nothing to do."""

    # --- inside ----------------------------------------------------------------------------------

    @staticmethod
    def name(rotation: str) -> str:
        """What the key of a rotation is called."""
        return f"unleak-{rotation}"

    def _parts(self, key: Credential) -> dict[str, str]:
        """The public parts of a key: its id may be one of them."""
        kind, _, part = self.said.id.partition(":")
        return {**self.kind.parts, **({part: key.id} if kind == "part" and key.id else {})}

    def _asked(self, secret: Secret, parts: Mapping[str, str], *, seen: bool) -> Answer:
        """`seen`: the key was live before, asked with the same parts."""
        rule, said = self.kind.rule, self.said.verify
        asked = rule.verification
        if said:
            asked = replace(said, dead=said.dead if seen else (), identify=asked.identify if asked else ())
        question = Question(rule.id, rule.service, "", secret, asked, parts)
        return Engine(self._network, self_hosted=True).ask([question])[0]

    def _identity(self, key: Credential, said: Identity | None, *, own: bool = True) -> Identity:
        """What the provider says of the key, with its id and all that has to be known to replace it.

        The public parts are not `own` to the credential that acts.
        """
        found = said or Identity(self.kind.rule.service, "", "", "")
        parts, learned = self._parts(key), dict[str, Any]()
        for exchange in self.said.learn:
            values = parts | learned | {SECRET: key.secret.reveal()}
            came = self._carry_out("look at the key", exchange, values)
            learned |= {name: public(name, came.take(path), key.secret) for name, path in exchange.take}
        kind, _, part = self.said.id.partition(":")
        told = {"identify": found.credential_id, "taken": f"{learned.pop('id', '') or ''}",
                "part": self.kind.parts.get(part, "") if own else "",
                NAMED: self.kind.key_id if own else ""}  # fmt: skip
        known = replace(found, details=parts | learned)
        self._details = known.details if own else self._details
        key_id = key.id or derived(key.secret, self.said.id, self.kind.rule) or told.get(kind, "")
        if kind == "hint" and not key_id:
            key_id = naming.hinted(self._rows(known), key.secret)
        if kind == "value" and own and not key_id:
            key_id = self._listing.holding(self._values(known, None), key.secret)
        if kind == NAMED and own and not key_id and self.said.get and "secret" in dict(self.said.get.take):
            key_id = naming.shown(self._rows(known), lambda row_id: self._row(known, row_id), key.secret)
        if own and not key_id and kind != NAMED:
            raise RotationError(f"{self.kind.rule.service_title} does not tell the key's id")
        return replace(known, credential_id=key_id)

    def _carry_out(
        self, what: str, said: Exchange, values: Mapping[str, Any], *, changes: bool = False
    ) -> Came:
        known = self._known()
        given = {ADMIN: known[ADMIN]}
        if set(self._signed_in.names) & set().union(*map(names, said.request.templates())):
            given |= self._signed_in.values(known)
        return self._exchanger.carry_out(what, said, {**given, **values}, changes=changes)

    def _known(self) -> dict[str, Any]:
        """The acting credential, and what its request to sign in may hold besides."""
        return {**self.kind.parts, **self._details, ADMIN: self._admin.reveal()}

    def _values(self, identity: Identity, row: Row | None) -> dict[str, Any]:
        """What requests about a key like this one may hold."""
        facts = row.facts if row else {}
        return {**dict(self.said.defaults), **facts, **identity.details, ID: identity.credential_id or None}

    def _expiry(self, row: Row | None) -> dict[str, Any]:
        if row and row.ends_unread:  # taken for never, the new key would live on
            raise RotationError(
                "when the key expires is told in a form that is not known", "replace it by hand"
            )
        return expiry(row.key.expires if row else None, datetime.now(UTC), self.said.days)

    def _rows(self, identity: Identity) -> Iterator[Row]:
        return self._listing.rows(self._values(identity, None))

    def _row(self, identity: Identity, key_id: str) -> Row | None:
        return self._listing.row(self._values(identity, None), key_id)

    def _change(self, what: str, said: Exchange, identity: Identity, key_id: str) -> None:
        values = self._values(identity, None) | {ID: key_id}
        wanted = set().union(*map(names, said.request.templates()))
        if wanted - set(values) - {ADMIN}:
            row = self._row(identity, key_id)
            if row is None:
                return
            values = row.facts | values | ({SECRET: row.secret.reveal()} if row.secret else {})
        self._carry_out(what, said, values, changes=True)
