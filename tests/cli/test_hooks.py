"""The hooks, run by the real pre-commit on real repositories."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ADDRESS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]
KEY = "AK" + "IA" + "Q3EGRZ5" + "N2BWXT7CD"
SECRET = "h8Jx" + "rXUtnFEMIzK7MDEN" + "GbPxRfiCYq8Zt9LkQw" + "Vd"
LEAK = f"aws_access_key_id = '{KEY}'\naws_secret_access_key = '{SECRET}'\n"
MARKED = "".join(f"{line}  # unleak:allow\n" for line in LEAK.splitlines())


def hooks() -> dict[str, dict[str, object]]:
    return {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}


def test_hooks_run_at_their_stage_and_in_one_process() -> None:
    assert {name: (hook["stages"], hook.get("pass_filenames", True)) for name, hook in hooks().items()} == {
        "unleak": (["pre-commit"], False),
        "unleak-push": (["pre-push"], False),
        "unleak-files": (["pre-commit", "manual"], True),
    }
    assert all(hook["require_serial"] for hook in hooks().values())


def test_documents_name_the_one_address_and_only_hooks_that_exist() -> None:
    for document in ("README.md", "docs/hooks.md"):
        text = (ROOT / document).read_text()
        assert f"repo: {ADDRESS}\n" in text, document
        used = set(re.findall(r"^ *- id: (.*)$", text, re.MULTILINE))
        assert used
        assert used <= set(hooks()), document
    assert f"git+{ADDRESS}" in (ROOT / "docs/hooks.md").read_text()


@pytest.fixture(scope="session")
def hook_home(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings with which git and pre-commit run; one home, so the environment is built once."""
    folder = tmp_path_factory.mktemp("pre-commit")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT"))}
    people = {f"GIT_{who}_NAME": "Ada" for who in ("AUTHOR", "COMMITTER")}
    people |= {f"GIT_{who}_EMAIL": "ada@example.org" for who in ("AUTHOR", "COMMITTER")}
    return (
        kept
        | people
        | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}",
            "PRE_COMMIT_HOME": str(folder / "home"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }
    )


@pytest.fixture(scope="session")
def hook_source(tmp_path_factory: pytest.TempPathFactory, hook_home: dict[str, str]) -> Path:
    """What users name under `repo:`: a clone of this checkout, as it is committed."""
    folder = tmp_path_factory.mktemp("source") / "unleak"
    clone = ["git", "-c", "safe.directory=*", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(folder)]
    subprocess.run(clone, env=hook_home, check=True, capture_output=True)
    return folder


class Hooked:
    """A repository with the hooks installed by pre-commit."""

    def __init__(self, path: Path, settings: dict[str, str]) -> None:
        self.path = path
        self.settings = settings

    def run(self, *command: str) -> tuple[int, str]:
        """The exit status, and all that was said."""
        done = subprocess.run(
            command, cwd=self.path, env=self.settings, check=False, capture_output=True, text=True
        )
        return done.returncode, done.stdout + done.stderr

    def commit(self, name: str, content: str) -> tuple[int, str]:
        (self.path / name).write_text(content)
        self.run("git", "add", "-A")
        return self.run("git", "commit", "-m", "change")

    def configure(self, source: Path, *ids: str) -> None:
        _, revision = self.run("git", "-C", str(source), "rev-parse", "HEAD")
        chosen = {"repo": str(source), "rev": revision.strip(), "hooks": [{"id": name} for name in ids]}
        (self.path / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [chosen]}))
        stages = ("--hook-type", "pre-commit", "--hook-type", "pre-push")
        status, said = self.run("pre-commit", "install", *stages)
        assert status == 0, said


@pytest.fixture
def hooked(repo, hook_home: dict[str, str], hook_source: Path) -> Hooked:
    made = Hooked(repo.path, hook_home)
    made.configure(hook_source, "unleak", "unleak-push")
    status, said = made.commit("README", "clean\n")
    assert status == 0, said
    return made


