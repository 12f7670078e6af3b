import pytest

from unleak.scan.suppress.inline import REACH, marker

SECRET = b"acme_12345678"


@pytest.mark.parametrize("text", ["unleak:allow", "gitleaks:allow", "pragma: allowlist secret"])
def test_known_markers_count_whatever_their_case(text: str) -> None:
    data = b"key = " + SECRET + b"  # " + text.upper().encode()
    assert marker(data, 6, 19) == text


@pytest.mark.parametrize(
    "data",
    [
        b"# unleak:allow\n" + SECRET,
        SECRET + b"\n# unleak:allow",
        SECRET + b" unleak-allow",
        SECRET + b"x" * REACH + b" unleak:allow",
        b"unleak:allow " + b"x" * REACH + SECRET,
    ],
)
def test_elsewhere_they_do_not(data: bytes) -> None:
    start = data.index(SECRET)
    assert marker(data, start, start + len(SECRET)) == ""


def test_a_marker_on_the_last_line_of_a_block_counts() -> None:
    data = b"BEGIN\nabc\nEND # unleak:allow\n"
    assert marker(data, 0, 13) == "unleak:allow"
