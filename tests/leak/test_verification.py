"""A provider that repeats the key in every text of its answer: none of it is shown, logged or kept."""

from pathlib import Path

import pytest

RULE = """
service = "Zz"
docs = "https://example.org"
[verify.request]
method = "GET"
url = "https://api.zz.example/{secret}?k={secret}"
headers = { X-Key = "{secret}", X-Url = "https://api.zz.example/{secret}" }
basic = ["{secret}", "x"]
[verify]
live = { status = [200] }
dead = { status = [401] }
[identify]
account = "body.account"
principal = "body.user"
credential_id = "header.\\"x-account\\""
scopes = "body.scopes"
[[rule]]
id = "zz.key"
title = "Zz key"
why = "Opens the gate."
severity = "high"
confidence = "high"
pattern = '''\\b(ghp_[0-9A-Za-z]{36})\\b'''
keywords = ["ghp_"]
matches = ["ghp_${alnum:36}"]
non_matches = ["ghp_1"]
"""
STATUSES = {200: b"live", 401: b"dead", 302: b"unknown", 429: b"unknown", 500: b"unknown", 0: b"unknown"}
SCAN = ("scan", "--verify", "--history", "--format")
KEY = ("verify", "--stdin", "--rule", "zz.key", "--format")


@pytest.fixture
def rule(tmp_path: Path) -> str:
    path = tmp_path / "zz.toml"
    path.write_text(RULE)
    return str(path)


@pytest.fixture
def logged(tmp_path: Path) -> dict[str, str]:
    """An environment in which everything that Python logs goes to `log` in the current directory."""
    folder = tmp_path / "logged"
    folder.mkdir()
    code = "import logging\nlogging.basicConfig(level=logging.DEBUG, filename='log')\n"
    (folder / "sitecustomize.py").write_text(code)
    return {"PYTHONPATH": str(folder)}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    "command", [(*SCAN, "text"), (*SCAN, "jsonl"), (*SCAN, "sarif"), (*KEY, "text"), (*KEY, "json")]
)
def test_what_a_provider_repeats_is_not_shown(command, status, world, leak, rule, logged) -> None:
    where = [str(leak.repository)] if command[0] == "scan" else []
    given = b"" if where else leak.secrets["github"].encode()
    environment = logged | {"UNLEAK_TEST_STATUS": f"{status}"}
    ran = world.run(*command, "--rules", rule, *where, given=given, script="echoing.py", **environment)
    assert ran.code in {0, 1, 3}, ran.text
    assert STATUSES[status] in ran.stdout.replace(b"no clear answer", b"unknown")
    assert ran.traces == set()


def test_an_exception_in_the_middle(world, leak, rule) -> None:
    for function in (
        "unleak.verify.judge:judge",
        "unleak.verify.prepare:call",
        "unleak.cli.liveness:question",
    ):
        ran = world.run("scan", "--verify", "--rules", rule, str(leak.repository), script="provoked.py",
                        UNLEAK_TEST_FAIL=function, HTTPS_PROXY="http://127.0.0.1:9")  # fmt: skip
        assert ran.code in {1, 70}, ran.text
        assert ran.traces == set()
