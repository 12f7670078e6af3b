"""Words for people: text that others chose made harmless, and places as an editor can open them."""

import os
from collections.abc import Iterable

from unleak.core.clock import iso
from unleak.core.model import Commit, File, GitObject, Identity, Location, Origin, Staged, Stdin
from unleak.scan.record import path_text, plain

INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters that Unicode counts as printable and that show nothing."""
SHORT = 10
"""Digits of an object's id that are shown."""
_AUTHOR = 60
_SIZES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def harmless(text: str) -> str:
    r"""`text` as one line that cannot control a terminal: what is not visible reads `\xNN` or `\uNNNN`."""
    return "".join(
        character if character.isprintable() and character not in INVISIBLE
        else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in plain(text)
    )  # fmt: skip


def place(location: Location, here: str) -> str:
    """`path:line:column`, the path relative to the directory `here` if it lies in it."""
    return f"{name(location.origin, here)}:{location.start.line}:{location.start.column}"


def name(origin: Origin, here: str) -> str:
    """What a person calls it; a member of an archive is `archive.zip!/path`."""
    inner = f"!/{harmless(path_text(origin.member))}" if origin.member else ""
    return _outer(origin, here) + inner


def _outer(origin: Origin, here: str) -> str:
    match origin:
        case File(root, path) | Staged(root, path) | Commit(root, path) if path:
            return harmless(_relative(os.path.join(plain(root), path_text(path)), here))
        case File(root) | Staged(root):
            return harmless(_relative(plain(root), here))
        case Commit(blob=oid):
            return f"message {oid[:SHORT]}"
        case GitObject(root, oid, kind):
            return f"{kind} {oid[:SHORT]}" if oid else harmless(plain(root))
        case Stdin():
            return "standard input"
    raise AssertionError(origin)


def commit(origin: Origin) -> str:
    """The commit of a place in history: id, date, author; empty for other places."""
    if not isinstance(origin, Commit):
        return ""
    author = harmless(origin.author)
    author = author if len(author) <= _AUTHOR else f"{author[: _AUTHOR - 1]}…"
    return f"commit {origin.commit[:SHORT]}, {iso(origin.date)[:10]}, {author}"


def _relative(path: str, here: str) -> str:
    whole = os.path.normpath(os.path.join(here, path))
    inside = os.path.relpath(whole, here)
    return os.path.normpath(path) if inside.startswith(os.pardir) else inside


def owner(identity: Identity | None) -> list[tuple[str, str]]:
    """Labels and texts that say whose key it is, in the provider's words made harmless."""
    if identity is None:
        return []
    created, expires = (iso(moment) if moment else "" for moment in (identity.created, identity.expires))
    told = {
        "account": identity.account,
        "acts as": identity.principal,
        "key id": identity.credential_id,
        "scopes": ", ".join(identity.scopes),
        "created": created,
        "expires": expires,
    }
    return [(label, harmless(text)) for label, text in told.items() if text]


def counted(number: int, noun: str) -> str:
    """`1 blob`, `1,200 blobs`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def size(octets: int) -> str:
    """`octets` in the largest decimal unit of which there is one."""
    for factor, unit in _SIZES:
        if octets >= factor:
            return f"{octets / factor:.1f} {unit}"
    return counted(octets, "byte")


def first(items: Iterable[str], most: int) -> list[str]:
    """The first `most` of `items` and, if there are more, how many."""
    listed = list(items)
    rest = len(listed) - most
    return listed[:most] + ([f"and {rest:,} more"] if rest > 0 else [])
