"""A person at a terminal: hidden input, approval read from the terminal itself, and decisions."""

import os
import pty
import select
import sys
import time

import pytest


class Person:
    """Runs the program on a terminal of its own and answers what is asked."""

    def __init__(self, arguments, given=b""):
        reader, writer = os.pipe()
        os.write(writer, given)
        os.close(writer)
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.dup2(reader, 0)
            os.execv(sys.executable, [sys.executable, "-m", "unleak", *arguments])  # noqa: S606
        os.close(reader)
        self.shown = ""

    def sees(self, text, seconds=60):
        """Wait until `text` is on the screen."""
        end = time.monotonic() + seconds
        while text not in self.shown and time.monotonic() < end:
            if not self._read():
                break
        assert text in self.shown, self.shown

    def types(self, text):
        os.write(self.terminal, text.encode() + b"\n")

    def leaves(self):
        """Wait for the end; returns the exit code."""
        while self._read():
            pass
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self):
        ready, _, _ = select.select([self.terminal], [], [], 60)
        try:
            data = os.read(self.terminal, 4096) if ready else b""
        except OSError:
            return False
        self.shown += data.decode("utf-8", "replace")
        return bool(data)


FAST = ["--quiet", "1", "--grace", "0"]
CONSUMER = ["--consumer", "http://127.0.0.1:9/", "--wait", "0"]


@pytest.fixture
def given(aws):
    aws.json_secret()
    return f"{aws.leaked['AccessKeyId']} {aws.leaked['SecretAccessKey']}\n".encode()


def test_the_secret_is_typed_unseen_and_the_plan_approved(aws, given):
    person = Person(["rotate", *FAST, *CONSUMER])
    person.sees("access key id")
    person.types(aws.leaked["AccessKeyId"])
    person.sees("Its secret access key")
    person.types(aws.leaked["SecretAccessKey"])
    person.sees("Type yes:")
    person.types("yes")
    assert person.leaves() == 4
    assert "has begun" in person.shown
    assert aws.leaked["SecretAccessKey"] not in person.shown
    assert len(aws.keys()) == 2


def test_the_end_of_input_gives_no_key(aws, given):
    person = Person(["rotate", *FAST])
    person.sees("access key id")
    person.types(aws.leaked["AccessKeyId"])
    person.sees("Its secret access key")
    os.write(person.terminal, b"\x04")
    assert person.leaves() == 2
    assert "neither an AWS access key id with its secret" in person.shown


def test_a_yes_on_stdin_approves_nothing(aws, given):
    person = Person(["rotate", "--stdin", *FAST], given=given + b"yes\nyes\n")
    assert person.leaves() == 2  # three words are no key


def test_a_plan_that_is_not_approved_changes_nothing(aws, given):
    person = Person(["rotate", "--stdin", *FAST], given=given)
    person.sees("Type yes:")
    person.types("no")
    assert person.leaves() == 2
    assert "nothing was changed" in person.shown
    assert len(aws.keys()) == 1
    assert aws.tags() == {}


def test_ctrl_c_on_the_terminal_stops_resumably(aws, given):
    person = Person(["rotate", "--stdin", "--yes", *FAST], given=given)
    person.sees("waiting for services")
    os.write(person.terminal, b"\x03")
    assert person.leaves() == 4
    assert "unleak incidents resume" in person.shown


@pytest.mark.parametrize(("answer", "code", "keys"), [("a", 0, 1), ("u", 4, 2), ("s", 4, 2)])
def test_a_laggard_needs_a_decision(aws, given, answer, code, keys):
    person = Person(
        ["rotate", "--stdin", "--yes", "--quiet", "60", "--grace", "0", "--wait", "4"], given=given
    )
    person.sees("waiting for services")
    time.sleep(1.1)  # IAM's last use has a resolution of a second
    aws.lives(aws.current_key())
    aws.lives(aws.leaked)
    person.sees("[u]ndo")
    assert "the old key is still used: sts in eu-west-1" in person.shown
    person.types(answer)
    assert person.leaves() == code
    assert len(aws.keys()) == keys


def test_whatever_is_typed_at_first_is_not_shown(given):
    """A person may take the first question for one after any key."""
    string = f"postgresql://shop:{'Kq7' * 6}@127.0.0.1:1/app"
    person = Person(["rotate", "--plan", *FAST])
    person.sees("The leaked key")
    person.types(string)
    person.sees("passwords of database users")
    assert person.leaves() == 2
    assert "Kq7Kq7" not in person.shown


def test_who_interrupts_the_approval_is_told_that_nothing_was_changed(aws, given):
    person = Person(["rotate", "--stdin", *FAST], given)
    person.sees("Type yes:")
    os.write(person.terminal, b"\x03")
    person.sees("nothing was changed")
    assert person.leaves() == 4
    assert len(aws.keys()) == 1
