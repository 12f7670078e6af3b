"""SSH deploy keys of one repository of GitHub or GitLab.

The pair is made here, and the forge is sent the public half alone. No request asks with a private key, so what
tells whether one lives is the complete list of the repository's keys, held against its public half.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from unleak.core.errors import LimitReached, NotFound, RotationError
from unleak.core.model import Identity, Liveness
from unleak.core.rotating import ADMIN, ID, NAME, Exchange
from unleak.core.secret import Secret
from unleak.rotate import forges, ssh_keys
from unleak.rotate.forges import Repository
from unleak.rotate.listing import Alone, Listing, date_of
from unleak.rotate.ports import Acting, Credential, Key, KeyList, LastUse, Outline, Trait
from unleak.rotate.rows import Row, expiry, rows
from unleak.rotate.ssh_keys import Form, Pair
from unleak.verify.answer import Answer
from unleak.verify.exchange import Came, Exchanger
from unleak.verify.ports import Transport

READ, WRITE = "read", "write"


class DeployKeys:
    """The deploy keys of one repository."""

    traits = frozenset({Trait.NAME})

    def __init__(self, repository: Repository, reference: str, admin: Secret, network: Transport) -> None:
        """`reference` says where the acting token `admin` comes from."""
        self.repository, self.reference, self._admin = repository, reference, admin
        self.title = forges.TITLES[repository.forge]
        self._exchanger, self._requests = Exchanger(self.title, network), forges.requests(repository)
        self._listing = Listing(Alone(self._requests.listing), self._ask)

    # --- what a key is ---------------------------------------------------------------------------

    def verify(self, credential: Credential) -> Answer:
        """Look for its public half in the list. One that was never seen there may open another repository."""
        try:
            pair = ssh_keys.read(credential.secret)
            row = self._row_of(pair)
        except RotationError as error:
            return Answer(Liveness.UNKNOWN, why=error.message)
        if row is None and credential.id:
            return Answer(Liveness.DEAD)
        if row is None:
            return Answer(
                Liveness.UNKNOWN,
                why=f"no deploy key of {self.repository.address} is its public half, {pair.fingerprint}: it may open "
                "another repository, an account or a server",
            )
        if why := self._unusable(row):
            return Answer(Liveness.UNKNOWN, why=why)
        return Answer(Liveness.LIVE, self._identity(row, pair))

    def candidates(self, text: str) -> list[str]:
        """The private keys in it."""
        return ssh_keys.candidates(text)

    def acting(self) -> Acting:
        """Named by its reference, as tokens of an app have no user. RotationError if it does not see the keys."""
        next(self._listing.rows(self._values), None)
        return Acting("", self.reference)

    def differs(self, old: Identity, new: Identity) -> str:
        """It belongs to the same repository, and may do no more, and not for longer."""
        if new.account != old.account:
            return f"it opens {new.account}"
        if set(new.scopes) - set(old.scopes):
            return "it may write"
        if old.expires and (new.expires is None or new.expires > old.expires):
            return "it does not expire when the old one does"
        return ""

    # --- the plan --------------------------------------------------------------------------------

    def refusal(self, identity: Identity) -> str:
        """What is listed can be replaced."""
        return ""

    def no_room(self, identity: Identity, keys: KeyList) -> LimitReached | None:
        """Not known before it is tried."""
        return None

    def outline(self, identity: Identity) -> Outline:
        """The request that adds the new public half, and how far the proof reaches."""
        address, form = self.repository.address, _form(identity).renewed
        row = self._row(identity.credential_id)
        values = self._values | self._wanted(identity, row) | {
            ADMIN: "hidden", NAME: self._name("ID"), "public": "its public half",
        }  # fmt: skip
        shown = self._exchanger.shown(self._requests.issue, values)
        return Outline(
            f"{self.title} deploy keys",
            f"the repository {address}",
            f"a new key ({form}), made on this machine ({shown})",
            f"{self.title} for the deploy keys of {self.repository.path}, which are compared",
            tuple(self._warnings(identity)),
        )

    def _warnings(self, identity: Identity) -> list[str]:
        known = identity.details["fingerprint"]
        found = [
            f"this proves the leaked key dead for {self.repository.address} alone: it may stand elsewhere (other "
            f"repositories, accounts, authorized_keys), which nothing lists; look for {known}",
            "a secret that can be written but not read is given the new key without an end of its last line: what makes"
            " a file of it has to add that, or ssh does not read it",
        ]
        if self.repository.forge == "github":
            found.append(
                "GitHub deletes a deploy key together with the personal access token that made it: keep that of "
                f"{self.reference}"
            )
        elif WRITE in identity.scopes:
            found.append(
                f"the new key pushes in the name of the owner of {self.reference}; protected branches that name the "
                "old key have to name the new one"
            )
        return found

    # --- the keys --------------------------------------------------------------------------------

    def keys(self, identity: Identity) -> KeyList:
        """All pages of the list, with the time that the forge gives in its answer."""
        at, found = datetime.now(UTC), list[Key]()
        for came in self._listing.pages(self._values):
            at = date_of(came) or at
            found += [row.key for row in rows(self._requests.listing, came, "")]
        return KeyList(at, tuple(found))

    def key(self, identity: Identity, key_id: str) -> Key | None:
        """As the list tells."""
        row = self._row(key_id)
        return row.key if row else None

    def find(self, identity: Identity, rotation: str) -> tuple[str, ...]:
        """Those with the rotation's title; never the leaked one, whatever somebody called it since."""
        named = [row for row in self._rows() if row.name == self._name(rotation)]
        return tuple(row.key.id for row in named if row.key.id != identity.credential_id)

    def last_used(self, identity: Identity, key_id: str) -> LastUse | None:
        """GitLab does not tell, and how late GitHub does is not documented."""
        return None

    def issue(self, identity: Identity, rotation: str) -> Credential:
        """Make a pair and add its public half, by one request that is sent at most once."""
        row = self._row(identity.credential_id)
        if row is None:
            raise NotFound(f"deploy key {identity.credential_id} is not listed any longer",
                           "somebody deleted it; undo this rotation to close it")  # fmt: skip
        if why := self._unusable(row):
            raise RotationError(f"no new key is issued for {identity.credential_id}: {why}",
                                "look at it, then resume or undo")  # fmt: skip
        pair = ssh_keys.made(_form(identity).renewed)
        values = self._wanted(identity, row) | {NAME: self._name(rotation), "public": pair.public}
        came = self._ask("add a deploy key", self._requests.issue, self._values | values, changes=True)
        key_id = came.take(dict(self._requests.issue.take)[ID])
        if not isinstance(key_id, int) or isinstance(key_id, bool):
            raise self._exchanger.unclear("add a deploy key")
        return Credential(f"{key_id}", pair.private)

    def set_active(self, identity: Identity, key_id: str, active: bool) -> None:
        """Only people of an organization can, for all keys."""
        raise RotationError("a deploy key cannot be disabled", "see docs/rotation.md")

    def revoke(self, identity: Identity, key_id: str) -> None:
        """Delete it; one that is gone already is what was wanted."""
        self._ask(
            f"delete deploy key {key_id}", self._requests.revoke, self._values | {ID: key_id}, changes=True
        )

    # --- nobody can be marked --------------------------------------------------------------------

    def claimed_by(self, identity: Identity) -> str:
        """Nobody: keys carry their rotation's title, so that two rotations cannot mistake them."""
        return ""

    def claim(self, identity: Identity, rotation: str) -> None:
        """Nothing to do."""

    def release(self, identity: Identity) -> None:
        """Nothing to do."""

    # --- inside ----------------------------------------------------------------------------------

    @staticmethod
    def _name(rotation: str) -> str:
        return f"unleak-{rotation}"

    @property
    def _values(self) -> dict[str, Any]:
        return {"host": self.repository.host, "path": self.repository.path}

    def _ask(self, what: str, said: Exchange, values: Mapping[str, Any], *, changes: bool = False) -> Came:
        return self._exchanger.carry_out(what, said, {**values, ADMIN: self._admin.reveal()}, changes=changes)

    def _rows(self) -> list[Row]:
        """All of them. Of several pages twice: what is deleted between two requests moves others to an earlier page."""
        found = {row.key.id: row for row in self._listing.rows(self._values)}
        if len(found) >= forges.SIZE:
            found |= {row.key.id: row for row in self._listing.rows(self._values)}
        return list(found.values())

    def _row(self, key_id: str) -> Row | None:
        return next((row for row in self._rows() if row.key.id == key_id), None)

    def _row_of(self, pair: Pair) -> Row | None:
        """The listed key with this public half. RotationError if that cannot be told of every key."""
        held = [(ssh_keys.public_blob(f"{row.facts['public']}"), row) for row in self._rows()]
        found = [row for blob, row in held if blob == pair.blob]
        if len(found) > 1 or any(not row.key.id.isdigit() for row in found):
            raise RotationError(
                f"{self.title} lists the leaked key in a way that is not known", "see docs/rotation.md"
            )
        return found[0] if found else None

    def _unusable(self, row: Row) -> str:
        """Why the key opens nothing although it is listed; empty if it does."""
        if row.key.expires and row.key.expires <= datetime.now(UTC):
            return f"{self.title} lists it as expired"
        return f"{self.title} lists it as not verified, or not enabled" if row.facts.get("unusable") else ""

    def _identity(self, row: Row, pair: Pair) -> Identity:
        address = self.repository.address
        details = self.repository.details | {"label": pair.form.label, "algorithm": pair.form.algorithm,
                                             "fingerprint": pair.fingerprint}  # fmt: skip
        scopes = (READ, WRITE) if row.facts["writes"] is True else (READ,)
        return Identity(f"{self.repository.forge}-deploy-key", address, address, row.key.id, scopes,
                        row.key.created, row.key.expires, details)  # fmt: skip

    def _wanted(self, identity: Identity, row: Row | None) -> dict[str, Any]:
        """The rights of the new key: what the old one had in the plan, and still has."""
        writes = WRITE in identity.scopes and (row is None or row.facts["writes"] is True)
        until = expiry(row.key.expires if row else None, datetime.now(UTC), 0)
        return {"writes": writes, "reads": not writes, **until}


def _form(identity: Identity) -> Form:
    return Form(f"{identity.details['label']}", f"{identity.details['algorithm']}")
