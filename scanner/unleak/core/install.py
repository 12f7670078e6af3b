"""What to install when a command needs more than the scanner."""

from importlib import import_module, metadata
from types import ModuleType

from unleak.core.errors import UsageError


def repository() -> str:
    """The https address of the project, which pyproject.toml names under project.urls; empty if unknown."""
    urls = metadata.metadata("unleak").get_all("Project-URL") or []
    pairs = [url.partition(",") for url in urls]
    return next((url.strip() for label, _, url in pairs if label.strip() == "Repository"), "")


def requirement(extra: str) -> str:
    """The requirement that installs unleak with `extra` from where this unleak came from.

    `unleak[rotate] @ git+https://…`, with the address that pyproject.toml names under project.urls.
    """
    address = repository()
    return f"unleak[{extra}] @ git+{address}" if address else f"unleak[{extra}]"


def need(module: str, extra: str) -> ModuleType:
    """Import `module`, which `extra` brings; UsageError with the exact install line without it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as missing:
        if missing.name != module.partition(".")[0]:
            raise
        raise UsageError(
            f"this command needs {missing.name}, which is not installed",
            f"install it with: pip install '{requirement(extra)}'",
        ) from None
