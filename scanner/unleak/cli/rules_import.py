"""`unleak rules import`: rules of other scanners become rule files."""

import stat
from collections.abc import Sequence
from pathlib import Path

import click

from unleak.cli import output, progress
from unleak.core.errors import Exit, UsageError
from unleak.scan.convert import MAX_BYTES, Foreign, Remark
from unleak.scan.display import harmless

FOLDER = Path("imported-rules")


@click.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--output", "folder", type=click.Path(path_type=Path), default=FOLDER, show_default=True,
              help="The folder to write the rule files to.")  # fmt: skip
@click.pass_context
def import_rules(context: click.Context, file: Path, folder: Path) -> None:
    """Make rule files of another scanner's rules.

    FILE is the TOML file of gitleaks or betterleaks, or a plugin of detect-secrets (Python, which is read and
    never run). Every rule is tried on texts made of its own pattern. What unleak finds already is not written
    again, and what cannot be converted is listed with the reason.

    Exit codes: 0 all is converted or found already, 2 nothing was written, 3 some rules could not be converted.
    """
    found = read(file)
    from unleak.scan import ruleset
    from unleak.scan.convert.conversion import Conversion

    with progress.told() as tell:
        made = Conversion(ruleset.load().rules, file.name, tell).convert(found)
    for remark in made.remarks:
        click.echo(said(remark), err=remark.missing)
    missing = sum(remark.missing for remark in made.remarks)
    if made.files:
        write(folder, made.files)
        shown = harmless(str(folder))
        click.echo(f"Rules written to {shown}: {made.rules}. Now run\n  unleak rules check {shown}\n"
                   f"  unleak scan --rules {shown}")  # fmt: skip
    else:
        click.echo("No rule was written.")
    if missing:
        click.echo(f"Not converted: {missing}. `unleak rules new` makes a file to write them into.", err=True)
        context.exit(int(Exit.INCOMPLETE_SCAN))


def read(file: Path) -> Sequence[Foreign | Remark]:
    """The rules in `file`. Raises UsageError."""
    from unleak.scan.convert import detect_secrets, gitleaks

    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise UsageError(f"{file} is no file.")
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}.") from None
    if len(data) > MAX_BYTES:
        raise UsageError(f"{file} is larger than {MAX_BYTES >> 20} MiB.", "Divide it into several.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{file} is no text in UTF-8.") from None
    return detect_secrets.read(text) if file.suffix == ".py" else gitleaks.read(text)


def write(folder: Path, files: dict[str, str]) -> None:
    """Write `files`, or raise UsageError if one of them is there already."""
    present = [slug for slug in files if (folder / f"{slug}.toml").exists()]
    if present:
        raise UsageError(f"{folder / present[0]}.toml is there already; nothing was written.",
                         "Name another folder with --output.")  # fmt: skip
    for slug, text in files.items():
        output.create(folder / f"{slug}.toml", text)


def said(remark: Remark) -> str:
    """`remark` as a line."""
    kind = "not converted" if remark.missing else "note"
    return harmless(f"{kind}: {remark.id}: {remark.reason}" if remark.id else f"{kind}: {remark.reason}")
