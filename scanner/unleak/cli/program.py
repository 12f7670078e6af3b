"""The command line: names the commands and imports one when it is called."""

import errno
import os
import re
import sys
from importlib import import_module
from itertools import pairwise
from typing import IO

import click

from unleak.core.errors import Exit, UnleakError
from unleak.core.fingerprint import guessable
from unleak.core.secret import tail

COMMANDS = {
    "scan": "Find secrets in files, git history, staged changes or a commit range.",
    "verify": "Ask a provider whether one key is live, and whose it is.",
    "rotate": "Replace one leaked key: plan, approve, execute, resume.",
    "incidents": "List, show, resume or undo rotations.",
    "rules": "List, show and check the rules, and make new ones.",
    "doctor": "Check what unleak needs on this machine.",
    "demo": "Watch a leak being closed, on embedded parts.",
}
"""Command names with their one-line help; each is `unleak.cli.<name>:<name>`."""


class Commands(click.Group):
    """A group whose commands are imported only when they are needed."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = getattr(import_module(f"unleak.cli.{name}"), name)
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"No such command {args[0]!r}.{meant}", context)
        return super().resolve_command(context, args)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _version(context: click.Context, option: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"unleak {version('unleak')}")
        context.exit()


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version,
              help="Show the version and exit.")  # fmt: skip
def unleak() -> None:
    """Find leaked keys and close the leak: replace, push, wait for pick-up, revoke, prove dead."""


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code. Errors become one message on stderr."""
    try:
        code = unleak.main(args=arguments, prog_name="unleak", standalone_mode=False)
        sys.stdout.flush()
    except UnleakError as error:
        _complain(f"error: {_redacted(str(error), arguments)}")
        return int(error.exit)
    except click.ClickException as error:
        _explain(error, arguments)
        return int(Exit.USAGE)
    except (KeyboardInterrupt, click.Abort):
        return interrupted(arguments)
    except BrokenPipeError:  # the reader of our output went away; what it read is what it wanted
        _discard(sys.stdout)
        return int(Exit.CLEAN)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in UNWRITABLE and error.filename is None:
            _discard(sys.stdout)
            _complain(f"error: the output cannot be written: {os.strerror(error.errno)}")
            return int(_incomplete(arguments))
        _report_bug(error)
        return int(Exit.BUG)
    return int(code or 0)


UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
"""What writing to a full or closed standard output fails with."""


def _complain(message: str) -> None:
    from unleak.cli.output import visible

    try:
        print(f"unleak: {visible(message)}", file=sys.stderr, flush=True)
    except OSError:  # without a place to complain, the exit code alone tells
        _discard(sys.stderr)


def _explain(error: click.ClickException, arguments: list[str]) -> None:
    """A wrong call, and where the right one is described; the help itself if nothing was asked."""
    message = _redacted(error.format_message(), arguments)
    if message.startswith("Usage: "):
        print(message, file=sys.stderr)
        return
    context = error.ctx if isinstance(error, click.UsageError) else None
    _complain(f"error: {message}\n  See: {context.command_path if context else 'unleak'} --help")


def _discard(stream: IO[str]) -> None:
    from unleak.cli.output import discard

    discard(stream)


def interrupted(arguments: list[str]) -> int:
    """Say that Ctrl-C ended it; the exit code."""
    _complain("interrupted")
    return int(_incomplete(arguments))


def _incomplete(arguments: list[str]) -> Exit:
    rotating = bool({"rotate", "incidents"} & set(arguments[:1]))
    return Exit.INCOMPLETE_ROTATION if rotating else Exit.INCOMPLETE_SCAN


def _redacted(message: str, arguments: list[str]) -> str:
    """A message repeats the arguments, and somebody may have typed a key among them."""
    for argument in arguments:
        for piece in (argument, *re.split(r"://|\.\.+|[=\s#:,]", argument)):
            if _like_a_key(piece) and not _in_a_folder(piece):
                message = message.replace(piece, f"…{tail(piece)}")
    return message


def _like_a_key(text: str) -> bool:
    """Random text; more is taken for it than for a fingerprint, since nothing depends on it."""
    kinds = (str.islower, str.isupper, str.isdigit)
    mixed = len(text) >= 20 and all(any(map(kind, text)) for kind in kinds) and not set(text) & set(" \n")
    changes = sum(a.isdigit() != b.isdigit() or a.islower() != b.islower() for a, b in pairwise(text))
    return not guessable(text) or (mixed and changes * 4 >= len(text))


def _in_a_folder(text: str) -> bool:
    """A path of random names is no key if its folder is there."""
    folder = os.path.dirname(text)
    return folder.strip("/") != "" and os.path.isdir(folder)


def _report_bug(error: Exception) -> None:
    """Where it happened and what kind it was, but not its text, which could hold a secret."""
    import traceback  # costs 17 ms, and nearly every call ends without a bug

    _complain(f"bug: {type(error).__name__}, at")
    for frame in traceback.extract_tb(error.__traceback__)[-6:]:
        print(f"  {frame.filename}:{frame.lineno} in {frame.name}", file=sys.stderr)
    print("  Please report this with the lines above; they hold no secret.", file=sys.stderr)


def reopen() -> None:
    """A standard stream that was closed fails when it is used, and no file gets its number."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.open(
                os.devnull, os.O_RDONLY if name == "stdout" else os.O_WRONLY
            )  # takes the lowest free number
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115
