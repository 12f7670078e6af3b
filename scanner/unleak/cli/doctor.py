"""`unleak doctor`: what works on this machine, and what to do about what does not."""

import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

import click

from unleak.core.errors import Exit, UnleakError
from unleak.core.install import need, requirement
from unleak.scan import cache
from unleak.scan.ruleset import load
from unleak.scan.sources.git import require_git

EXTRAS = {
    "verify": ("cryptography", "httpx", "jmespath"),
    "rotate": ("boto3", "dbos", "httpx"),
    "demo": ("moto", "aws_secretsmanager_caching"),
}
CI = ("CI", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "BUILDKITE", "TF_BUILD")
"""Environment variables of machines whose disk is gone when the job ends."""


COLORS = {"ok": "green", "note": "yellow", "fail": "red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    mark: str
    """`ok`, `note` (works, with a limit) or `fail`."""
    text: str
    hint: str = ""


@click.command()
@click.option("--config", "place", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="Also ask whether the keys that FILE names could be replaced.")  # fmt: skip
@click.pass_context
def doctor(context: click.Context, place: Path | None) -> None:
    """Check what unleak needs. Changes nothing, and without --config asks no other machine."""
    failed = False
    found = (finding for check in CHECKS for finding in check())
    for finding in chain(found, rotation(place) if place else ()):
        click.echo(f"{click.style(f'{finding.mark:>4}', fg=COLORS[finding.mark])}  {finding.text}")
        if finding.hint:
            click.echo(f"      {finding.hint}")
        failed = failed or finding.mark == "fail"
    context.exit(int(Exit.USAGE if failed else Exit.CLEAN))


def program() -> Iterator[Finding]:
    """unleak itself."""
    yield Finding("ok", f"unleak {version('unleak')} on Python {platform.python_version()}")


def git() -> Iterator[Finding]:
    """git, without which only plain directories can be scanned."""
    try:
        require_git()
        yield Finding("ok", "git is new enough")
    except UnleakError as error:
        yield Finding("fail", error.message, error.hint)


def rules() -> Iterator[Finding]:
    """The rule files."""
    try:
        loaded = load().rules
        services = len({rule.service for rule in loaded})
        yield Finding("ok", f"{len(loaded)} rules of {services} services")
    except UnleakError as error:
        yield Finding("fail", error.message, error.hint)


def matcher() -> Iterator[Finding]:
    """Hyperscan, and the cache of its database."""
    if find_spec("hyperscan"):
        yield Finding("ok", "Hyperscan is installed")
    else:
        yield Finding("note", "Hyperscan is not installed: large scans are slower", "pip install hyperscan")
    if cache.write("doctor", b""):
        yield Finding("ok", f"cache in {cache.directory()}")
    else:
        yield Finding(
            "note", f"{cache.directory()} cannot be written: large scans compile the rules every time"
        )


def extras() -> Iterator[Finding]:
    """What other commands need."""
    for extra, modules in EXTRAS.items():
        if all(map(find_spec, modules)):
            yield Finding("ok", f"extra `{extra}` is installed")
        else:
            yield Finding("note", f"`unleak {extra}` is not installed", f"pip install '{requirement(extra)}'")


def state() -> Iterator[Finding]:
    """Where rotations are recorded."""
    if not find_spec("dbos"):
        return
    from unleak.rotate.state import location

    where = location()
    if any(os.environ.get(name) for name in CI) and not os.environ.get("UNLEAK_STATE_DIR"):
        yield Finding(
            "note",
            f"this looks like CI, and rotations are recorded in {where}",
            "Set UNLEAK_STATE_DIR to a place that outlives the job, or an interrupted rotation cannot be resumed.",
        )
    elif not _writable(where):
        yield Finding("fail", f"the state directory {where} cannot be written", "Set UNLEAK_STATE_DIR.")
    else:
        yield Finding("ok", f"rotations are recorded in {where}")


def rotation(place: Path) -> Iterator[Finding]:
    """The keys that a configuration names."""
    try:
        need("boto3", "rotate")
        from unleak.cli import config, doctor_rotation

        yield from doctor_rotation.examine(config.load(place))
    except UnleakError as error:
        yield Finding("fail", error.message, error.hint)


def _writable(folder: Path) -> bool:
    nearest = next(parent for parent in [folder, *folder.parents] if parent.exists())
    return os.access(nearest, os.W_OK)


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (program, git, rules, matcher, extras, state)
