"""The password of one login role of PostgreSQL, under the same name: the new one takes the old one's place at once.

The server is sent a SCRAM verifier, never a password.
"""

from datetime import UTC, datetime

from unleak.core.errors import LimitReached, NotFound, RotationError
from unleak.core.model import Identity
from unleak.core.secret import Secret
from unleak.rotate import database
from unleak.rotate.database import Server
from unleak.rotate.ports import Acting, Credential, Key, KeyList, LastUse, Outline, Trait
from unleak.rotate.postgresql_access import Access
from unleak.rotate.postgresql_roles import NEVER, verifier
from unleak.verify.answer import Answer


class PostgreSQLPassword:
    """One login role of one server."""

    traits = frozenset({Trait.SINGLE})

    def __init__(self, server: Server, reference: str, admin: Secret) -> None:
        """`reference` says where the connection string `admin` of the acting role comes from."""
        self.server, self._access = server, Access(server, reference, admin)
        self._acting = self._access.acting

    # --- what a password is ----------------------------------------------------------------------

    def verify(self, credential: Credential) -> Answer:
        """Log in with it."""
        name = self.server.user
        return self._access.verify(name, credential.secret, database.password_id(name, credential.secret))

    def candidates(self, text: str) -> list[str]:
        """Anything may be a password."""
        return database.candidates(text)

    def acting(self) -> Acting:
        """The role of the connection string in the reference."""
        return self._access.who()

    def differs(self, old: Identity, new: Identity) -> str:
        """A new password belongs to the same role of the same server."""
        same = (new.account, new.principal) == (old.account, old.principal)
        return "" if same else f"it acts as role {new.principal} of {new.account}"

    # --- the plan --------------------------------------------------------------------------------

    def refusal(self, identity: Identity) -> str:
        """Servers whose answers could not be understood."""
        return self._access.refusal()

    def no_room(self, identity: Identity, keys: KeyList) -> LimitReached | None:
        """No other one is made."""
        return None

    def outline(self, identity: Identity) -> Outline:
        """What is requested."""
        name = self.server.user
        return Outline("PostgreSQL", f"role {name}", f"set the password of role {name} (ALTER ROLE … PASSWORD)",
                       f"PostgreSQL at {self.server.address}")  # fmt: skip

    # --- the one password ------------------------------------------------------------------------

    def keys(self, identity: Identity) -> KeyList:
        """The server's time. Passwords cannot be listed."""
        with self._acting("ask for the time") as admin:
            at = admin.one("SELECT extract(epoch FROM now())::float8 AS x")["x"]
        return KeyList(datetime.fromtimestamp(at, UTC), ())

    def key(self, identity: Identity, key_id: str) -> Key | None:
        """Only a login can tell."""
        return None

    def find(self, identity: Identity, rotation: str) -> tuple[str, ...]:
        """Nothing is added that could be found."""
        return ()

    def last_used(self, identity: Identity, key_id: str) -> LastUse | None:
        """PostgreSQL does not tell."""
        return None

    def issue(self, identity: Identity, rotation: str) -> Credential:
        """A password that nothing knows yet. Nothing is requested."""
        secret = database.new_password()
        return Credential(database.password_id(self.server.user, secret), secret)

    def replace(self, identity: Identity, new: Credential) -> None:
        """One statement. OutcomeUnknown if its end is not heard of; setting the same one again changes nothing."""
        name = self.server.user
        with self._acting("change a role's password", changes=True) as admin:
            role = admin.get(name)
            if role is None or role.until == NEVER:
                raise NotFound(f"there is no login role {name} any longer", "undo this rotation to close it")
            admin.say("ALTER ROLE {} PASSWORD {}", name, text=verifier(new.secret))

    def set_active(self, identity: Identity, key_id: str, active: bool) -> None:
        """Only a whole role can be switched off."""
        raise RotationError("the password of a role cannot be disabled", "see docs/rotation.md")

    def revoke(self, identity: Identity, key_id: str) -> None:
        """End the role's sessions, which outlive a change of its password."""
        with self._acting("end a role's sessions", changes=True) as admin:
            role = admin.get(self.server.user)
            if role and admin.end_sessions(role):
                raise RotationError(f"sessions of role {role.name} do not end", "resume in a minute")

    # --- nobody can be marked --------------------------------------------------------------------

    def claimed_by(self, identity: Identity) -> str:
        """Nobody: of two rotations, the second finds that the leaked password is dead."""
        return ""

    def claim(self, identity: Identity, rotation: str) -> None:
        """Nothing to do."""

    def release(self, identity: Identity) -> None:
        """Nothing to do."""
