import pytest

from unleak.core.errors import Exit, RotationError, ScanError, UnleakError, UsageError, worst


def test_codes_are_what_the_documentation_says() -> None:
    assert [(code.name, code.value) for code in Exit] == [
        ("CLEAN", 0), ("FINDINGS", 1), ("USAGE", 2), ("INCOMPLETE_SCAN", 3), ("INCOMPLETE_ROTATION", 4), ("BUG", 70),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("codes", "strongest"),
    [
        ((), Exit.CLEAN),
        ((Exit.CLEAN, Exit.FINDINGS), Exit.FINDINGS),
        ((Exit.FINDINGS, Exit.INCOMPLETE_SCAN), Exit.INCOMPLETE_SCAN),
        ((Exit.INCOMPLETE_SCAN, Exit.USAGE), Exit.USAGE),
        ((Exit.USAGE, Exit.BUG, Exit.FINDINGS), Exit.BUG),
    ],
)
def test_precedence(codes: tuple[Exit, ...], strongest: Exit) -> None:
    assert worst(*codes) is strongest


def test_an_error_says_what_and_what_to_do() -> None:
    assert (
        str(UsageError("no such rule", "see `unleak rules list`"))
        == "no such rule\n  see `unleak rules list`"
    )
    assert str(ScanError("unreadable")) == "unreadable"


@pytest.mark.parametrize(
    ("kind", "code"), [(UsageError, 2), (ScanError, 3), (RotationError, 4), (UnleakError, 70)]
)
def test_every_kind_has_its_exit_code(kind: type[UnleakError], code: int) -> None:
    assert kind("x").exit == code
