"""An address that restarts something when it is posted to, such as a deploy hook. It may hold a secret."""

import json
from urllib.parse import urlsplit

from unleak.core.errors import OutcomeUnknown, RotationError, UsageError
from unleak.core.install import need
from unleak.core.secret import Secret

LOCAL = {"127.0.0.1", "::1", "localhost"}
"""Hosts that may be spoken to without TLS."""


class Webhook:
    """One address, which is never shown. It counts as restarted when it answers 2xx."""

    def __init__(self, address: Secret) -> None:
        need("httpx", "rotate")
        self._address = address
        try:
            parts = urlsplit(address.reveal())
        except ValueError:
            parts = urlsplit("")
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL)
        if not (safe and parts.hostname) or "@" in parts.netloc:
            raise UsageError(
                "what --restart webhook://REF refers to is no address that can be posted to",
                "put the whole https:// address there, without a user",
            )
        self._parts = parts

    def problem(self) -> str:
        """Nothing can be asked without restarting."""
        return ""

    def note(self) -> str:
        """What its answer proves."""
        return "that it answers is all that is known of the restart"

    def begin(self, rotation: str) -> str:
        """One POST with the rotation's id, and nothing else. No redirect is followed."""
        from unleak.verify.http import Https, Server
        from unleak.verify.ports import Call, Failure

        address, host = self._address.reveal(), self._parts.hostname or ""
        headers, content = (
            (("Content-Type", "application/json"),),
            json.dumps({"rotation": rotation}).encode(),
        )
        if self._parts.scheme == "https":
            reply = Https(private=True).send(Call("POST", address, headers, content, host))
        else:
            reply = Server(address, headers).send("POST", "", content)
        if isinstance(reply, Failure):
            if reply.unreachable:
                raise RotationError(
                    f"the webhook was not called: {reply.why}", "see to the network, then go on"
                )
            raise OutcomeUnknown(
                f"whether the webhook was called cannot be told: {reply.why}", "going on calls it once more"
            )
        if not 200 <= reply.status < 300:
            raise RotationError(
                f"the webhook answered {reply.status}", "both keys still work; see why, then go on"
            )
        return rotation

    def done(self, name: str) -> bool:
        """It answered."""
        return True
