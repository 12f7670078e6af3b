"""Whatever stands in a scanned file, a check answers, and soon."""

import pytest

from unleak.scan.checks import CHECKS
from unleak.scan.ports import Verdict

HOSTILE = {
    "empty": "",
    "one character": "a",
    "huge": "a" * 100_000,
    "huge and random": "".join(chr(33 + n * 7919 % 90) for n in range(100_000)),
    "surrogates": "ghp_\udcff\udc80" * 20,
    "not ASCII": "пароль-秘密-🔑" * 10,
    "nul": "\0" * 50,
    "dots": "." * 5000,
    "dashes": "-----BEGIN PRIVATE KEY-----" * 300,
    "braces": "{" * 10_000,
    "brackets in JSON": "[" * 20_000,
    "base64 of nothing": "=" * 100,
    "words joined": "a-" * 20_000,
    "camels": "aB" * 20_000 + "!",
    "header of a token": "eyJhbGciOiJIUzI1NiJ9." + "A" * 10_000 + ".",
    "deep claims": "eyJhbGciOiJIUzI1NiJ9." + "W1tb" * 10_000 + ".x",
    "PuTTY": "PuTTY-User-Key-File-3: " + "Private-Lines: 1\n" * 500,
    "percent": "%" * 5000,
    "underscores": "__" + "a_" * 20_000 + "!",
}


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("case", HOSTILE)
def test_a_check_answers(name: str, case: str) -> None:
    assert isinstance(CHECKS[name](HOSTILE[case]), Verdict)