@pytest.mark.install
class TestWithPreCommit:
    """One environment is built for all of them."""

    def test_a_commit_with_a_key_is_refused_and_says_what_to_do(self, hooked: Hooked) -> None:
        status, said = hooked.commit("settings.py", LEAK)
        assert status != 0
        assert "settings.py:2:26" in said
        assert "take the secret out of the file" in said
        assert "unleak:allow" in said
        assert "unleak rotate --finding" in said
        assert SECRET not in said
        assert hooked.run("git", "log", "--oneline", "--", "settings.py") == (0, "")

    def test_a_marked_key_passes_and_so_does_indenting_it(self, hooked: Hooked) -> None:
        status, said = hooked.commit("settings.py", MARKED)
        assert status == 0, said

    def test_indenting_an_old_key_does_not_cry_wolf(self, hooked: Hooked) -> None:
        (hooked.path / "settings.py").write_text(LEAK)
        hooked.run("git", "add", "-A")
        assert hooked.run("git", "commit", "--no-verify", "-m", "before the hook")[0] == 0
        status, said = hooked.commit("settings.py", LEAK.replace("aws_", "    aws_"))
        assert status == 0, said

    def test_what_is_only_in_the_work_tree_is_not_committed_and_passes(self, hooked: Hooked) -> None:
        (hooked.path / "untracked.py").write_text(LEAK)
        (hooked.path / "README").write_text("clean still\n")
        status, said = hooked.run("git", "commit", "-m", "change", "README")
        assert status == 0, said

    def test_commit_all_reads_the_index_that_git_names(self, hooked: Hooked) -> None:
        (hooked.path / "README").write_text(LEAK)
        assert "README:2:26" in hooked.run("git", "commit", "-a", "-m", "change")[1]

    def test_a_push_of_a_removed_key_is_refused_and_a_clean_one_passes(
        self, hooked: Hooked, make_repo, tmp_path: Path
    ) -> None:
        make_repo("remote.git", "--bare")
        hooked.run("git", "remote", "add", "origin", str(tmp_path / "remote.git"))
        status, said = hooked.run("git", "push", "origin", "main")
        assert status == 0, said
        (hooked.path / "settings.py").write_text(LEAK)
        hooked.run("git", "add", "-A")
        hooked.run("git", "commit", "--no-verify", "-m", "leak")
        assert hooked.commit("settings.py", "clean\n")[0] == 0
        status, said = hooked.run("git", "push", "origin", "main")
        assert status != 0
        assert "settings.py:2:26" in said
        hooked.run("git", "reset", "--hard", "origin/main")
        assert hooked.commit("README", "clean again\n")[0] == 0
        status, said = hooked.run("git", "push", "origin", "main")
        assert status == 0, said

    def test_a_first_push_is_held_against_the_remote(self, hooked: Hooked, make_repo, tmp_path: Path) -> None:
        make_repo("remote.git", "--bare")
        hooked.run("git", "remote", "add", "origin", str(tmp_path / "remote.git"))
        (hooked.path / "settings.py").write_text(LEAK)
        hooked.run("git", "add", "-A")
        hooked.run("git", "commit", "--no-verify", "-m", "leak")
        status, said = hooked.run("git", "push", "origin", "main")
        assert status != 0
        assert "settings.py:2:26" in said

    def test_all_files_reads_every_file_whatever_its_name(self, hooked: Hooked, hook_source: Path) -> None:
        hooked.configure(hook_source, "unleak-files")
        names = ("--min-confidence=high", ":(exclude)*", "a b.py")
        for name in names:
            (hooked.path / name).write_text(LEAK.replace(SECRET, SECRET[::-1]) if name == "a b.py" else LEAK)
        (hooked.path / "gone.py").write_text("clean\n")
        hooked.run("git", "add", "-A")
        (hooked.path / "gone.py").unlink()
        status, said = hooked.run("pre-commit", "run", "--all-files")
        assert status != 0
        assert all(f"{name}:2:26" in said for name in names), said

    def test_all_files_passes_when_clean(self, hooked: Hooked, hook_source: Path) -> None:
        hooked.configure(hook_source, "unleak-files")
        status, said = hooked.run("pre-commit", "run", "--all-files")
        assert status == 0, said
