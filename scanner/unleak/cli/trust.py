"""Rules that a repository brings along: they are read only if the user trusts it."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from unleak.core.errors import UsageError
from unleak.scan.display import harmless

PLACE = Path(".unleak", "rules")
"""Within a repository."""
OPTION = "--trust-repo-rules"
KEY = "trust_repo_rules"
MOST = 1_000
"""Rule files of a repository."""


def guests(paths: Sequence[str], *, trusted: bool, given: Sequence[Path], quiet: bool) -> tuple[Path, ...]:
    """The rule files of the repositories that `paths` lie in, of those that are trusted.

    `given` are those that the user named anyway. Unless `quiet`, a line on stderr says that there are others.
    Raises UsageError for one that must not be read.
    """
    found: list[Path] = []
    known = {
        path.resolve() for one in given for path in ([one, *one.glob("*.toml")] if one.is_dir() else [one])
    }
    for root in dict.fromkeys(map(root_of, paths)):
        folder = root / PLACE
        if folder.resolve() in known or not any(_names(folder)):
            continue
        if trusted or root.resolve() in configured():
            found += [path for path in read(root) if path.resolve() not in known]
        elif not quiet:
            click.echo(f"unleak: note: the rules in {harmless(str(folder))} were not used; "
                       f"if you trust them, add {OPTION} (docs/rules.md)", err=True)  # fmt: skip
    return tuple(found)


def root_of(path: str) -> Path:
    """The top of the work tree that `path` lies in; the directory itself if that is none."""
    start = Path(path)
    start = start if start.is_dir() else start.parent
    above = Path(os.path.abspath(start))
    for folder in (above, *above.parents):
        if os.path.lexists(folder / ".git"):
            return folder
    return start


def read(root: Path) -> Iterator[Path]:
    """The rule files of the repository at `root`. Raises UsageError for one that lies outside, or is no file."""
    top = root.resolve()
    names = sorted(_names(root / PLACE))
    if len(names) > MOST:
        raise UsageError(f"{root / PLACE} holds {len(names):,} rule files; the limit is {MOST:,}.")
    for name in names:
        path = root / PLACE / name
        real = path.resolve()
        if not real.is_relative_to(top) or ".git" in real.relative_to(top).parts:
            raise UsageError(
                f"{path}: a link leads out of the repository; it was not read.", "Copy the file."
            )
        if not stat.S_ISREG(real.stat().st_mode):
            raise UsageError(f"{path}: is no file.")
        yield path


def _names(folder: Path) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            yield from (entry.name for entry in entries if entry.name.endswith(".toml"))
    except OSError:
        return


def configured() -> frozenset[Path]:
    """The repositories that the user's own configuration file trusts. Raises UsageError if it is wrong."""
    path = configuration()
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return frozenset()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}.") from None
    return frozenset(_trusted(path, data))


def configuration() -> Path:
    """Where the user's own configuration is: `$XDG_CONFIG_HOME/unleak` or `~/.config/unleak`."""
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return Path(base) / "unleak" / "config.toml"


def _trusted(path: Path, data: bytes) -> Iterator[Path]:
    import tomllib  # only who has a configuration pays for it

    try:
        settings = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: this is no TOML: {type(error).__name__}.") from None
    unknown = sorted(set(settings) - {KEY})
    if unknown:
        raise UsageError(f"{path}: there is no setting `{harmless(unknown[0])}`.", f"There is `{KEY}`.")
    listed = settings.get(KEY, [])
    if not isinstance(listed, list) or not all(isinstance(one, str) and os.path.isabs(one) for one in listed):
        raise UsageError(f"{path}: `{KEY}` has to be a list of absolute paths.",
                         f'Such as: {KEY} = ["/home/me/acme"].')  # fmt: skip
    yield from (Path(one).resolve() for one in listed)
