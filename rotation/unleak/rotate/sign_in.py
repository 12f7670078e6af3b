"""What the acting credential is given for some minutes, where it is of another kind than the keys that it changes."""

import re
import time
from collections.abc import Mapping
from typing import Any

from unleak.core.errors import AccessDenied, NotFound
from unleak.core.rotating import ADMIN, WHO, Rotating
from unleak.core.secret import Secret
from unleak.rotate.ports import Acting
from unleak.verify import judge
from unleak.verify.assertion import Unsigned, signed
from unleak.verify.exchange import Exchanger, Result

LASTS = 240.0
"""Seconds after which it signs in anew."""


class SignIn:
    """Signs in by [rotate.acting] when that is needed."""

    def __init__(self, said: Rotating, exchanger: Exchanger, reference: str) -> None:
        """`reference` says where the credential comes from."""
        self._said, self._exchanger, self._reference = said, exchanger, reference
        self._since, self._with, self._held = 0.0, "", dict[str, Any]()

    @property
    def names(self) -> tuple[str, ...]:
        """Of what is given; nobody may see it."""
        taken = self._said.acting.take if self._said.acting else ()
        return tuple(name for name, _ in taken if name not in WHO)

    def values(self, known: Mapping[str, Any]) -> dict[str, Any]:
        """What requests may hold. `known` holds the credential, as ADMIN, and public parts.

        AccessDenied if the provider does not accept the credential.
        """
        return {name: value for name, value in self._signed_in(known).items() if name not in WHO}

    def who(self, known: Mapping[str, Any]) -> Acting:
        """Who acts. AccessDenied if the provider does not accept the credential."""
        held, admin = self._signed_in(known), Secret(f"{known[ADMIN]}")
        key_id, principal = (judge.shown(held.get(name), admin) for name in WHO)
        return Acting(key_id, f"{principal} ({self._reference})" if principal else self._reference)

    def _signed_in(self, known: Mapping[str, Any]) -> dict[str, Any]:
        said, admin = self._said.acting, f"{known[ADMIN]}"
        if said is None:
            return {}
        if self._said.direct and re.fullmatch(self._said.direct, admin):
            return dict.fromkeys((name for name, _ in said.take), admin)
        if admin != self._with or time.monotonic() - self._since > LASTS:
            self._check(known)
            try:
                came = self._exchanger.carry_out("sign in", said, known)
            except (AccessDenied, NotFound):
                raise self._not_accepted() from None
            if came.result is Result.GONE:
                raise self._not_accepted()
            self._held = {name: came.take(path) for name, path in said.take}
            self._since, self._with = time.monotonic(), admin
        return self._held

    def _check(self, known: Mapping[str, Any]) -> None:
        """AccessDenied if the credential is no private key, where one has to sign."""
        assertion = self._said.acting.request.assertion if self._said.acting else None
        try:
            if assertion:
                signed(assertion, known)
        except Unsigned:
            raise self._not_accepted() from None

    def _not_accepted(self) -> AccessDenied:
        return AccessDenied(
            f"{self._exchanger.service} does not accept the credential in {self._reference}",
            f"it has to be {self._said.admin}",
        )
