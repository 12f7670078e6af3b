"""References to credentials: where one is, never the credential itself."""

import os
import re

from unleak.core.errors import UsageError
from unleak.core.secret import Secret

FORMS = "{} takes env:NAME, the environment variable that holds {}"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}")


def resolve(reference: str, option: str = "--admin", what: str = "the credential") -> Secret:
    """What `env:NAME` refers to. UsageError, which repeats nothing that may be a credential."""
    forms = FORMS.format(option, what)
    scheme, _, name = reference.partition(":")
    if scheme != "env" or not _NAME.fullmatch(name):
        raise UsageError("that is no reference to a credential", f"{forms}; {what} itself never")
    value = os.environ.get(name, "").strip()
    if not value:
        raise UsageError(f"the environment variable that {option} names is not set", forms)
    return Secret(value)
