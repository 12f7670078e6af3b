"""Keys that only a person can issue, of services whose rule file says how to ask about them, and where that is done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from unleak.core.errors import LimitReached, RotationError
from unleak.core.fingerprint import fingerprint
from unleak.core.model import Identity, Liveness, Rule
from unleak.core.rotating import ADMIN, ID, KEY_ID, NONE, TOLD, Exchange, Revoking
from unleak.core.secret import Secret
from unleak.core.verification import SECRET, names
from unleak.rotate import naming
from unleak.rotate.listing import Alone, Listing
from unleak.rotate.ports import Acting, Credential, Hands, Key, KeyList, LastUse, Outline, Trait
from unleak.verify.answer import Answer
from unleak.verify.engine import Engine
from unleak.verify.exchange import Came, Exchanger
from unleak.verify.ports import Question, Transport


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of keys, and what is given with one of them."""

    rule: Rule
    revoking: Revoking | None
    """What revokes one of them, if a request does."""
    parts: Mapping[str, str]
    """Public parts."""
    candidates: Callable[[str], list[str]]
    """The pieces of a text that could be such keys."""
    inside: Callable[[str], Mapping[str, str]] = lambda value: {}
    """The public parts that stand within a key, which differ from one to the next."""
    named: bool = False
    """Whether the user named every host that the rule file does not."""

    @property
    def key_id(self) -> str:
        """The id of the leaked key, if a person has to tell it and did."""
        return self.parts.get(KEY_ID, "")


