"""Accounts of MySQL, as mysql.user shows them, and the hashes that it keeps of passwords."""

import hashlib
import json
import secrets
import string
from dataclasses import dataclass, field
from typing import Any

from unleak.core.model import Identity
from unleak.core.secret import Secret

SHA2, NATIVE = "caching_sha2_password", "mysql_native_password"
ROUNDS, SALT = 5000, 20
_HEAD = "$A$005$"
_DIGITS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ORDER = ((0, 10, 20), (21, 1, 11), (12, 22, 2), (3, 13, 23), (24, 4, 14), (15, 25, 5), (6, 16, 26), (27, 7, 17),
          (18, 28, 8), (9, 19, 29))  # fmt: skip
"""Of the bytes of a digest, in SHA-crypt."""
_COLUMNS = "User, Host, plugin, authentication_string, User_attributes"
ROTATION, ISSUED, ENDING = "unleak_rotation", "unleak_issued", "unleak_ending"
"""Attributes of an account: the rotation that works on it, the password that it issued, and the one being revoked."""


@dataclass(frozen=True, slots=True)
class Account:
    """A row of mysql.user."""

    user: str
    host: str
    plugin: str
    first: str
    """Hash of the password."""
    second: str = ""
    """Hash of the one that was retained."""
    factors: bool = False
    """Whether a login needs more than the password."""
    notes: dict[str, Any] = field(default_factory=dict)
    """Its attributes."""

    @property
    def name(self) -> str:
        """`user@host`."""
        return f"{self.user}@{self.host}"

    @property
    def hashes(self) -> tuple[str, ...]:
        """Of its passwords, one or two."""
        return tuple(dict.fromkeys(one for one in (self.first, self.second) if one))

    @property
    def plain(self) -> bool:
        """Whether there is no other way in than a password that is known here."""
        return self.plugin in {SHA2, NATIVE} and bool(self.first) and not self.factors

    def note(self, name: str) -> str:
        """One of the attributes; empty if it is not there."""
        return str(self.notes.get(name) or "")

    def owns(self, secret: Secret) -> str:
        """The hash of this password, if it is one of the account's; else empty."""
        return next((one for one in self.hashes if matches(self.plugin, one, secret)), "")


def accounts(cursor: Any, user: str) -> list[Account]:
    """All of a user name."""
    cursor.execute(f"SELECT {_COLUMNS} FROM mysql.user WHERE User = %s ORDER BY Host", (user,))  # noqa: S608
    return [_account(*row) for row in cursor.fetchall()]


def account_of(cursor: Any, identity: Identity) -> Account | None:
    """The one that the identity is of."""
    user, _, host = identity.principal.rpartition("@")
    return next((one for one in accounts(cursor, user) if one.host == host), None)


def _account(user: str, host: str, plugin: str, first: Any, attributes: Any) -> Account:
    said = json.loads(attributes) if attributes else {}
    more, second = "multi_factor_authentication" in said, str(said.get("additional_password") or "")
    return Account(user, host, plugin, _text(first), second, more, dict(said.get("metadata") or {}))


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value or "")


# --- hashes ----------------------------------------------------------------------------------------


def made(plugin: str, secret: Secret) -> str:
    """What the plugin is to keep of a new password."""
    if plugin == NATIVE:
        return _native(secret)
    salt = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(SALT))
    return _HEAD + salt + sha256_crypt(secret.reveal().encode(), salt.encode())


def matches(plugin: str, kept: str, secret: Secret) -> bool:
    """Whether `kept` is a hash of the password."""
    if plugin == NATIVE:
        return secrets.compare_digest(kept.encode(), _native(secret).encode())
    if plugin != SHA2 or not kept.startswith(_HEAD):
        return False
    salt, digest = kept[len(_HEAD) :][:SALT], kept[len(_HEAD) + SALT :]
    return secrets.compare_digest(
        digest.encode("latin-1", "replace"),
        sha256_crypt(secret.reveal().encode(), salt.encode("latin-1", "replace")).encode(),
    )


def _native(secret: Secret) -> str:
    inner = hashlib.sha1(secret.reveal().encode(), usedforsecurity=False).digest()
    return "*" + hashlib.sha1(inner, usedforsecurity=False).hexdigest().upper()


def sha256_crypt(password: bytes, salt: bytes) -> str:
    """The digest of SHA-crypt with SHA-256, of a salt of any length (https://www.akkadia.org/drepper/SHA-crypt.txt)."""
    size = len(password)
    other = _sha(password + salt + password)
    mixed = password + salt + _filled(other, size)
    bits = size
    while bits:
        mixed += other if bits & 1 else password
        bits >>= 1
    state = _sha(mixed)
    long_password = _filled(_sha(password * size), size)
    long_salt = _filled(_sha(salt * (16 + state[0])), len(salt))
    for number in range(ROUNDS):
        odd = number & 1
        mixed = long_password if odd else state
        mixed += (long_salt if number % 3 else b"") + (long_password if number % 7 else b"")
        state = _sha(mixed + (state if odd else long_password))
    groups = [_digits(state[x] << 16 | state[y] << 8 | state[z], 4) for x, y, z in _ORDER]
    return "".join(groups) + _digits(state[31] << 8 | state[30], 3)


def _sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _filled(block: bytes, size: int) -> bytes:
    return (block * (size // len(block) + 1))[:size]


def _digits(value: int, count: int) -> str:
    return "".join(_DIGITS[value >> 6 * place & 63] for place in range(count))
