"""The wheel holds what it should, and what it installs works without the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.install


def run(*command: str | Path, cwd: Path, status: int = 0) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the sdist, as a package index would."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`unleak`, installed without extras into an empty environment."""
    folder = tmp_path_factory.mktemp("venv")
    run(sys.executable, "-m", "venv", folder, cwd=folder)
    run(folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", wheel, cwd=folder)
    return folder / "bin" / "unleak"


def test_the_wheel_holds_both_halves_the_rules_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        path.relative_to(root).as_posix()
        for root in (ROOT / "scanner", ROOT / "rotation")
        for path in root.rglob("*.py")
    } | {f"unleak/scan/_rules/{path.name}" for path in (ROOT / "rules").glob("*.toml")}
    assert {name for name in names if ".dist-info/" not in name} == expected
    assert not any(name == "unleak/__init__.py" for name in names)


def test_it_scans_without_extras(program: Path, repo) -> None:
    repo.write("app.py", "print('hello')\n")
    repo.commit()
    assert run(program, "--version", cwd=repo.path).startswith("unleak ")
    run(program, "scan", cwd=repo.path)
    run(program, "scan", "--history", cwd=repo.path)
    listed = run(program, "rules", "list", cwd=repo.path)
    assert "github" in listed


@pytest.mark.parametrize(("command", "extra"), [("rotate", "rotate"), ("demo", "demo")])
def test_a_missing_extra_is_named_with_its_install_line(program: Path, command: str, extra: str) -> None:
    said = run(program, command, cwd=Path(os.sep), status=2)
    assert f"pip install 'unleak[{extra}]" in said
