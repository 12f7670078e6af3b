import pytest

from unleak.__main__ import main
from unleak.cli import program
from unleak.cli.program import run
from unleak.core.errors import RotationError, ScanError


def test_help_lists_every_command_and_imports_none(capsys) -> None:
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in program.COMMANDS)


@pytest.mark.parametrize("name", program.COMMANDS)
def test_every_command_has_help(name: str, capsys) -> None:
    assert run([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: unleak {name}")


def test_version(capsys) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("unleak 0.")


@pytest.mark.parametrize("arguments", [["frobnicate"], ["scan", "--frobnicate"], ["scan", "--format", "pdf"]])
def test_usage_errors_are_one_message_and_exit_2(arguments: list[str], capsys) -> None:
    assert run(arguments) == 2
    assert capsys.readouterr().err.startswith("unleak: error: ")


def test_a_usage_error_leads_to_the_help(capsys) -> None:
    assert run(["scna"]) == 2
    assert capsys.readouterr().err == (
        "unleak: error: No such command 'scna'. Did you mean 'scan'?\n  See: unleak --help\n"
    )
    assert run(["rules", "show"]) == 2
    assert capsys.readouterr().err.endswith("\n  See: unleak rules show --help\n")


@pytest.mark.parametrize("arguments", [[], ["rules"]])
def test_nothing_asked_shows_the_help(arguments: list[str], capsys) -> None:
    assert run(arguments) == 2
    assert capsys.readouterr().err.startswith("Usage: unleak")


def test_a_key_typed_as_an_argument_is_not_repeated(capsys) -> None:
    key = "wJalr" + "1a2B3c4D5e6F7g8H9i0J" + "kLmNoPqR"
    assert run(["incidents", "list", key]) == 2
    assert run(["scan", f"--token={key}"]) == 2
    captured = capsys.readouterr()
    assert key not in captured.err + captured.out


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def main(**_: object) -> None:
        raise error

    monkeypatch.setattr(program.unleak, "main", main)


def test_our_errors_are_shown_with_their_hint_and_code(monkeypatch, capsys) -> None:
    fail_with(monkeypatch, RotationError("it stopped", "resume it"))
    assert run(["rotate"]) == 4
    assert capsys.readouterr().err == "unleak: error: it stopped\n  resume it\n"


def test_a_message_cannot_control_the_terminal(monkeypatch, capsys) -> None:
    fail_with(monkeypatch, ScanError("rules/\x1b[31m\u202e.toml", "one\ntwo"))
    assert run(["scan"]) == 3
    assert capsys.readouterr().err == "unleak: error: rules/\\x1b[31m\\u202e.toml\n  one\ntwo\n"


def test_a_bug_is_shown_without_its_text(monkeypatch, capsys) -> None:
    fail_with(monkeypatch, ValueError("secret-text"))
    assert run(["scan"]) == 70
    err = capsys.readouterr().err
    assert "ValueError" in err
    assert "test_main.py" in err
    assert "secret-text" not in err


@pytest.mark.parametrize(("command", "code"), [("scan", 3), ("rotate", 4), ("incidents", 4)])
def test_an_interrupt_has_the_code_of_its_command(monkeypatch, command: str, code: int) -> None:
    fail_with(monkeypatch, KeyboardInterrupt())
    assert run([command]) == code


def test_ctrl_c_while_the_program_is_still_imported(capsys, monkeypatch) -> None:
    """Python starts in some 0.1 s, and somebody may be quick."""

    def interrupt(arguments: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "run", interrupt)
    monkeypatch.setattr("sys.argv", ["unleak", "rotate"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 4
    assert capsys.readouterr().err == "unleak: interrupted\n"
