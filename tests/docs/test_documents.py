"""What the documents say is so."""

import re
import shlex
import tomllib
from itertools import groupby
from pathlib import Path

import click
import pytest

from unleak.cli.program import COMMANDS, unleak
from unleak.core.install import requirement

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
CALL = re.compile(r"unleak (?:" + "|".join(COMMANDS) + r")\b[^`\n]*")
PLAIN = re.compile(
    r"^(?:[^#\n|]*\| |(?:[A-Z_]+=\S* )*)(unleak (?:" + "|".join(COMMANDS) + r")\b[^#\n]*)", re.MULTILINE
)
"""Calls in blocks that are no sessions, behind variables or a pipe."""


def commands(document: Path) -> list[str]:
    """Every call of unleak in a document: lines after `$ ` and inline code."""
    text = document.read_text()
    fenced = [
        line for _, body in FENCED.findall(text) for line in re.findall(r"^\$ (unleak .*)$", body, re.M)
    ]
    fenced += [
        call for language, body in FENCED.findall(text) if not language for call in PLAIN.findall(body)
    ]
    inline = [
        call for code in re.findall(r"`([^`\n]+)`", FENCED.sub("", text)) for call in CALL.findall(code)
    ]
    return fenced + inline


CALLS = [(document.name, call) for document in DOCUMENTS for call in commands(document)]


@pytest.mark.parametrize(("name", "call"), CALLS)
def test_every_command_and_option_exists(name: str, call: str) -> None:
    words = shlex.split(call.replace("[", " ").replace("]", " ").replace("…", ""), comments=True)[1:]
    command: click.Command = unleak
    context = click.Context(unleak)
    while words and isinstance(command, click.Group):
        found = command.get_command(context, words[0].split("|")[0])
        assert found is not None, f"{name}: {call}"
        command, words = found, words[1:]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    options = {word.split("=")[0] for word in words if word.startswith("--") and word != "--"}
    assert options <= known, f"{name}: {call}"


def test_the_documents_show_commands() -> None:
    assert len(CALLS) > 10


def test_every_command_is_documented() -> None:
    text = "".join(document.read_text() for document in DOCUMENTS)
    assert all(f"unleak {name}" in text for name in COMMANDS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text()):
        if not target.startswith("http"):
            assert (document.parent / target).exists(), f"{document.name} links {target}"


def anchors(document: Path) -> set[str]:
    """Of the headings of a document, as GitHub names them."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", document.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_a_heading(document: Path) -> None:
    for path, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", document.read_text()):
        assert anchor in anchors(document.parent / path if path else document), f"{document.name}: {anchor}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_row_stands_outside_its_table(document: Path) -> None:
    """A blank line ends a table, and what comes after it is shown as it is written."""
    lines = [line.strip() for line in FENCED.sub("", document.read_text()).splitlines()]
    for is_table, rows in groupby(lines, lambda line: line.startswith("|")):
        table = list(rows)
        assert not is_table or re.fullmatch(r"[|\s:-]+", "".join(table[1:2])), f"{document.name}: {table[0]}"


def test_there_is_one_install_address() -> None:
    address = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]
    assert requirement("rotate") == f"unleak[rotate] @ git+{address}"
    for document in DOCUMENTS:
        for found in re.findall(r"https://github\.com/[\w.-]*unleak[\w.-]*/[\w.-]+", document.read_text()):
            assert found == address, document.name


def test_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    text = "".join(document.read_text() for document in DOCUMENTS)
    named = set(re.findall(r"(?:`|\$ )make ([a-z]+)", text))
    assert {"demo", "test"} <= named <= targets
