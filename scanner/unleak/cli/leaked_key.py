"""Where `unleak rotate` gets the leaked key from: a finding, the terminal or stdin, never an argument."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeAlias

from unleak.cli import database_key, declared_key, deploy_key, terminal, verify
from unleak.core.errors import ScanError, UsageError
from unleak.core.fingerprint import fingerprint
from unleak.core.rotating import KEY_ID
from unleak.core.secret import Secret
from unleak.rotate import forges
from unleak.rotate.database import Server
from unleak.rotate.forges import Repository
from unleak.rotate.ports import Credential
from unleak.rotate.rotation import Options
from unleak.scan import record
from unleak.scan.decoding import Decoding
from unleak.scan.record_shape import FindingRecord
from unleak.scan.rulefile import Definition
from unleak.scan.sources.reread import read_again

Candidates = Callable[[str], list[str]]
Place: TypeAlias = Server | Repository
"""Where keys are used that no rule file tells of."""

AWS = "aws.access-key"
"""The rule of access keys of AWS."""
TOLD = ("", AWS, *database_key.RULES)
"""Rules whose keys are told by what stands around them."""
_ID = re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Z0-9])")
_FORMS = (
    "give `ID SECRET`, `ID:SECRET`, the JSON of `aws iam create-access-key`, or a credentials file's profile; a key of "
    "another service as it is, with --rule ID if its form does not tell whose it is; a password of a database as its "
    "connection string"
)


@dataclass(frozen=True, slots=True)
class Leak:
    """The leaked key, and what its finding tells of the leak."""

    credential: Credential
    detected: datetime
    exposed: datetime | None = None
    """The oldest commit that holds it; None if that is not known."""
    place: str = ""


class Asked(Protocol):
    """Where the user says that the key is."""

    @property
    def finding(self) -> str | None:
        """The fingerprint of a finding, or its beginning."""

    @property
    def report(self) -> Path | None:
        """The report that holds it."""

    @property
    def stdin(self) -> bool:
        """Whether it is piped in."""

    @property
    def piped(self) -> str:
        """What was."""

    @property
    def parts(self) -> tuple[str, ...]:
        """NAME=VALUE of public parts."""

    @property
    def key_id(self) -> str:
        """The id of the leaked key, if the user tells it."""

    @property
    def options(self) -> Options:
        """With the rule, if the user names it."""


def given(asked: Asked) -> "tuple[Leak, declared_key.Kind | Place | None]":
    """The leaked key and its kind, or the place that it is used at; None for AWS access keys."""
    parts = verify.given_parts(asked.parts)
    if asked.key_id:
        parts |= {KEY_ID: asked.key_id}
    leak, kind = _given(asked, parts)
    if asked.key_id and not getattr(kind, "key_id", ""):
        raise UsageError(
            "which key leaked is told by the provider here, or by the key itself", "leave --key-id out"
        )
    return leak, database_key.asked(kind, asked.options, parts) if isinstance(kind, Server) else kind


def check_parts(said: Iterable[str], kind: "declared_key.Kind | Place | None") -> None:
    """UsageError for a part that the user gives and nothing asks for: it may be mistyped."""
    known = _parts(kind)
    for name in (one.partition("=")[0] for one in said):
        if name not in known:
            raise UsageError(
                "a part that --part gives is not used for such keys",
                "see that its name is right, or leave it out",
            )


def _parts(kind: "declared_key.Kind | Place | None") -> tuple[str, ...]:
    """The names of the parts that are used for such keys."""
    match kind:
        case None:
            return ()
        case Server():
            return ("host",)
        case Repository():
            return ("host", forges.PART[kind.forge])
        case _:
            return tuple(kind.parts)


def piped() -> str:
    """What stands on stdin, as far as a key may be long. UsageError if that is nothing."""
    text = sys.stdin.buffer.read(65_536).decode("utf-8", "replace")
    if not text.strip():
        raise UsageError("nothing came on stdin", _FORMS)
    return text


def typed() -> str:
    """What a person types without its being shown, in a form that `piped` has. UsageError without a terminal."""
    text = terminal.hidden("The leaked key; of AWS, its access key id (not shown): ")
    return f"{text} {terminal.hidden('Its secret access key (not shown): ')}" if _ID.fullmatch(text) else text


def rule(asked: Asked) -> str:
    """The id of the rule of the key, before anything is asked; empty if it is of no known form."""
    if asked.finding and asked.report:
        return record.find(record.load(asked.report), asked.finding)["rule_id"]
    if asked.options.rule:
        return asked.options.rule
    try:
        parse(asked.piped)
    except UsageError:
        if database_key.recognised(asked.piped):
            return database_key.RULES[0]
        if deploy_key.recognised(asked.piped):
            return deploy_key.RULES[0]
        known = declared_key.recognised(asked.piped)
        return known[0].rule.id if known else ""
    return AWS


def _given(asked: Asked, parts: Mapping[str, str]) -> "tuple[Leak, declared_key.Kind | Place | None]":
    if asked.finding and asked.report:
        return from_finding(asked.report, asked.finding, parts, acting=bool(asked.options.admin))
    if asked.options.rule in deploy_key.RULES:
        return _private_key(asked), deploy_key.asked(parts)
    if asked.options.rule not in TOLD:
        return _named(asked, parts)
    try:
        return parse(asked.piped), None
    except UsageError:
        if login := database_key.recognised(asked.piped):
            return Leak(Credential("", login[1]), datetime.now(UTC)), login[0]
        if deploy_key.recognised(asked.piped):
            return _private_key(asked), deploy_key.asked(parts)
        known = declared_key.recognised(asked.piped)
        if known is None:
            raise
    found, secret, seen = known
    kind = _kind(found, seen, parts, asked)
    canonical = declared_key.canonical(kind)
    written = [one for one in kind.candidates(asked.piped) if canonical(one) == secret.reveal()]
    used = Secret(written[0]) if written else secret
    return Leak(Credential("", used), datetime.now(UTC)), kind


def _private_key(asked: Asked) -> Leak:
    """Piped in: a prompt reads one line."""
    if not asked.stdin:
        raise UsageError(
            "a private key has several lines, which cannot be typed", "pipe it in: --stdin < FILE"
        )
    key = deploy_key.recognised(asked.piped)
    if not key:
        raise UsageError(
            "that is no private key and nothing else", "give it from -----BEGIN to -----END, not in base64"
        )
    return Leak(Credential("", Secret(key)), datetime.now(UTC))


def _named(asked: Asked, parts: Mapping[str, str]) -> "tuple[Leak, declared_key.Kind | None]":
    """A key of the rule that the user names."""
    kind = _kind(declared_key.required(asked.options.rule), {}, parts, asked)
    text = asked.piped.strip() if asked.stdin else terminal.hidden("The key (not shown): ")
    if text not in kind.candidates(text):
        raise UsageError(
            f"that has not the form of a {kind.rule.title}", "see: unleak rules show " + kind.rule.id
        )
    return Leak(Credential("", Secret(text)), datetime.now(UTC)), kind


def _kind(
    found: Definition, seen: Mapping[str, str], parts: Mapping[str, str], asked: Asked
) -> "declared_key.Kind":
    return declared_key.kind(found, seen, parts, acting=bool(asked.options.admin))


def from_finding(
    report: Path, prefix: str, parts: Mapping[str, str], *, acting: bool = True
) -> "tuple[Leak, declared_key.Kind | Place | None]":
    """The finding's value, read again from its source. UsageError if it stands there no longer."""
    found = record.find(record.load(report), prefix)
    key_id = next(filter(_ID.fullmatch, (part["value"] or "" for part in found["parts"])), "")
    known = None if key_id else _known(found["rule_id"])
    kind: declared_key.Kind | Place | None = None
    if found["rule_id"] in database_key.RULES:
        login = database_key.within(_contents(found), found["fingerprint"])
        kind, secret = login or (None, None)
    elif found["rule_id"] in deploy_key.RULES:
        kind = deploy_key.asked(parts)
        secret = reread(found, deploy_key.candidates, deploy_key.canonical)
    elif key_id or known:
        seen = declared_key.parts_of(found)
        kind = declared_key.kind(known, seen, parts, acting=acting) if known else None
        shape = (kind.candidates, declared_key.canonical(kind)) if kind else (aws_candidates(), str)
        secret = reread(found, *shape)
    else:
        raise UsageError(
            f"finding {found['fingerprint'][:8]} is no key that can be rotated",
            "AWS access keys with their secret can be, and keys whose provider tells whether they live "
            "(docs/rotation.md)",
        )
    if secret is None:
        raise UsageError(
            f"the value of finding {found['fingerprint'][:8]} cannot be read again from where it stood, or is of no "
            "kind that can be rotated",
            "scan again, or run without --finding and type the key",
        )
    dates = [datetime.fromisoformat(place["date"]) for place in found["locations"] if place["date"]]
    detected = datetime.fromtimestamp(report.stat().st_mtime, UTC)
    return Leak(Credential(key_id, secret), detected, min(dates, default=None), _place(found)), kind


