"""Leaked private keys that are deploy keys of a repository, which only a person can name."""

import re
from collections.abc import Mapping

from unleak.core.errors import UsageError
from unleak.core.model import Identity
from unleak.rotate import forges
from unleak.rotate.forges import Repository
from unleak.scan.checks import pem

RULES = ("private-key.pem",)
"""Whose findings may be such keys."""
_SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_PATHS = {"github": re.compile(f"{_SEGMENT}/{_SEGMENT}"), "gitlab": re.compile(f"{_SEGMENT}(?:/{_SEGMENT})+")}
_HOST = re.compile(r"(?:https://)?([A-Za-z0-9][A-Za-z0-9.-]*(?::\d{1,5})?)/?")
_HINT = (
    "name the one whose deploy key it is: --part repository=OWNER/REPO (GitHub) or --part project=GROUP/PROJECT "
    "(GitLab), and with --part host= another server than github.com or gitlab.com"
)


def asked(parts: Mapping[str, str]) -> Repository:
    """The repository that the user names. UsageError if it is none."""
    named = [(forge, parts[name]) for forge, name in forges.PART.items() if name in parts]
    if len(named) != 1:
        raise UsageError("a private key does not say which repository it opens", _HINT)
    forge, path = named[0]
    host = _HOST.fullmatch(parts.get("host", forges.HOSTS[forge]))
    if host is None or not _PATHS[forge].fullmatch(path):
        raise UsageError("that is no repository", _HINT)
    return Repository(forge, host[1].lower(), path)


def candidates(text: str) -> list[str]:
    """The private keys in a text."""
    from unleak.rotate.ssh_keys import candidates  # imports cryptography, which other keys do not need

    return candidates(text)


def canonical(key: str) -> str:
    """What the fingerprint of such a key is made of."""
    return pem.check(key).canonical or key


def recognised(text: str) -> str:
    """The key, of a text that is one and nothing else; empty for other texts."""
    return next(iter(candidates(text)), "") if text.strip() in candidates(text) else ""


def of(identity: Identity) -> Repository | None:
    """The repository of a rotation that was begun; None if its key is none of a repository."""
    known = {f"{forge}-deploy-key" for forge in forges.PART}
    return Repository.of(identity.details) if identity.provider in known else None
