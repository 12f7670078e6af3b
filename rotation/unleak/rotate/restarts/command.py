"""A program of the operator's that restarts something. It is given no key, and ends with 0 when it has."""

import os
import shlex
import shutil
import subprocess

from unleak.core.errors import RotationError, UsageError

PATIENCE = 900.0
"""Seconds that it may take."""
GIVEN = {
    *(
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "LANG",
        "LC_ALL",
        "TZ",
        "TMPDIR",
        "SYSTEMROOT",
        "SSH_AUTH_SOCK",
    ),
    *("XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "KUBECONFIG", "DOCKER_HOST", "DOCKER_CONFIG", "SSL_CERT_FILE"),
    *("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"),
}
"""The variables that it gets of the environment; others may hold credentials."""


class Command:
    """A command line, split as a shell would, and run without one."""

    def __init__(self, line: str) -> None:
        try:
            self._words = shlex.split(line)
        except ValueError:
            self._words = []
        if not self._words:
            raise UsageError("--restart command://LINE has no command line", "such as command://./restart.sh")

    def problem(self) -> str:
        """Whether there is such a program."""
        return "" if shutil.which(self._words[0]) else "there is no such program, or it may not be run"

    def note(self) -> str:
        """What it is given, and what its end proves."""
        return (
            "it is run without keys and credentials in its environment; its exit code 0 is all that is known"
        )

    def begin(self, rotation: str) -> str:
        """Run it to its end, with the rotation's id in UNLEAK_ROTATION. What it prints goes nowhere."""
        environment = {name: value for name, value in os.environ.items() if name in GIVEN}
        try:
            ended = subprocess.run(
                self._words,
                env=environment | {"UNLEAK_ROTATION": rotation},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=PATIENCE,
                check=False,
            )
        except OSError as error:
            raise RotationError(
                f"the command was not run: {error.strerror}", "see to it, then go on"
            ) from None
        except subprocess.TimeoutExpired:
            raise RotationError(
                f"the command took longer than {PATIENCE:g} s and was ended", "see to it, then go on"
            ) from None
        if ended.returncode:
            raise RotationError(
                f"the command ended with {ended.returncode}", "both keys still work; see why, then go on"
            )
        return rotation

    def done(self, name: str) -> bool:
        """It ended with 0."""
        return True