def _known(rule_id: str) -> Definition | None:
    try:
        return declared_key.definition(rule_id)
    except UsageError:  # of a rule file that is not there now
        return None


def ids(text: str) -> list[str]:
    """The ids of access keys of AWS in a text."""
    return list(dict.fromkeys(_ID.findall(text)))


def aws_candidates() -> Candidates:
    """The pieces of a text that could be secret access keys."""
    from unleak.rotate.providers.aws_iam import candidates

    return candidates


def reread(
    found: FindingRecord, candidates: Candidates, canonical: Callable[[str], str] = str
) -> Secret | None:
    """The secret of a finding, proved by its fingerprint; None if no location holds it any longer."""
    for text in _contents(found):
        for candidate in candidates(text):
            if fingerprint(canonical(candidate)) == found["fingerprint"]:
                return Secret(candidate)
    return None


def _contents(found: FindingRecord) -> Iterator[str]:
    """What stands at the finding's locations now, as far as it can be read."""
    for place in found["locations"]:
        try:
            for blob in read_again(record.origin_of(place)):
                for text in (blob.data, *Decoding().texts(blob.data)):
                    yield text.decode("utf-8", "surrogateescape")
        except (ScanError, UsageError):  # another location may still hold it
            continue


def parse(text: str) -> Leak:
    """`ID SECRET`, `ID:SECRET`, JSON of the aws command line, or a profile of a credentials file."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, dict):
        inner = data.get("AccessKey", data.get("Credentials", data))
        inner = inner if isinstance(inner, dict) else {}
        return _leak(str(inner.get("AccessKeyId", "")), str(inner.get("SecretAccessKey", "")))
    key_id = re.search(r"aws_access_key_id\s*=\s*(\S+)", text, re.IGNORECASE)
    secret = re.search(r"aws_secret_access_key\s*=\s*(\S+)", text, re.IGNORECASE)
    if key_id and secret:
        return _leak(key_id[1], secret[1])
    words = re.split(r"[\s:,]+", text.strip())
    return _leak(words[0], words[1]) if len(words) == 2 else _leak("", "")


def _leak(key_id: str, secret: str) -> Leak:
    key_id, secret = key_id.strip("\"'"), secret.strip("\"'")
    if not _ID.fullmatch(key_id) or not re.fullmatch(r"[A-Za-z0-9/+]{40}", secret):
        raise UsageError(
            "that is neither an AWS access key id with its secret nor a key of a known form", _FORMS
        )
    return Leak(Credential(key_id, Secret(secret)), datetime.now(UTC))


def _place(found: FindingRecord) -> str:
    place = found["locations"][0]
    commit = f" in commit {place['commit'][:12]}" if place["commit"] else ""
    member = f"!/{place['member']}" if place.get("member") else ""
    return f"{place['path'] or place['origin']}{member}:{place['line']}{commit}"
