"""References to credentials: where one is, never the credential itself."""

import os
import re

from unleak.core.errors import UsageError
from unleak.core.secret import Secret

FORMS = "--admin takes env:NAME, the environment variable that holds the credential"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}")


def resolve(reference: str) -> Secret:
    """The credential that `env:NAME` refers to. UsageError, which repeats nothing that may be a credential."""
    scheme, _, name = reference.partition(":")
    if scheme != "env" or not _NAME.fullmatch(name):
        raise UsageError("that is no reference to a credential", f"{FORMS}; the credential itself never")
    value = os.environ.get(name, "").strip()
    if not value:
        raise UsageError("the environment variable that --admin names is not set", FORMS)
    return Secret(value)
