"""The code corpus: sdists of popular packages with their tests, unpacked; none of their code is run."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

HERE = Path(__file__).parent
PINNED = HERE / "code_corpus.txt"


def build(corpora: Path) -> Path:
    """Download and unpack the corpus into `corpora` if that is not done; returns its folder."""
    target, downloads = corpora / "code", corpora / "sdists"
    done = corpora / "code.txt"  # holds the list that was unpacked
    if done.exists() and done.read_text() == PINNED.read_text():
        return target
    download(downloads)
    for archive in sorted(downloads.glob("*.tar.gz")):
        with tarfile.open(archive) as opened:
            opened.extractall(target, filter="data")
    done.write_text(PINNED.read_text())
    return target


def download(folder: Path) -> None:
    """The sdists of the list; pip holds each against its checksum."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:",
               "--require-hashes", "--no-build-isolation", "--use-pep517",
               "--dest", str(folder), "--requirement", str(PINNED)]  # fmt: skip
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(HERE / "no_build")})


def size(folder: Path) -> tuple[int, int]:
    """How many files and how many lines of text the corpus has."""
    files = lines = 0
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            files += 1
            lines += 0 if b"\0" in content[:8192] else content.count(b"\n")
    return files, lines