class ByHand:
    """The keys of one owner. Their ids are hashes of the keys, because nothing else is known of them."""

    traits = frozenset({Trait.BY_HAND})

    def __init__(self, kind: Kind, reference: str, admin: Secret | None, network: Transport) -> None:
        """`reference` says where the credential `admin` comes from, if the request that revokes needs one."""
        self.kind, self.reference = kind, reference
        self._admin, self._network = admin, network
        self._exchanger = Exchanger(kind.rule.service_title, network)
        self._asked: dict[str, Secret] = {}
        self._told: dict[str, dict[str, str]] = {}
        listing = kind.revoking.listing if kind.revoking and admin else None
        self._listing = Listing(Alone(listing), self._ask) if listing else None

    # --- what a key is ---------------------------------------------------------------------------

    def verify(self, credential: Credential) -> Answer:
        """Ask as [verify] says. A key that was asked about can be revoked."""
        rule, secret = self.kind.rule, credential.secret
        question = Question(rule.id, rule.service, "", secret, rule.verification, self._parts(secret))
        answer = Engine(self._network, self_hosted=self.kind.named).ask([question])[0]
        key_id = fingerprint(secret.reveal())
        self._asked[key_id] = secret
        if answer.liveness is not Liveness.LIVE:
            return answer
        said = answer.identity or Identity(rule.service, "", "", "")
        self._told[key_id] = {
            name: getattr(said, field) for name, field in TOLD.items() if getattr(said, field)
        }
        return replace(answer, identity=replace(said, credential_id=key_id, details=dict(self.kind.parts)))

    def candidates(self, text: str) -> list[str]:
        """As the rule's pattern finds them."""
        return self.kind.candidates(text)

    def acting(self) -> Acting:
        """A person, and the credential of the request that revokes."""
        return Acting("", "a person" + (f" and {self.reference}" if self.reference else ""))

    def differs(self, old: Identity, new: Identity) -> str:
        """In the account, or else the principal, as far as the provider tells them of both."""
        for name in ("account", "principal"):
            before, after = getattr(old, name), getattr(new, name)
            if before and after:
                return "" if before == after else f"it is of {name} {after} and not {before}"
        return ""

    # --- the plan --------------------------------------------------------------------------------

    def refusal(self, identity: Identity) -> str:
        """Whatever a person can replace; the key that a request ends has to be named."""
        secret, now = self._asked.get(identity.credential_id), datetime.now(UTC)
        if self._listing is None or secret is None:
            return ""
        keys, key_id = list(self._listing.rows(self._values(secret))), self.kind.key_id
        reason = naming.refusal(keys, naming.Leaked(secret, key_id, NONE, among=False, now=now))
        if not reason and key_id not in {row.key.id for row in keys}:
            return f"the credential in {self.reference} does not see it among its keys"
        return reason

    def no_room(self, identity: Identity, keys: KeyList) -> LimitReached | None:
        """The person sees it."""
        return None

    def outline(self, identity: Identity) -> Outline:
        """Where a person does what, and the request that revokes, without credentials."""
        rule, warnings = self.kind.rule, []
        if not (identity.account or identity.principal):
            warnings.append(f"{rule.service_title} does not tell whose a key is: see to it that the new one belongs "
                            "to the same account")  # fmt: skip
        if self.kind.revoking and not self._revocable:
            warnings.append("unleak revokes the leaked key itself with --admin env:NAME, which has to be "
                            f"{self.kind.revoking.admin}")  # fmt: skip
        if self._listing and self.kind.key_id and self.kind.revoking:
            warnings += naming.to_end(self.kind.key_id, back=self.kind.revoking.back is not None)
        where = rule.replacement
        return Outline(
            rule.service_title,
            f"the owner of {rule.title}",
            f"a new key, made by a person at {where.console}",
            rule.service_title,
            tuple(warnings),
            Hands(where.console, where.how, self._shown()),
        )

    # --- the keys --------------------------------------------------------------------------------

    def keys(self, identity: Identity) -> KeyList:
        """None is listed; the time is ours."""
        return KeyList(datetime.now(UTC), ())

    def key(self, identity: Identity, key_id: str) -> Key | None:
        """None is listed."""
        return None

    def find(self, identity: Identity, rotation: str) -> tuple[str, ...]:
        """They have no names."""
        return ()

    def last_used(self, identity: Identity, key_id: str) -> LastUse | None:
        """It is not told."""
        return None

    def issue(self, identity: Identity, rotation: str) -> Credential:
        """No program may."""
        raise RotationError(
            f"only a person can issue keys of {self.kind.rule.service_title}", "see docs/rotation.md"
        )

    def set_active(self, identity: Identity, key_id: str, active: bool) -> None:
        """No program may, but for a key that was named wrongly and is to work again."""
        secret, revoking = self._asked.get(key_id), self.kind.revoking
        if active and secret and revoking and revoking.back and key_id == identity.credential_id:
            self._exchanger.carry_out(
                f"enable key {self.kind.key_id}", revoking.back, self._values(secret), changes=True
            )
            return
        raise RotationError(
            f"keys of {self.kind.rule.service_title} cannot be disabled", "see docs/rotation.md"
        )

    def revoke(self, identity: Identity, key_id: str) -> None:
        """Send the request that revokes a key which was asked about. That it was accepted proves nothing."""
        secret, revoking = self._asked.get(key_id), self.kind.revoking
        if secret is None or revoking is None or not self._revocable:
            raise RotationError(f"only a person can delete keys of {self.kind.rule.service_title}",
                                f"do it at {self.kind.rule.replacement.console}")  # fmt: skip
        if revoking.listing and (
            key_id != identity.credential_id
            or self.verify(Credential("", secret)).liveness is not Liveness.LIVE
        ):  # another key than the leaked one has no name, and a dead one needs no request
            raise RotationError(
                f"key {self.kind.key_id} is left as it is: it was named for a leaked key that lives",
                "resume in a minute",
            )
        self._exchanger.carry_out(
            f"revoke the key that ends in {secret.last4}", revoking.revoke, self._values(secret), changes=True
        )

    # --- nobody can be marked --------------------------------------------------------------------

    def claimed_by(self, identity: Identity) -> str:
        """Nobody: what a person makes, no other rotation takes for its own."""
        return ""

    def claim(self, identity: Identity, rotation: str) -> None:
        """Nothing to do."""

    def release(self, identity: Identity) -> None:
        """Nothing to do."""

    # --- inside ----------------------------------------------------------------------------------

    def _parts(self, secret: Secret) -> dict[str, str]:
        return {**self.kind.parts, **self.kind.inside(secret.reveal())}

    def _values(self, secret: Secret) -> dict[str, str]:
        """What requests about the key may hold."""
        admin = {ADMIN: self._admin.reveal()} if self._admin else {}
        key_id = {ID: self.kind.key_id} if self.kind.key_id else {}
        told = self._told.get(fingerprint(secret.reveal()), {})
        return {**told, **self._parts(secret), **admin, **key_id, SECRET: secret.reveal()}

    def _ask(self, what: str, said: Exchange, values: Mapping[str, Any]) -> Came:
        return self._exchanger.carry_out(what, said, values)

    @property
    def _revocable(self) -> bool:
        """Whether there is a request that revokes, with all that it needs."""
        revoking = self.kind.revoking
        if revoking is None or (revoking.listing and not self.kind.key_id):
            return False
        return self._admin is not None or not revoking.admin

    def _shown(self) -> str:
        if self.kind.revoking is None or not self._revocable:
            return ""
        said = self.kind.revoking.revoke
        used = set().union(*map(names, said.request.templates()))
        given = {**dict(said.request.defaults), **self.kind.parts, ID: self.kind.key_id or None}
        return self._exchanger.shown(said, {**dict.fromkeys(used, "hidden"), **given})
