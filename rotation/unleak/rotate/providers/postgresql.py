"""Login roles of PostgreSQL. A role has one password, so a second login role takes over for the first.

The new role is a member of the old one and acts as it from its first statement on (ALTER ROLE … SET role):
rights, row policies and ownership stay with the old role, which in the end is left without a login. The
server is sent SCRAM verifiers, never a password.
"""

import re
from datetime import UTC, datetime

from unleak.core.errors import Conflict, LimitReached, NotFound, RotationError
from unleak.core.model import Identity
from unleak.core.secret import Secret
from unleak.rotate import database
from unleak.rotate.database import Server
from unleak.rotate.ports import Acting, Credential, Key, KeyList, LastUse, Outline, Trait
from unleak.rotate.postgresql_access import Access
from unleak.rotate.postgresql_roles import NEVER
from unleak.verify.answer import Answer

_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_LONGEST = 63


class PostgreSQL:
    """The login roles that act as one role of one server."""

    traits = frozenset({Trait.LOGIN, Trait.NAME, Trait.DISABLE})

    def __init__(self, server: Server, reference: str, admin: Secret) -> None:
        """`reference` says where the connection string `admin` of the acting role comes from."""
        self.server, self._access = server, Access(server, reference, admin)
        self._acting = self._access.acting

    # --- what a login is -------------------------------------------------------------------------

    def verify(self, credential: Credential) -> Answer:
        """Log in with it."""
        name = credential.id or self.server.user
        return self._access.verify(name, credential.secret, name)

    def candidates(self, text: str) -> list[str]:
        """Anything may be a password."""
        return database.candidates(text)

    def acting(self) -> Acting:
        """The role of the connection string in the reference."""
        return self._access.who()

    def differs(self, old: Identity, new: Identity) -> str:
        """A new login acts as the same role of the same server."""
        same = (new.account, new.principal) == (old.account, old.principal)
        return "" if same else f"it acts as role {new.principal} of {new.account}"

    # --- the plan --------------------------------------------------------------------------------

    def refusal(self, identity: Identity) -> str:
        """What membership cannot carry over, and servers whose answers could not be understood."""
        if reason := self._access.refusal():
            return reason
        with self._acting("look at the role") as admin:
            role = admin.get(identity.credential_id)
        if role and role.special:
            return (
                "it is a superuser or replicates, which a second role does not inherit: give the service a role of its "
                "own with no more than it needs, or keep the role and change its password alone (--same-user)"
            )
        if not _SIMPLE.fullmatch(identity.credential_id):
            return (
                "its name has other characters than letters, digits, `_`, `.` and `-`: rename it first, or keep the "
                "role and change its password alone (--same-user)"
            )
        return ""

    def no_room(self, identity: Identity, keys: KeyList) -> LimitReached | None:
        """There may be any number of roles."""
        return None

    def outline(self, identity: Identity) -> Outline:
        """What is requested, and what is to be known."""
        old, new = identity.credential_id, self._name(identity, "ID")
        return Outline(
            "PostgreSQL", f"role {old}", f"a second login role (CREATE ROLE {new} LOGIN IN ROLE {old})",
            f"PostgreSQL at {self.server.address}",
            (f"services log in as {new} afterwards: lines of pg_hba.conf and of connection poolers that name {old} "
             "must let it in as well",
             f"role {old} keeps what it owns and all rights, but its login: it ends without password"),
        )  # fmt: skip

    # --- the logins ------------------------------------------------------------------------------

    def keys(self, identity: Identity) -> KeyList:
        """The leaked role, and those that rotations made for the role that it acts as."""
        with self._acting("list the roles") as admin:
            at = admin.one("SELECT extract(epoch FROM now())::float8 AS x")["x"]
            known = admin.where("rolname IN (%s, %s)", identity.credential_id, identity.principal)
            roles = {one.name: one for one in (*known, *admin.issued()) if one.until != NEVER}
        mine = [one for one in roles.values() if one.ours[1] in {"", identity.principal}]
        return KeyList(datetime.fromtimestamp(at, UTC), tuple(Key(one.name, one.login) for one in mine))

    def key(self, identity: Identity, key_id: str) -> Key | None:
        """One of them; None once it is revoked."""
        with self._acting("look at a role") as admin:
            role = admin.get(key_id)
        return Key(role.name, role.login) if role and role.until != NEVER else None

    def find(self, identity: Identity, rotation: str) -> tuple[str, ...]:
        """The role whose comment names the rotation."""
        with self._acting("list the roles") as admin:
            made = admin.issued()
        return tuple(one.name for one in made if one.ours[0] == rotation and one.until != NEVER)

    def last_used(self, identity: Identity, key_id: str) -> LastUse | None:
        """PostgreSQL does not tell."""
        return None

    def issue(self, identity: Identity, rotation: str) -> Credential:
        """One transaction makes the role whole or not at all. OutcomeUnknown if its end is not heard of."""
        new = Credential(self._name(identity, rotation), database.new_password())
        with self._acting("create a login role", changes=True) as admin, admin.session.transaction():
            old = admin.get(identity.credential_id)
            if old is None or old.until == NEVER:
                raise NotFound(f"there is no login role {identity.credential_id} any longer",
                               "undo this rotation to close it")  # fmt: skip
            if admin.get(new.id):
                raise Conflict(f"there is a role {new.id} already, and not of this rotation",
                               "drop or rename it, then resume")  # fmt: skip
            base = old.ours[1] if admin.replaceable(old) else old.name
            admin.create(new.id, new.secret, old, base)
            note = f'unleak rotation {rotation}, a login of "{identity.principal}"'
            admin.say("COMMENT ON ROLE {} IS {}", new.id, text=note)
            admin.settings(new.id, old, base)
        return new

    def set_active(self, identity: Identity, key_id: str, active: bool) -> None:
        """LOGIN or NOLOGIN. Open sessions stay."""
        with self._acting("change a role", changes=True) as admin:
            admin.say("ALTER ROLE {} LOGIN" if active else "ALTER ROLE {} NOLOGIN", key_id)

    def revoke(self, identity: Identity, key_id: str) -> None:
        """No login, no session, no password, in this order; a role that a rotation made is dropped if it can be."""
        with self._acting("take a role's login away", changes=True) as admin:
            role = admin.get(key_id)
            if role is None or role.until == NEVER:
                return
            admin.say("ALTER ROLE {} NOLOGIN", key_id)
            if admin.end_sessions(role):
                raise RotationError(f"sessions of role {key_id} do not end", "resume in a minute")
            if admin.droppable(role):
                admin.say("DROP ROLE {}", key_id)
            else:
                admin.say(f"ALTER ROLE {{}} PASSWORD NULL VALID UNTIL '{NEVER}'", key_id)

    # --- nobody can be marked --------------------------------------------------------------------

    def claimed_by(self, identity: Identity) -> str:
        """Nobody: a role carries its rotation's name, so that two rotations cannot mistake them."""
        return ""

    def claim(self, identity: Identity, rotation: str) -> None:
        """Nothing to do."""

    def release(self, identity: Identity) -> None:
        """Nothing to do."""

    # --- inside ----------------------------------------------------------------------------------

    @staticmethod
    def _name(identity: Identity, rotation: str) -> str:
        return f"{identity.principal[: _LONGEST - 1 - len(rotation)]}_{rotation}"
