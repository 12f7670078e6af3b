"""The password of one user of RabbitMQ, under the same name: the new one takes the old one's place at once."""

from unleak.core.errors import LimitReached, NotFound, RotationError
from unleak.core.model import Identity
from unleak.core.secret import Secret
from unleak.rotate import database
from unleak.rotate.database import Server
from unleak.rotate.ports import Acting, Credential, Key, KeyList, LastUse, Outline, Trait
from unleak.rotate.rabbitmq_management import Management, hashed
from unleak.verify.answer import Answer


class RabbitMQPassword:
    """One user of one server."""

    traits = frozenset({Trait.SINGLE})

    def __init__(self, server: Server, reference: str, admin: Secret) -> None:
        """`reference` says where the address `admin` of the acting user comes from."""
        self.server, self._management = server, Management(server, reference, admin)

    # --- what a password is ----------------------------------------------------------------------

    def verify(self, credential: Credential) -> Answer:
        """Log in with it."""
        name = self.server.user
        return self._management.verify(name, credential.secret, database.password_id(name, credential.secret))

    def candidates(self, text: str) -> list[str]:
        """Anything may be a password."""
        return database.candidates(text)

    def acting(self) -> Acting:
        """The user of the address in the reference."""
        return self._management.who()

    def differs(self, old: Identity, new: Identity) -> str:
        """A new password belongs to the same user of the same server."""
        same = (new.account, new.principal) == (old.account, old.principal)
        return "" if same else f"it belongs to {new.principal} of {new.account}"

    # --- the plan --------------------------------------------------------------------------------

    def refusal(self, identity: Identity) -> str:
        """Acting as the very user."""
        return self._management.refusal()

    def no_room(self, identity: Identity, keys: KeyList) -> LimitReached | None:
        """No other one is made."""
        return None

    def outline(self, identity: Identity) -> Outline:
        """What is requested."""
        name = self.server.user
        warning = f"a definition file that the server loads when it starts brings the leaked password of {name} back"
        return Outline("RabbitMQ", f"user {name}", f"set the password of user {name} (PUT /api/users/{name})",
                       f"RabbitMQ at {self.server.address}", (warning, *self._management.warnings()))  # fmt: skip

    # --- the one password ------------------------------------------------------------------------

    def keys(self, identity: Identity) -> KeyList:
        """The server's time. There is one password, which a login tells."""
        return KeyList(self._management.at(), ())

    def key(self, identity: Identity, key_id: str) -> Key | None:
        """Only a login can tell."""
        return None

    def find(self, identity: Identity, rotation: str) -> tuple[str, ...]:
        """Nothing is added that could be found."""
        return ()

    def last_used(self, identity: Identity, key_id: str) -> LastUse | None:
        """RabbitMQ does not tell."""
        return None

    def issue(self, identity: Identity, rotation: str) -> Credential:
        """A password that nothing knows yet. Nothing is requested."""
        secret = database.new_password()
        return Credential(database.password_id(self.server.user, secret), secret)

    def replace(self, identity: Identity, new: Credential) -> None:
        """One request, with the tags that the user has. OutcomeUnknown if unclear."""
        user = self._management.user(self.server.user)
        if user is None:
            raise NotFound(
                f"there is no user {self.server.user} any longer", "undo this rotation to close it"
            )
        self._management.set_user("change a user's password", user, hashed(new.secret), user.tags)

    def set_active(self, identity: Identity, key_id: str, active: bool) -> None:
        """A password that was taken away could not be given back."""
        raise RotationError("the password of a user cannot be disabled", "see docs/rotation.md")

    def revoke(self, identity: Identity, key_id: str) -> None:
        """Close the user's connections, which outlive a change of its password."""
        if self._management.user(self.server.user):
            self._management.close_connections(self.server.user)

    # --- nobody can be marked --------------------------------------------------------------------

    def claimed_by(self, identity: Identity) -> str:
        """Nobody: of two rotations, the second finds that the leaked password is dead."""
        return ""

    def claim(self, identity: Identity, rotation: str) -> None:
        """Nothing to do."""

    def release(self, identity: Identity) -> None:
        """Nothing to do."""
