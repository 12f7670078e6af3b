"""Passwords of Redis ACL users. A user may have several, so the new one works beside the old one.

The server is sent SHA-256 hashes alone. A user that cannot log in, `unleak:NAME`, is the mark: its one
key pattern names the rotation, and its password is the one that the rotation issued.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from unleak.core.errors import (
    AccessDenied,
    Conflict,
    LimitReached,
    NotFound,
    OutcomeUnknown,
    RotationError,
)
from unleak.core.install import need
from unleak.core.model import Identity, Liveness
from unleak.core.secret import Secret
from unleak.rotate import database
from unleak.rotate.database import SECONDS, Server
from unleak.rotate.ports import Acting, Credential, Key, KeyList, LastUse, Outline, Trait
from unleak.verify.answer import Answer

RIGHTS = ("ACL WHOAMI, GETUSER, SETUSER, DELUSER and SAVE, CLIENT KILL, CONFIG GET and REWRITE, INFO, TIME, "
          "MULTI and EXEC")  # fmt: skip
_MARK = "~unleak:rotation:"


@dataclass(frozen=True, slots=True)
class _User:
    """A user, as ACL GETUSER shows it."""

    hashes: tuple[str, ...]
    flags: frozenset[str]
    keys: str


class RedisAcl:
    """The passwords of one ACL user of one server."""

    traits = frozenset({Trait.MARK, Trait.NAME})

    def __init__(self, server: Server, reference: str, admin: Secret) -> None:
        """`reference` says where the connection string `admin` of the acting user comes from."""
        self.server, self.reference, self._admin = server, reference, admin
        self._redis: Any = need("redis", database.EXTRA)
        self._connected: Any = None

    # --- what a password is ----------------------------------------------------------------------

    def verify(self, credential: Credential) -> Answer:
        """Log in with it, and ask the acting user whether it is one of the user's passwords."""
        refused = self._refused(credential.secret)
        if refused is None:
            return Answer(Liveness.UNKNOWN, why=f"{self._where} cannot be reached, or answers something else")
        try:
            user = self._user(self.server.user)
        except RotationError as error:
            return Answer(Liveness.UNKNOWN, why=error.message)
        digest, name = _hash(credential.secret), self.server.user
        listed = user is not None and digest in user.hashes
        if user is not None and "nopass" in user.flags:
            why = f"user {name} needs no password (nopass), so that any is accepted"
        elif refused and not listed:
            return Answer(Liveness.DEAD)
        elif refused:
            why = f"user {name} is switched off (ACL SETUSER {name} on)"
        elif not listed:
            why = f"{self._where} accepts it, and that of {self.reference} does not list it: name the same server"
        else:
            return Answer(Liveness.LIVE, self._identity(digest))
        return Answer(Liveness.UNKNOWN, why=why)

    def candidates(self, text: str) -> list[str]:
        """Anything may be a password."""
        return database.candidates(text)

    def acting(self) -> Acting:
        """The user of the connection string in `reference`."""
        with self._calling("find out who acts"):
            return Acting("", f"{_text(self._client().acl_whoami())} ({self.reference})")

    def differs(self, old: Identity, new: Identity) -> str:
        """A new password belongs to the same user of the same server."""
        same = (new.account, new.principal) == (old.account, old.principal)
        return "" if same else f"it belongs to {new.principal} at {new.account}"

    # --- the plan --------------------------------------------------------------------------------

    def refusal(self, identity: Identity) -> str:
        """What would make the rotation incomplete or end the acting connection."""
        if database.acting(self.reference, self._admin, "redis")[0].user == self.server.user:
            return (
                f"{self.reference} logs in as the very user; act as another one that may use {RIGHTS}, "
                "such as: ACL SETUSER unleak on >PASSWORD +@connection +@admin +info +time +@transaction"
            )
        with self._calling("look at the server"):
            info = self._client().info("everything")
        if info.get("cluster_enabled") or info.get("role") != "master" or info.get("connected_slaves"):
            return (
                "the server is one of several, and every node keeps ACL users by itself, so that the old password "
                "would live on at the others: distribute a changed ACL file to all nodes, then ACL LOAD on each"
            )
        return ""

    def no_room(self, identity: Identity, keys: KeyList) -> LimitReached | None:
        """A user may have any number of passwords."""
        return None

    def outline(self, identity: Identity) -> Outline:
        """What is requested, and what is to be known."""
        user, name = self._here(), self.server.user
        warnings = [f"every open connection of user {name} is closed when the old password is removed, those that "
                    "use the new one too: clients must connect again by themselves"]  # fmt: skip
        if not self._kept_in():
            warnings.append("the server has neither an ACL file nor a configuration file, so it forgets its ACL users, "
                            "and this rotation with them, when it restarts")  # fmt: skip
        if (others := len(user.hashes) - 1) > 0:
            warnings.append(f"user {name} has {others} other password(s), which stay")
        issue = f"a second password for user {name} (ACL SETUSER {name} #SHA-256)"
        return Outline("Redis", f"user {name}", issue, self._where, tuple(warnings))

    # --- the passwords ---------------------------------------------------------------------------

    def keys(self, identity: Identity) -> KeyList:
        """All passwords of the user, with the server's time."""
        with self._calling("ask for the time"):
            seconds, _ = self._client().time()
        user = self._user(self.server.user)
        made = tuple(Key(self._id(one), "on" in user.flags) for one in user.hashes) if user else ()
        return KeyList(datetime.fromtimestamp(seconds, UTC), made)

    def key(self, identity: Identity, key_id: str) -> Key | None:
        """One of them."""
        return self.keys(identity).get(key_id)

    def find(self, identity: Identity, rotation: str) -> tuple[str, ...]:
        """What the mark of the rotation names and the user has."""
        mark, user = self._user(self._mark), self._user(self.server.user)
        if not mark or not user or mark.keys != _MARK + rotation:
            return ()
        return tuple(self._id(one) for one in mark.hashes if one in user.hashes)

    def last_used(self, identity: Identity, key_id: str) -> LastUse | None:
        """Redis does not tell."""
        return None

    def issue(self, identity: Identity, rotation: str) -> Credential:
        """Add a password to user and mark, both or neither. OutcomeUnknown if unclear."""
        user, mark = self._here(), self._user(self._mark)
        if identity.credential_id not in map(self._id, user.hashes):
            raise Conflict(
                f"the leaked password is none of user {self.server.user}'s any longer: somebody removed it",
                "undo this rotation to close it; then see that services have a password that works",
            )
        if not mark or mark.keys != _MARK + rotation:
            raise Conflict(f"the mark of this rotation (ACL user {self._mark}) was taken away",
                           "resume or undo this rotation")  # fmt: skip
        secret = database.new_password()
        added = f"#{_hash(secret)}"
        self._change("add a password", ("ACL SETUSER", self._mark, added),
                     ("ACL SETUSER", self.server.user, added))  # fmt: skip
        self._keep()
        return Credential(self._id(_hash(secret)), secret)

    def set_active(self, identity: Identity, key_id: str, active: bool) -> None:
        """Only a whole user can be switched off."""
        raise RotationError("one of a Redis user's passwords cannot be disabled", "see docs/rotation.md")

    def revoke(self, identity: Identity, key_id: str) -> None:
        """Remove the password and close the user's connections, both or neither."""
        user = self._user(self.server.user)
        for digest in [one for one in user.hashes if self._id(one) == key_id] if user else []:
            self._change("remove a password", ("ACL SETUSER", self.server.user, f"!{digest}"),
                         ("CLIENT KILL", "USER", self.server.user))  # fmt: skip
        self._keep()

    # --- the mark --------------------------------------------------------------------------------

    def claimed_by(self, identity: Identity) -> str:
        """The rotation that the mark names."""
        mark = self._user(self._mark)
        return mark.keys.removeprefix(_MARK) if mark else ""

    def claim(self, identity: Identity, rotation: str) -> None:
        """Set the mark."""
        self._change("set the mark", ("ACL SETUSER", self._mark, "reset", "off", _MARK + rotation))
        self._keep()

    def release(self, identity: Identity) -> None:
        """Take the mark away, after what the rotation changed is certainly kept."""
        self._keep()
        self._change("take the mark away", ("ACL DELUSER", self._mark))
        self._keep()

    # --- inside ----------------------------------------------------------------------------------

    @property
    def _where(self) -> str:
        return f"Redis at {self.server.address}"

    @property
    def _mark(self) -> str:
        return f"unleak:{self.server.user}"

    def _id(self, digest: str) -> str:
        return database.public_id(self.server.user, digest)

    def _identity(self, digest: str) -> Identity:
        return Identity("redis", self.server.address, self.server.user, self._id(digest),
                        details=self.server.details)  # fmt: skip

    def _refused(self, secret: Secret) -> bool | None:
        """Whether the server refuses the password; None if it says neither yes nor no."""
        client = self._open(self.server, secret)
        try:
            client.ping()
        except self._redis.exceptions.AuthenticationError as error:
            return True if getattr(error, "status_code", "WRONGPASS") == "WRONGPASS" else None
        except self._redis.exceptions.NoPermissionError:  # logged in, and may not PING
            return False
        except (self._redis.RedisError, OSError):
            return None
        finally:
            client.close()
        return False

    def _open(self, server: Server, password: Secret) -> Any:
        """A client that sends nothing twice."""
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        tls = {"ssl": True, "ssl_ca_certs": server.ca or None} if server.tls else {}
        return self._redis.Redis(
            server.host, server.port, username=server.user, password=password.reveal(), socket_timeout=SECONDS,
            socket_connect_timeout=SECONDS, retry=Retry(NoBackoff(), 0), **tls,
        )  # fmt: skip

    def _client(self) -> Any:
        if self._connected is None:
            self._connected = self._open(*database.acting(self.reference, self._admin, "redis"))
        return self._connected

    def _user(self, name: str) -> _User | None:
        with self._calling("look at an ACL user"):
            said = self._client().execute_command("ACL GETUSER", name)
        if said is None:
            return None
        return _User(tuple(map(_text, said["passwords"])), frozenset(map(_text, said["flags"])),
                     _text(said["keys"]) if isinstance(said["keys"], str | bytes)
                     else " ".join(map(_text, said["keys"])))  # fmt: skip

    def _here(self) -> _User:
        user = self._user(self.server.user)
        if user is None:
            raise NotFound(f"there is no ACL user {self.server.user} at {self._where} any longer",
                           "somebody removed it; undo this rotation to close it")  # fmt: skip
        return user

    def _change(self, what: str, *commands: tuple[str, ...]) -> None:
        """All of them or none."""
        with self._calling(what, changes=True), self._client().pipeline(transaction=True) as pipe:
            for command in commands:
                pipe.execute_command(*command)
            pipe.execute()

    def _kept_in(self) -> str:
        """The command that keeps ACL users over a restart; empty if the server is not set up to."""
        with self._calling("see where ACL users are kept"):
            if _text(self._client().config_get("aclfile").get("aclfile") or ""):
                return "ACL SAVE"
            return "CONFIG REWRITE" if self._client().info("server").get("config_file") else ""

    def _keep(self) -> None:
        command = self._kept_in()
        if command:
            with self._calling(f"keep the change over a restart ({command})"):
                self._client().execute_command(command)

    @contextmanager
    def _calling(self, what: str, *, changes: bool = False) -> Iterator[None]:
        """Turns the library's errors into ours, without any of their text."""
        errors = self._redis.exceptions
        try:
            yield
        except errors.NoPermissionError:
            raise AccessDenied(f"the user of {self.reference} may not {what} at {self._where}",
                               f"let it use {RIGHTS}") from None  # fmt: skip
        except errors.AuthenticationError:
            raise RotationError(f"{self._where} does not accept the password in {self.reference}",
                                "correct it, then run this again") from None  # fmt: skip
        except (errors.ConnectionError, errors.TimeoutError, OSError):
            if changes:
                raise OutcomeUnknown(f"could not tell whether {self._where} did {what}",
                                     "resume: unleak looks first") from None  # fmt: skip
            raise RotationError(f"{self._where} cannot be reached through {self.reference}",
                                "check the address and the network, then run this again") from None  # fmt: skip
        except errors.RedisError as error:
            raise RotationError(f"{self._where} refused to {what} ({type(error).__name__})",
                                "look into the server's log, then resume") from None  # fmt: skip


def _hash(secret: Secret) -> str:
    return hashlib.sha256(secret.reveal().encode()).hexdigest()


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
