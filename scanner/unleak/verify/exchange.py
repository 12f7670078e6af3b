"""Carries out the exchanges of a rule file's [rotate], and turns what goes wrong into our errors."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeGuard

from unleak.core.clock import Clock, SystemClock
from unleak.core.errors import AccessDenied, LimitReached, NotFound, OutcomeUnknown, RotationError, UsageError
from unleak.core.rotating import Exchange
from unleak.core.verification import Condition
from unleak.verify import judge, prepare
from unleak.verify.judge import Read
from unleak.verify.pace import retry_after
from unleak.verify.ports import Call, Failure, Reply, Transport

UNCLEAR = frozenset({408, *range(500, 600)})
"""Statuses after which a change may have been made or not."""


WAITS = 3
"""How often a request is sent again after the wait that the service asks for."""
PATIENCE = 30.0
"""Seconds of such a wait, at most."""


class Result(StrEnum):
    """What an answer means."""

    DONE = "done"
    GONE = "gone"
    """There was nothing to do."""


@dataclass(frozen=True, slots=True)
class Came:
    """An answer that is understood."""

    result: Result
    read: Read

    def take(self, path: str) -> Any:
        """What the JMESPath expression finds over `{body, header, status}`; None if nothing."""
        return judge.search(path, self.read.whole)


@dataclass(frozen=True, slots=True)
class Exchanger:
    """Talks to one service. Its errors hold no value that was sent and no text of the service."""

    service: str
    """As people write it."""
    transport: Transport
    clock: Clock = field(default_factory=SystemClock)

    def carry_out(
        self, what: str, said: Exchange, values: Mapping[str, Any], *, changes: bool = False
    ) -> Came:
        """Send `said` once. `what` is being done, for people; `changes` that it must not be done twice.

        Raises OutcomeUnknown if a change may have been made, another RotationError if it was not.
        """
        try:
            call = prepare.filled(said.request, values)
        except prepare.Unsendable as reason:
            raise RotationError(f"could not {what}: {reason}", "see docs/rotation.md") from None
        came = self._sent(call)
        if isinstance(came, Failure):
            raise self._failed(what, came, changes)
        read = judge.read(came)
        if _one_holds(said.done, read):
            return Came(Result.DONE, read)
        if _one_holds(said.gone, read):
            return Came(Result.GONE, read)
        if _one_holds(said.full, read):
            raise LimitReached(
                f"could not {what}: {self.service} allows no more keys", "delete a key that nobody needs"
            )
        raise self._refused(what, read, changes)

    def _sent(self, call: Call) -> Reply | Failure:
        """The answer, after the waits that the service asks for: a request that it limits did nothing."""
        for _ in range(WAITS):
            came = self.transport.send(call)
            seconds = retry_after(came.headers.get("retry-after", "")) if _limited(came) else None
            if seconds is None or seconds > PATIENCE:
                return came
            self.clock.sleep(seconds)
        return self.transport.send(call)

    def shown(self, said: Exchange, values: Mapping[str, Any]) -> str:
        """The request as a person may read it: without headers. RotationError if a value is missing."""
        try:
            call = prepare.filled(said.request, values)
        except prepare.Unsendable as reason:
            raise RotationError(f"the request cannot be made: {reason}", "see docs/rotation.md") from None
        try:
            body = json.dumps(json.loads(call.content))  # with spaces, at which a line may end
        except ValueError:
            body = call.content.decode().encode("ascii", "backslashreplace").decode()
        return f"{call.method} {call.url}" + (f" {body}" if body else "")

    def _failed(self, what: str, failure: Failure, changes: bool) -> RotationError:
        if changes and not failure.unreachable:
            return self.unclear(what)
        return RotationError(f"could not {what}: {failure.why}", "check the network, then go on")

    def _refused(self, what: str, read: Read, changes: bool) -> RotationError:
        status, text = read.reply.status, f"could not {what}: {self.service}"
        match status:
            case 401:
                return AccessDenied(
                    f"{text} does not accept the acting credential (status 401)", "name a valid one: --admin"
                )
            case 403:
                return AccessDenied(f"{text} refuses it (status 403)", "let the acting credential do this")
            case 404:
                return NotFound(f"{text} does not know what it names", "it may have been deleted")
            case 429:
                seconds = retry_after(read.reply.headers.get("retry-after", ""))
                wait = f"{math.ceil(seconds)} seconds" if seconds else "a minute"
                return RotationError(f"{text} limits how often it is asked", f"wait {wait}, then go on")
        if changes and (status in UNCLEAR or 200 <= status < 300):
            return self.unclear(what)
        hint = "wait a minute, then go on" if status >= 500 else "see docs/rotation.md"
        return RotationError(f"{text} answered in a way that is not known (status {status})", hint)

    def unclear(self, what: str) -> OutcomeUnknown:
        """The error after a change whose answer did not come or was not understood."""
        return OutcomeUnknown(
            f"could not tell whether {self.service} did {what}: no clear answer came",
            "going on looks at what is there before doing anything",
        )


def _limited(came: Reply | Failure) -> TypeGuard[Reply]:
    return isinstance(came, Reply) and came.status == 429


def _one_holds(conditions: tuple[Condition, ...], read: Read) -> bool:
    try:
        return any(judge.holds(condition, read) for condition in conditions)
    except judge.WrongExpression:
        raise UsageError("a JMESPath expression of its rule is wrong: see `unleak rules check`") from None
