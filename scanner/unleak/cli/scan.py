"""`unleak scan`: one mode, one source, one report."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from unleak.cli import liveness, output, progress, wiring
from unleak.core.errors import UsageError
from unleak.core.model import Confidence
from unleak.scan.matching import matcher
from unleak.scan.pipeline import Scan
from unleak.scan.ports import ReportOptions, Summary
from unleak.scan.reports import REPORTS
from unleak.scan.ruleset import load

COMPLAINTS = 10
"""Things that could not be read, named on stderr."""
CONFIDENCES = {str(level): level for level in Confidence}


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """What the user asked for."""

    paths: tuple[str, ...]
    pathspec: tuple[str, ...]
    """What stood after `--`."""
    history: bool
    all_objects: bool
    staged: bool
    commit_range: str | None
    pre_push: bool
    stdin: bool
    report: str
    output: Path | None
    min_confidence: str | None
    no_ignore: bool
    reveal: bool
    rules: tuple[Path, ...]
    engine: str
    files: bool = False
    trust_repo_rules: bool = False
    verify: bool = False
    verify_self_hosted: bool = False
    only_live: bool = False

    @property
    def threshold(self) -> Confidence:
        """What counts for the exit code."""
        return CONFIDENCES[self.min_confidence or "medium"]

    @property
    def reported_from(self) -> Confidence:
        """What is reported: for people what counts, for machines everything, unless they say."""
        if self.min_confidence is None and self.report != "text":
            return Confidence.LOW
        return self.threshold


class ScanCommand(click.Command):
    """Keeps what follows `--` apart: click itself would add it to PATH, which only --files asks for."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        if "--" in args and "--files" not in args[: args.index("--")]:
            at = args.index("--")
            args, context.meta["pathspec"] = args[:at], tuple(args[at + 1 :])
        return super().parse_args(context, args)


@click.command(cls=ScanCommand, options_metavar="[OPTIONS]")
@click.argument("paths", metavar="[PATH]... [-- PATHSPEC...]", nargs=-1, type=click.Path())
@click.option("--files", is_flag=True, help="Take what follows -- as PATH (for hooks).")
@click.option("--history", is_flag=True, help="Every blob and message that any ref reaches.")
@click.option("--all-objects", is_flag=True, help="With --history: unreachable objects too.")
@click.option("--staged", is_flag=True, help="What the next commit adds (pre-commit).")
@click.option("--range", "commit_range", metavar="BASE..HEAD", help="What these commits add.")
@click.option("--pre-push", is_flag=True, help="What a push would publish (pre-push hook).")
@click.option("--stdin", is_flag=True, help="The standard input.")
@click.option("--format", "report", type=click.Choice(list(REPORTS)), default="text", show_default=True,
              help="Of the report.")  # fmt: skip
@click.option("--output", type=click.Path(path_type=Path), help="Write the report to this file.")
@click.option("--min-confidence", type=click.Choice(list(CONFIDENCES)),
              help="Report and count from here on. [default: medium; machine formats report all]")  # fmt: skip
@click.option("--no-ignore", is_flag=True, help="Read ignored files too and honour no allow comment.")
@click.option("--reveal", is_flag=True, help="Show the secrets themselves.")
@click.option("--rules", multiple=True, type=click.Path(exists=True, path_type=Path),
              help="Further rule files or folders.")  # fmt: skip
@click.option("--trust-repo-rules", is_flag=True, help="Use the rules in the repository's .unleak/rules too.")
@click.option("--engine", type=click.Choice(["auto", "hyperscan", "keywords"]), default="auto",
              show_default=True, help="What searches for candidates; all find the same.")  # fmt: skip
@click.option("--verify", is_flag=True, help="Ask the providers whether the keys are live.")
@click.option("--verify-self-hosted", is_flag=True,
              help="With --verify: also at public hosts that the scanned text names.")  # fmt: skip
@click.option("--only-live", is_flag=True, help="With --verify: a key that is proved dead does not count.")
@click.pass_context
def scan(context: click.Context, /, **given: Any) -> None:
    """Find secrets in a tree (the default), a repository's history, its index or a range.

    PATH says where the tree or repository is, by default here. PATHSPEC limits a repository's paths.

    Exit codes: 0 clean, 1 findings, 2 usage, 3 something could not be read.
    """
    options = ScanOptions(pathspec=context.meta.get("pathspec", ()), **given)
    check_modes(options)
    context.exit(int(execute(options).exit))


def check_modes(options: ScanOptions) -> None:
    """Raise UsageError unless the options name exactly one mode and fit it."""
    modes = {
        "--history": options.history,
        "--staged": options.staged,
        "--range": options.commit_range is not None,
        "--pre-push": options.pre_push,
        "--stdin": options.stdin,
    }
    chosen = [name for name, asked in modes.items() if asked]
    if len(chosen) > 1:
        raise UsageError(f"{' and '.join(chosen)} exclude each other.", "Give one of them.")
    if "-" in options.paths and not os.path.exists("-"):
        raise UsageError("'-' is no path.", "Read the standard input with --stdin.")
    if options.all_objects and not options.history:
        raise UsageError("--all-objects goes with --history.", "Add --history.")
    if options.stdin and (options.paths or options.pathspec):
        raise UsageError("--stdin takes no PATH.", "Leave the paths out.")
    if chosen and len(options.paths) > 1:
        raise UsageError(f"{chosen[0]} takes one PATH, the repository.", "Run it once for each.")
    liveness.modes(
        verify=options.verify, self_hosted=options.verify_self_hosted, only_live=options.only_live,
        hook=next((name for name in ("--staged", "--pre-push") if modes[name]), ""),
    )  # fmt: skip


def execute(options: ScanOptions) -> Summary:
    """Scan, write the report, and return the summary."""
    output.check(options.output)
    answering = liveness.engine(self_hosted=options.verify_self_hosted) if options.verify else None
    ruleset = load(options.rules, wiring.guests(options))
    summary = Summary(threshold=options.threshold)
    run = Scan(
        source=wiring.source(options),
        ruleset=ruleset,
        matcher=matcher(ruleset, options.engine),
        summary=summary,
        honour_markers=not options.no_ignore,
        reported_from=options.reported_from,
    )
    with progress.shown(summary):
        findings = run.run()
        if answering is not None and not summary.interrupted:
            findings = liveness.asked(findings, summary, answering)
        if options.only_live:
            liveness.dismiss_dead(findings, summary)
    with output.opened(options.output, private=options.reveal) as out:
        REPORTS[options.report](findings, summary, report_options(options), out)
    if options.report != "text" or options.output is not None:
        complain(summary)
    return summary


def complain(summary: Summary) -> None:
    """What is missing, on stderr, where it is seen also when the report is read by a program or later."""
    if summary.interrupted:
        click.echo("unleak: interrupted: the report is of what was read until then", err=True)
    if not summary.failed:
        return
    from unleak.scan.display import first, harmless, name

    here = os.getcwd()
    failed = (skip for skip in summary.skipped if skip.failed)
    lines = (f"could not read {name(skip.origin, here)}: {harmless(skip.reason)}" for skip in failed)
    for line in first(lines, COMPLAINTS):
        click.echo(f"unleak: {line}", err=True)


def report_options(options: ScanOptions) -> ReportOptions:
    """Colour only on a terminal, and never against NO_COLOR."""
    terminal = options.output is None and sys.stdout.isatty()
    color = terminal and not os.environ.get("NO_COLOR")
    width = shutil.get_terminal_size().columns if terminal else 80
    return ReportOptions(reveal=options.reveal, color=color, width=width)
