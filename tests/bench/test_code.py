"""The parts of `python -m bench code` that need no network."""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    path = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"} | environment
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=path, capture_output=True, text=True, check=False
    )


def test_forty_packages_are_pinned_with_checksums() -> None:
    lines = (ROOT / "bench" / "code_corpus.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert len(pins) == 40
    assert all(re.fullmatch(r"[a-z0-9._-]+==[0-9.]+ --hash=sha256:[0-9a-f]{64}", pin) for pin in pins)


def test_only_the_rules_of_the_folder_count(tmp_path) -> None:
    rules, code = tmp_path / "rules", tmp_path / "code"
    rules.mkdir(), code.mkdir()
    (rules / "acme.toml").write_text(
        'service = "Acme"\n[[rule]]\nid = "acme.key"\ntitle = "Acme key"\nwhy = "Opens the gate."\nseverity = "high"\n'
        "pattern = '''(?x) \\b ( acme_ [0-9a-z]{20} ) \\b'''\nkeywords = [\"acme_\"]\n"
        'matches = ["acme_${lowernum:20}"]\nnon_matches = ["acme_${lowernum:19}"]\n'
    )
    key = "-----BEGIN PRIVATE " + "KEY-----"
    (code / "a.txt").write_text(f"acme_{'0a1b2c3d4e' * 2}\n{key}\npassword = 'x7Hk$pQ9wLm2'\n")
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = run("-m", "bench.with_rules", str(rules), "scan", str(code), "--format", "jsonl", **home)
    assert [json.loads(line)["rule_id"] for line in done.stdout.splitlines()] == ["acme.key"]


def test_no_code_of_an_sdist_is_run(tmp_path) -> None:
    (tmp_path / "PKG-INFO").write_text("Metadata-Version: 2.4\nName: some-thing\nVersion: 1.2\n\nText\n")
    (tmp_path / "backend.py").write_text("raise SystemExit('it was run')")
    ask = (
        "import os; from importlib import import_module\n"
        "backend = import_module(os.environ['_PYPROJECT_HOOKS_BUILD_BACKEND'])\n"
        "print(backend.get_requires_for_build_wheel(), backend.prepare_metadata_for_build_wheel('.'))\n"
    )
    hooks = {"PYTHONPATH": str(ROOT / "bench" / "no_build"), "_PYPROJECT_HOOKS_BUILD_BACKEND": "backend"}
    assert run("-c", ask, cwd=tmp_path, **hooks).stdout == "[] some_thing-1.2.dist-info\n"
    written = (tmp_path / "some_thing-1.2.dist-info" / "METADATA").read_text()
    assert "Name: some-thing\nVersion: 1.2\n" in written
