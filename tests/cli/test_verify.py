"""`unleak scan --verify` and `unleak verify`, with providers that never leave the process."""

import io
import json
import sys
from pathlib import Path

import pytest

from unleak.cli import liveness, terminal
from unleak.cli.program import run
from unleak.core.model import Liveness
from unleak.scan import cache
from unleak.scan.examples import expand
from unleak.verify import signed
from unleak.verify.answer import Answer
from unleak.verify.ports import Failure, Reply

RULES = (Path(__file__).parent / "acme.toml").read_text()
LIVE, DEAD, ODD = "acme_" + "l1ve" * 3, "acme_" + "d3ad" * 3, "acme_" + "0dd0" * 3
ZONED, MUTE = "zoned_" + "a1b2" * 3, "mute_" + "a1b2" * 3
REPLIES = {
    LIVE: Reply(
        200, {"content-type": "application/json"}, b'{"org": "Acme \\u001b[31m", "scopes": ["read"]}'
    ),
    DEAD: Reply(401, {}),
    ZONED: Reply(200, {}),
}


class Provider:
    """A transport that knows the keys above."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def send(self, call):
        key = dict(call.headers)["X-Key"]
        self.asked.append(key)
        return REPLIES.get(key, Failure("no answer came in time"))


@pytest.fixture
def provider(monkeypatch):
    made = Provider()
    monkeypatch.setattr(liveness, "network", lambda: made)
    return made


@pytest.fixture
def unleak(tmp_path, monkeypatch, capsys, provider):
    """Runs the program here, with the rules above; returns code, output and errors."""
    (tmp_path / "acme.toml").write_text(RULES)
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def call(*arguments: str, given: bytes = b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        code = run([*arguments, "--rules", str(tmp_path / "acme.toml")])
        out, err = capsys.readouterr()
        assert not any(key in out + err for key in (LIVE, DEAD, ODD, ZONED, MUTE))
        return code, out, err

    call.folder = folder
    return call


@pytest.fixture
def leaky(unleak):
    (unleak.folder / "a.env").write_text(
        f"A={DEAD}\nB={LIVE}\nC={ODD}\nD={MUTE}\nACME_HOST=git.corp.example\nE={ZONED}\n"
    )
    (unleak.folder / "b.env").write_text(f"B={LIVE}\n")
    return unleak


# --- scan --verify -----------------------------------------------------------------------------------


def test_a_scan_asks_nobody_unless_it_is_told_to(leaky, provider) -> None:
    code, out, _ = leaky("scan")
    assert code == 1
    assert "live" not in out.replace("Replace", "")
    assert provider.asked == []


def test_a_scan_says_what_the_providers_say(leaky, provider) -> None:
    code, out, err = leaky("scan", "--verify")
    assert (code, err) == (1, "")
    assert sorted(provider.asked) == sorted([LIVE, DEAD, ODD])
    order = [out.index(f"…{key[-4:]}") for key in (LIVE, ODD, DEAD)]
    assert order == sorted(order)
    assert "it is live" in out
    assert "account Acme" in out
    assert "scopes read" in out
    assert "\x1b" not in out
    assert "(no answer came in time)" in " ".join(out.split())
    assert "--verify-self-hosted asks it" in " ".join(out.split())


def records(out: str) -> dict[str, dict]:
    return {found["secret"]["last4"]: found for found in map(json.loads, out.splitlines())}


def test_reports_for_programs_tell_it_too(leaky) -> None:
    code, out, _ = leaky("scan", "--verify", "--format", "jsonl")
    found = records(out)
    said = {name: found[key[-4:]]["liveness"] for name, key in (("live", LIVE), ("dead", DEAD), ("odd", ODD))}
    assert (code, said) == (1, {"live": "live", "dead": "dead", "odd": "unknown"})
    assert found[LIVE[-4:]]["identity"]["scopes"] == ["read"]
    assert found[ODD[-4:]]["liveness_reason"] == "no answer came in time"
    assert found[DEAD[-4:]]["identity"] is None
    _, out, _ = leaky("scan", "--verify", "--format", "sarif")
    results = json.loads(out)["runs"][0]["results"]
    assert {"live", "dead", "unknown"} <= {result["properties"]["liveness"] for result in results}
    assert "Acme \\u001b" not in out


def test_a_host_of_the_scanned_text_only_if_the_user_says_so(leaky, provider) -> None:
    leaky("scan", "--verify")
    assert ZONED not in provider.asked
    leaky("scan", "--verify", "--verify-self-hosted")
    assert ZONED in provider.asked


def test_answers_are_remembered_without_the_key(leaky, provider) -> None:
    leaky("scan", "--verify")
    leaky("scan", "--verify")
    assert sorted(provider.asked) == sorted([LIVE, DEAD, ODD, ODD])
    stored = cache.directory() / liveness.MEMORY
    assert stored.stat().st_mode & 0o777 == 0o600
    assert b"acme.example" not in stored.read_bytes()
    assert LIVE.encode() not in stored.read_bytes()


def test_what_is_suppressed_is_not_asked_about(unleak, provider) -> None:
    (unleak.folder / "a").write_text(f"A={LIVE}  # unleak:allow\n")
    assert unleak("scan", "--verify")[0] == 0
    assert provider.asked == []


@pytest.mark.parametrize(("keys", "code"), [([DEAD], 0), ([DEAD, LIVE], 1), ([ODD], 1), ([MUTE], 1)])
def test_only_live_counts_all_that_is_not_proved_dead(unleak, keys, code) -> None:
    (unleak.folder / "a").write_text("\n".join(keys))
    found, out, _ = unleak("scan", "--verify", "--only-live")
    assert found == code
    assert (f"…{DEAD[-4:]}" in out) is False
    assert ("dead; without --only-live" in out) is (DEAD in keys)
    found, out, _ = unleak("scan", "--verify", "--only-live", "--format", "json")
    report = json.loads(out)
    assert found == report["summary"]["exit_code"] == code
    assert len(report["findings"]) == len(keys)
    assert unleak("scan", "--verify")[0] == 1


def test_no_network_is_said_once(leaky, monkeypatch) -> None:
    class Nowhere:
        def send(self, call):
            return Failure("no connection to its host", unreachable=True)

    monkeypatch.setattr(liveness, "network", Nowhere)
    monkeypatch.setattr("unleak.verify.engine.OFFLINE", 1)
    code, _, err = leaky("scan", "--verify")
    assert (code, err.count("no provider could be reached")) == (1, 1)


def test_ctrl_c_leaves_a_report_of_what_was_found(leaky, monkeypatch) -> None:
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("unleak.verify.engine.Engine._collect", interrupted)
    code, out, _ = leaky("scan", "--verify", "--format", "json")
    report = json.loads(out)
    assert (code, report["summary"]["interrupted"]) == (3, True)
    assert {"unknown"} <= {found["liveness"] for found in report["findings"]}


def test_half_a_pair_is_no_key(unleak, monkeypatch) -> None:
    asked = []
    monkeypatch.setitem(
        signed.SIGNED, "aws.access-key", lambda question: asked.append(question) or Answer(Liveness.DEAD)
    )
    (unleak.folder / "a").write_text(f"A={expand('${aws_key_id}')}\n")
    _, out, _ = unleak("scan", "--verify", "--format", "jsonl")
    [found] = map(json.loads, out.splitlines())
    assert (found["liveness"], "public half" in found["liveness_reason"], asked) == ("not-asked", True, [])
    (unleak.folder / "a").write_text(
        expand("aws_access_key_id = ${aws_key_id}\naws_secret_access_key = ${base64:40}\n")
    )
    _, out, _ = unleak("scan", "--verify", "--format", "jsonl")
    assert [json.loads(line)["liveness"] for line in out.splitlines()] == ["dead"]
    assert asked[0].parts["access_key_id"].startswith("AKIA")


def test_an_interrupted_scan_asks_nobody(leaky, provider, monkeypatch) -> None:
    def interrupted(*arguments, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr("unleak.scan.pipeline.confirm", interrupted)
    assert leaky("scan", "--verify")[0] == 3
    assert provider.asked == []


def test_what_is_wrong_with_the_network_is_said_before_the_scan(leaky, monkeypatch) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:9")
    assert run(["scan", "--verify", str(leaky.folder)]) == 2


@pytest.mark.parametrize(("arguments", "message"), [
    (["--staged", "--verify"], "a hook sends no key anywhere"),
    (["--pre-push", "--verify"], "a hook sends no key anywhere"),
    (["--verify-self-hosted"], "--verify-self-hosted goes with --verify"),
    (["--only-live"], "--only-live goes with --verify"),
])  # fmt: skip
def test_wrong_calls(unleak, provider, arguments, message) -> None:
    code, out, err = unleak("scan", *arguments)
    assert (code, out, provider.asked) == (2, "", [])
    assert message in err


@pytest.mark.parametrize("module", ["httpx", "jmespath"])
@pytest.mark.parametrize("command", [["scan", "--verify"], ["verify", "--stdin", "--rule", "acme.key"]])
def test_without_the_extra_the_install_line_is_told(leaky, monkeypatch, module, command) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    code, _, err = leaky(*command, given=LIVE.encode())
    assert code == 2
    assert "pip install 'unleak[verify] @ git+" in err


def test_no_hook_verifies() -> None:
    assert "--verify" not in (Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text()


# --- verify ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "code", "said"), [(LIVE, 1, "live"), (DEAD, 0, "dead"), (ODD, 3, "unknown")])
@pytest.mark.parametrize("how", [[], ["--rule", "acme.key"], ["--service", "acme"]])
def test_one_key(unleak, how, key, code, said) -> None:
    found, out, err = unleak("verify", "--stdin", *how, given=f"  {key}\n".encode())
    assert (found, err) == (code, "")
    assert out.startswith(f"{said}  Acme key  …{key[-4:]} (17 characters)\n")
    found, out, _ = unleak("verify", "--stdin", *how, "--format", "json", given=key.encode())
    report = json.loads(out)
    assert (found, report["liveness"], report["rule_id"]) == (code, said, "acme.key")
    assert report["secret"] == {"last4": key[-4:], "length": 17}


def test_whose_it_is(unleak) -> None:
    _, out, _ = unleak("verify", "--stdin", given=LIVE.encode())
    assert "account Acme" in out
    assert "\x1b" not in out
    _, out, _ = unleak("verify", "--stdin", "--format", "json", given=LIVE.encode())
    assert json.loads(out)["identity"]["scopes"] == ["read"]


def test_a_hidden_prompt(unleak, monkeypatch) -> None:
    monkeypatch.setattr(terminal, "hidden", lambda question: LIVE)
    assert unleak("verify")[0] == 1


def test_a_named_rule_asks_about_any_text(unleak, provider) -> None:
    assert unleak("verify", "--stdin", "--rule", "acme.key", given=b"another shape")[0] == 3
    assert provider.asked == ["another shape"]


def test_it_asks_anew_each_time(unleak, provider) -> None:
    for _ in range(2):
        unleak("verify", "--stdin", given=LIVE.encode())
    assert provider.asked == [LIVE, LIVE]


def test_parts_and_hosts_of_ones_own(unleak, provider) -> None:
    line = ("verify", "--stdin", "--rule", "acme.zoned", "--part", "host=git.corp.example")
    code, out, _ = unleak(*line, given=ZONED.encode())
    assert (code, provider.asked) == (3, [])
    assert "--verify-self-hosted" in out
    assert unleak(*line, "--verify-self-hosted", given=ZONED.encode())[0] == 1


WRONG = {
    "nothing": ([], b"", "No key was given"),
    "unknown shape": ([], b"hello there", "No rule knows"),
    "two keys": ([], f"{LIVE} {DEAD}".encode(), "more than one key"),
    "too long": (["--rule", "acme.key"], b"x" * 70_000, "too long"),
    "no such rule": (["--rule", "acme.nothing"], b"x", "no such rule"),
    "no such service": (["--service", "nobody"], b"x", "no such rule or service"),
    "no request": (["--rule", "acme.mute"], b"x", "No request is known"),
    "a part is missing": (["--rule", "acme.zoned"], b"x", "--part host=VALUE"),
    "a part without a name": (["--part", "x"], b"x", "NAME=VALUE"),
    "a part that is a secret": (["--part", "client_secret=x"], b"x", "must not stand in an argument"),
    "several kinds": (["--service", "acme"], b"x", "acme.key, acme.zoned"),
    "another service's rule": (
        ["--rule", "acme.key", "--service", "github"],
        b"x",
        "no such rule or service",
    ),
    "key as an argument": (["x"], b"x", "unexpected extra argument"),
    "aws without its id": (["--rule", "aws.access-key"], b"x", "--part access_key_id=VALUE"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_calls_of_verify(unleak, provider, case: str) -> None:
    arguments, given, message = WRONG[case]
    code, out, err = unleak("verify", "--stdin", *arguments, given=given)
    assert (code, out, provider.asked) == (2, "", [])
    assert message in err


# --- rules check -------------------------------------------------------------------------------------


def test_rules_check_compiles_the_expressions(tmp_path, capsys) -> None:
    path = tmp_path / "acme.toml"
    path.write_text(RULES)
    assert run(["rules", "check", str(path)]) == 0
    path.write_text(RULES.replace('"body.org"', '"body..org"'))
    assert run(["rules", "check", str(path)]) == 2
    assert "`body..org` is no JMESPath expression" in capsys.readouterr().err
