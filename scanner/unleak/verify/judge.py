"""What an answer says of a key, by the conditions of its rule file."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jmespath
from jmespath import Options
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions, signature

from unleak.core.model import Identity, Liveness
from unleak.core.secret import Secret
from unleak.core.verification import Condition, Verification
from unleak.verify.answer import Answer
from unleak.verify.ports import Question, Reply


class _Functions(Functions):  # type: ignore[misc]  # jmespath has no types
    """What rule files may call besides JMESPath's own functions."""

    @signature({"types": ["string", "null"]}, {"types": ["string"]}, {"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_rewrite(self, text: str | None, pattern: str, replacement: str) -> str | None:
        """`replacement` with the groups of `pattern`, if that is all of `text`; else null."""
        found = re.fullmatch(pattern, text or "", re.ASCII)
        return found.expand(replacement) if found else None

    @signature({"types": ["string", "null"]})  # type: ignore[untyped-decorator]
    def _func_unbase64(self, text: str | None) -> str | None:
        """The text that is encoded in base64; else null."""
        return base64.b64decode(text, validate=True).decode() if text else None

    @signature({"types": ["string", "null"]})  # type: ignore[untyped-decorator]
    def _func_from_json(self, text: str | None) -> Any:
        """What the JSON holds; else null."""
        return json.loads(text) if text else None


OWN = Options(custom_functions=_Functions())
WrongExpression = JMESPathError
"""A JMESPath expression of a rule file does not compile."""
LONGEST = 200
"""Characters of a name that the provider gives."""
MOST_SCOPES = 50
PIECE = 12
"""So many characters of the key in a row, in a text of the provider, are too many to show."""
PLAIN = {
    401: "it answers 401, which may mean that the key is refused, but that is not documented",
    403: "it answers 403: a key without rights, or none",
    404: "it answers 404",
    407: "the proxy asks for a password",
    429: "its rate limit is reached; ask again later",
}


@dataclass(frozen=True, slots=True)
class Read:
    """An answer as the conditions see it."""

    reply: Reply
    text: str
    data: Any
    """The body's JSON; None if it is none."""

    @property
    def whole(self) -> dict[str, Any]:
        """What expressions see."""
        return {"body": self.data, "header": dict(self.reply.headers), "status": self.reply.status}

    @property
    def page(self) -> bool:
        """Whether it is a page for people, which proxies, firewalls and error handlers write."""
        kind = self.reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind:
            return kind in {"text/html", "application/xhtml+xml"}
        return self.text.lstrip()[:15].lower().startswith(("<!doctype html", "<html"))


def judge(verification: Verification, question: Question, reply: Reply) -> Answer:
    """The answer of the provider. UNKNOWN unless one side of the conditions holds and the other does not."""
    came = read(reply)
    try:
        live = any(holds(condition, came) for condition in verification.live)
        dead = any(holds(condition, came) for condition in verification.dead)
    except JMESPathError:
        return Answer(
            Liveness.UNKNOWN, why="a JMESPath expression of its rule is wrong: see `unleak rules check`"
        )
    if live and dead:
        return Answer(Liveness.UNKNOWN, why="the answer means both live and dead by its rule")
    if live:
        return Answer(Liveness.LIVE, _identity(verification, question, came))
    return Answer(Liveness.DEAD) if dead else Answer(Liveness.UNKNOWN, why=_why(came))


def expects(verification: Verification, status: int) -> bool:
    """Whether a condition names `status`, so that an answer with it is to be judged as it is."""
    return any(status in condition.status for condition in (*verification.live, *verification.dead))


def read(reply: Reply) -> Read:
    """`reply` as the conditions see it."""
    text = reply.body.decode("utf-8", "replace")
    try:
        data = json.loads(text) if reply.whole else None
    except (ValueError, RecursionError):
        data = None
    return Read(reply, text, data)


def holds(condition: Condition, read: Read) -> bool:
    """Whether `condition` holds. Raises JMESPathError for a wrong expression."""
    if condition.status and read.reply.status not in condition.status:
        return False
    if not condition.reads_body and read.page:  # whatever answers every request with a page proves nothing
        return False
    if condition.lacks and not read.reply.whole:
        return False
    if not all(text in read.text for text in condition.contains):
        return False
    if any(text in read.text for text in condition.lacks):
        return False
    if not condition.json:
        return True
    return read.data is not None and bool(
        search(condition.json, read.whole)
    )  # `a != b` holds for no JSON too


def search(expression: str, data: Any) -> Any:
    """What `expression` finds; None where the provider's data has a type that it does not expect."""
    compiled = _compiled(expression)
    try:
        return compiled.search(data, OWN)
    except (JMESPathError, RecursionError, ValueError, TypeError, re.error):
        return None


@cache
def _compiled(expression: str) -> Any:
    return jmespath.compile(expression)


def _why(read: Read) -> str:
    status = read.reply.status
    if status in {407, 429}:
        return PLAIN[status]
    if status >= 500:
        return f"it answers {status}: an error of its own"
    if read.page:
        return f"a web page came instead of an answer (status {status})"
    if 300 <= status < 400:
        return "it sends elsewhere, which is not followed"
    if not read.reply.whole:
        return "its answer is too long to be judged, or compressed in an unknown way"
    return PLAIN.get(status, f"its answer (status {status}) is none that is known to mean live or dead")


# --- whose it is -----------------------------------------------------------------------------------


def _identity(verification: Verification, question: Question, read: Read) -> Identity | None:
    """What the provider says, cut and without the key; None if it says nothing."""
    found = {field: search(path, read.whole) for field, path in verification.identify}
    account, principal, credential = (
        shown(found.get(name), question.secret) for name in ("account", "principal", "credential_id")
    )
    scopes = [text for item in _listed(found.get("scopes")) if (text := shown(item, question.secret))]
    created, expires = moment(found.get("created")), moment(found.get("expires"))
    if not (account or principal or credential or scopes or created or expires):
        return None
    return Identity(
        question.service, account, principal, credential, tuple(scopes[:MOST_SCOPES]), created, expires
    )


def shown(value: Any, secret: Secret) -> str:
    """A name or number as one line; empty for anything else, and for what holds a piece of the key."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text, key = f"{value}", secret.reveal()
    pieces = (key[at : at + PIECE] for at in range(max(1, len(key) - PIECE + 1)))
    if any(piece in text for piece in pieces):
        return ""
    line = "".join(character if character.isprintable() else " " for character in text).strip()
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _listed(value: Any) -> Iterator[Any]:
    """The items of a list, the names of a table that are true, or the words of a text."""
    match value:
        case str():
            yield from value.replace(",", " ").split()
        case dict():
            yield from (key for key, held in value.items() if held)
        case list():
            yield from value


def moment(value: Any) -> datetime | None:
    """A moment that is given as ISO 8601, or in seconds or milliseconds since 1970."""
    try:
        match value:
            case bool():
                return None
            case int() | float():
                return (
                    datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
                    if value > 0
                    else None
                )
            case str() if value.strip().isdigit():
                return moment(int(value))
            case str():
                text = value.strip().removesuffix(" UTC").replace(" +0000", "+00:00")
                found = datetime.fromisoformat(text)
                return found if found.tzinfo else found.replace(tzinfo=UTC)
            case _:
                return None
    except (ValueError, OverflowError, OSError):
        return None


def problems(expressions: Iterable[str]) -> Iterator[str]:
    """What is wrong with JMESPath expressions, for `unleak rules check`."""
    for expression in expressions:
        try:
            _compiled(expression)
        except JMESPathError:
            yield f"`{expression}` is no JMESPath expression"
