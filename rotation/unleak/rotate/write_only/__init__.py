"""Stores whose values can be written and never read back, named by the scheme of their references."""

from collections.abc import Callable

from unleak.core.registry import Registry
from unleak.rotate.store_ports import WriteOnly

WRITE_ONLY: Registry[Callable[..., WriteOnly]] = Registry(
    __name__,
    {
        "github-actions": "github:Actions",
        "github-dependabot": "github:Dependabot",
        "vercel-sensitive": "vercel:Sensitive",
    },
)
