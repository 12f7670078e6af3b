"""Files of public packages from PyPI, release after release."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

DJANGO = (
    "1.8.19", "1.9.13", "1.10.8", "1.11.29", "2.0.13", "2.1.15", "2.2.28", "3.0.14",
    "3.1.14", "3.2.25", "4.0.10", "4.1.13", "4.2.16", "5.0.9", "5.1.3", "5.2",
)  # fmt: skip
"""Releases whose differences make the history: some 25,000 changed files."""


def wheel(name: str, version: str, folder: Path) -> Path:
    """The wheel of a release, downloaded once into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    pattern = f"{name}-{version}-*.whl"
    found = [*folder.glob(pattern), *folder.glob(pattern.capitalize())]
    if not found:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
                   "--dest", str(folder), f"{name}=={version}"]  # fmt: skip
        subprocess.run(command, check=True)
        found = [*folder.glob(pattern), *folder.glob(pattern.capitalize())]
    return found[0]


def files(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Path and content of every file of a wheel, by path."""
    with zipfile.ZipFile(archive) as opened:
        for path in sorted(opened.namelist()):
            if not path.endswith("/"):
                yield path, opened.read(path)
