"""The entry point: catches Ctrl-C also while the program is still being imported."""

import sys


def main() -> None:
    """Run the `unleak` program and exit with its code."""
    try:
        from unleak.cli.program import reopen, run

        reopen()
        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        from unleak.cli.program import interrupted

        code = interrupted(sys.argv[1:])
    sys.exit(code)


if __name__ == "__main__":
    main()
