"""Runs the program in forks of one process that has imported everything, so that a run costs no start.

One JSON line in: {"arguments", "environment", "given" and "shown" (files), "faults" (patch the transport)}.
One line out: the exit code, negative for a signal.
"""

import atexit
import gc
import importlib.util
import json
import os
import resource
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path

import boto3

from unleak.__main__ import main as program
from unleak.core.secret import Secret
from unleak.rotate import keys, workflow
from unleak.verify.aws_client import Access, Pair, client

SECONDS = 120


def serve():
    """Fork for every line until the end of input."""
    for line in sys.stdin.buffer:
        child = os.fork()
        if child == 0:
            become(json.loads(line))
            leave()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def leave():
    """Run the program and end without tidying up the memory of all that was imported."""
    try:
        program()
    except SystemExit as ended:
        code = int(ended.code or 0)
    sys.stdout.flush()
    atexit._run_exitfuncs()  # coverage writes what it measured
    os._exit(code)


def become(asked):
    """What a fresh process would be: its own session, environment, standard streams and arguments."""
    os.setsid()
    signal.alarm(SECONDS)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(asked["environment"])
    given, shown = os.open(asked["given"], os.O_RDONLY), os.open(asked["shown"], os.O_WRONLY | os.O_CREAT)
    for descriptor, stream in ((given, 0), (shown, 1), (shown, 2)):
        os.dup2(descriptor, stream)
    sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)  # noqa: SIM115
    sys.argv = ["unleak", *asked["arguments"]]
    if limit := os.environ.get("UNLEAK_TEST_DISK"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    if asked["faults"]:
        faults().arm()


def faults():
    """The module killed.py, which stands beside this one."""
    sys.path.append(str(Path(__file__).with_name("providers")))
    spec = importlib.util.spec_from_file_location("killed", Path(__file__).with_name("killed.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def prepare():
    """Parse the descriptions of the services, which takes longest; moto lists a new key at once."""
    for service in ("iam", "sts", "secretsmanager", "ssm"):
        client(Access(region="eu-west-1", pair=Pair("x", Secret("y"))), service)
    keys.SETTLES = timedelta(0)
    gc.freeze()
    assert workflow.VERSION
    assert boto3.DEFAULT_SESSION is None
    assert threading.active_count() == 1


if __name__ == "__main__":
    prepare()
    serve()
