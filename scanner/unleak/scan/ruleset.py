"""The rules, ready to match: read from the rule files, or from the cache if those have not changed."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unleak.core import verification
from unleak.core.errors import UsageError
from unleak.core.model import Companion, Confidence, Replacement, Rule, Severity
from unleak.scan import cache

if TYPE_CHECKING:
    from unleak.scan.rulefile import Definition

HERE = Path(__file__).parent
READERS = (
    "binding.py",
    "patternlint.py",
    "rotatefile.py",
    "rulefile.py",
    "ruleset.py",
    "table.py",
    "verifyfile.py",
)
"""Modules that make rules of files: when one of them changes, so does the version of the program."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of one run."""

    rules: tuple[Rule, ...]
    digest: str
    """SHA-256 in hexadecimal over everything that influences matching."""


def load(extra: Sequence[Path] = (), guests: Sequence[Path] = ()) -> RuleSet:
    """The rules of unleak and of `extra` files and folders. Raises UsageError for one that is wrong.

    `guests` are files of the scanned repository: they must not say where keys are sent.
    """
    paths = files(extra)
    name, key = _name([*paths, Path(), *guests]), _key([*paths, *guests])
    stored = cache.read(name)
    if stored is not None:
        found, _, body = stored.partition(b"\n")
        if found == key:
            return _decode(body)
    ruleset = _read(paths, guests)  # the key is older: a file that is changed meanwhile makes the entry stale
    cache.write(name, key + b"\n" + _encode(ruleset))
    return ruleset


def ruleset_of(rules: tuple[Rule, ...]) -> RuleSet:
    """A rule set of these rules, for those who have read them already."""
    return RuleSet(rules, _digest(rules))


def files(extra: Sequence[Path] = ()) -> list[Path]:
    """The rule files: those of unleak, then those of `extra`. Raises UsageError if one is not there."""
    own = _folder(builtin())
    if not extra:
        return own
    known = {path.resolve() for path in own}
    return own + [path for path in expanded(extra) if path.resolve() not in known]


def expanded(given: Iterable[Path]) -> list[Path]:
    """`given`, with the rule files of each folder in its place. Raises UsageError if there are none."""
    return [path for one in given for path in _expanded(one)]


def builtin() -> Path:
    """The folder of unleak's own rule files: in a wheel beside this module, else at the checkout's root."""
    packaged = HERE / "_rules"
    return packaged if packaged.is_dir() else HERE.parents[2] / "rules"


def _expanded(given: Path) -> list[Path]:
    if not given.is_dir():
        if not given.is_file():
            raise UsageError(f"There is no rule file {given}.")
        return [given]
    found = _folder(given)
    if not found:
        raise UsageError(f"The folder {given} holds no rule file.", "Rule files end in .toml.")
    return found


def _folder(folder: Path) -> list[Path]:
    try:
        names = os.listdir(folder)
    except OSError as error:
        raise UsageError(f"The rules in {folder} cannot be read: {error.strerror}.") from None
    return [folder / name for name in sorted(names) if name.endswith(".toml")]


def _read(paths: Sequence[Path], guests: Sequence[Path]) -> RuleSet:
    from unleak.scan import rulefile  # the TOML parser and the analysis of patterns cost time

    definitions = rulefile.read_all([*paths, *guests])
    return ruleset_of(tuple(_guest(found) if found.path in guests else found.rule for found in definitions))


def _guest(definition: "Definition") -> Rule:
    """A rule of the scanned repository. Raises UsageError if it says where keys are sent."""
    rule = definition.rule
    if rule.verification or definition.rotation:
        said = "[verify]" if rule.verification else "[rotate]"
        raise UsageError(
            f"{definition.path}: rule {rule.id}: rules of a repository must not say {said}: "
            "it chooses where keys are sent.",
            "Take it out, or give the file with --rules once you have read it.",
        )
    return replace(rule, guest=True)


def _name(paths: Sequence[Path]) -> str:
    names = "\0".join(os.path.abspath(path) for path in paths)
    return f"rules-{hashlib.sha256(os.fsencode(names)).hexdigest()[:16]}.json"


def _key(paths: Sequence[Path]) -> bytes:
    """What changes whenever the rules may: sizes and times of the files and of what reads them."""
    return hashlib.sha256("\n".join(_stamps(paths)).encode("utf-8", "surrogateescape")).hexdigest().encode()


def _stamps(paths: Sequence[Path]) -> Iterator[str]:
    for path in [*paths, *(HERE / name for name in READERS)]:
        try:
            stat = os.stat(path)
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {error.strerror}.") from None
        yield f"{path} {stat.st_mtime_ns} {stat.st_size}"


def _digest(rules: Sequence[Rule]) -> str:
    """The order counts too: a compiled database names rules by their index, and expressions by `binding`."""
    silent = dict.fromkeys(("service_title", "title", "why", "docs", "replacement", "verification"))
    matching = [asdict(rule) | silent for rule in rules]
    expressions = (HERE / "binding.py").read_bytes()
    return hashlib.sha256(json.dumps(matching).encode() + expressions).hexdigest()


def _encode(ruleset: RuleSet) -> bytes:
    return json.dumps(asdict(ruleset)).encode()


def _decode(body: bytes) -> RuleSet:
    stored: dict[str, Any] = json.loads(body)
    return RuleSet(tuple(map(_rule, stored["rules"])), stored["digest"])


def _rule(fields: dict[str, Any]) -> Rule:
    companion = fields["companion"]
    return Rule(**fields | {
        "severity": Severity(fields["severity"]),
        "confidence": Confidence(fields["confidence"]),
        "keywords": tuple(fields["keywords"]),
        "checks": tuple(fields["checks"]),
        "context": tuple(fields["context"]),
        "names": tuple(fields["names"]),
        "halves": tuple(Companion(**half) for half in fields["halves"]),
        "companion": Companion(**companion) if companion else None,
        "replacement": Replacement(**fields["replacement"]),
        "verification": verification.decoded(said) if (said := fields["verification"]) else None,
    })  # fmt: skip
