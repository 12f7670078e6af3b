"""Every command with every option: no part of a known key is in anything that it shows or leaves."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from unleak.cli.program import COMMANDS, unleak
from unleak.demo.aws_cloud import REGION
from unleak.scan.reports import REPORTS

FAST = "--quiet 0 --grace 0"
FINDING = "--finding {fingerprint} --report leaks.json"
MODES = {
    "tree": "{repo}",
    "files": "--files -- {repo}/settings.env {repo}/copy.env",
    "history": "--history {repo}",
    "all objects": "--history --all-objects {repo}",
    "staged": "--staged {repo}",
    "range": "--range HEAD~1..HEAD {repo}",
    "push": "--pre-push {repo}",
    "stdin": "--stdin",
    "hyperscan": "--engine hyperscan --no-ignore {repo}",
}


@dataclass(frozen=True)
class Step:
    """One call: the command line, what is piped in, and the exit code."""

    line: str
    code: int = 0
    given: str = ""


STORIES: dict[str, list[Step]] = {
    f"scan {name}": [
        Step(f"scan --min-confidence low --format {shape} {mode}", 1, "text") for shape in REPORTS
    ]
    for name, mode in MODES.items()
}
STORIES |= {
    "scan to a file": [
        Step(f"scan {{repo}} --format {shape} --output out.{shape}", 1) for shape in REPORTS
    ],
    "words": [
        Step("--version"),
        Step("--help"),
        *(Step(f"{name} --help") for name in COMMANDS),
        Step("doctor"),
        Step("rules list"),
        Step("rules list --rules {good} --format json"),
        Step("rules show aws.access-key"),
        Step("rules show aws.access-key --rules {good} --format json"),
        Step("rules check {good}"),
        Step("rules check {bad}", 2),
        Step("rules list --rules {torn}", 2),
        Step("scan --rules {torn} {repo}", 2),
        Step("rules new acme --directory made"),
        Step("rules new acme --directory made", 2),
        Step("rules import {theirs} --output theirs", 3),
        Step("rules import {torn}", 2),
        Step("rules import {plugin} --output plugin", 3),
        Step("scan --trust-repo-rules {repo}", 1),
        Step("scan --rules {good} {repo}", 1),
    ],
    "verified": [
        *(Step(f"scan --verify --format {shape} {{repo}}", 1) for shape in REPORTS),
        Step("scan --verify --verify-self-hosted --only-live --history {repo}", 1),
        Step("verify --stdin --service aws --rule aws.access-key --part access_key_id={key_id}", 1, "secret"),
        Step("verify --stdin --format json", 1, "pair"),
        Step("verify --stdin --rules {good} --verify-self-hosted", 2, "noise"),
        Step("verify", 2),
    ],
    "from a finding to the end": [
        Step("scan --history {repo} --format json --output leaks.json", 1),
        Step(f"rotate {FINDING} --plan"),
        Step(f"rotate {FINDING} --plan --format json"),
        Step(f"rotate {FINDING} --yes --wait 0 {FAST} --region {REGION}", 4),
        Step("incidents resume {id} --revoke-anyway"),
        Step("incidents list"),
        Step("incidents list --format json"),
        Step("incidents show {id}"),
        Step("incidents show {id} --format json"),
        Step("incidents resume {id}", 2),
        Step("incidents undo {id}", 2),
    ],
    "contained, waiting, resumed": [
        Step("rotate --stdin --plan", 0, "pair"),
        Step("rotate --stdin --plan --store aws-sm --store aws-ssm", 0, "pair"),
        Step(f"rotate --stdin --yes --contain-first {FAST} --target {{target}} --wait 0"
             " --consumer http://127.0.0.1:9/ --aws-profile responder", 4, "pair"),
        Step("doctor"),
        Step("rotate --stdin --plan", 2, "pair"),
        Step("incidents show {id} --format json"),
        Step("incidents resume {id} --wait 0 --quiet 1 --grace 0", 4),
        Step("incidents resume {id} --admin env:ADMIN", 2),
        Step("incidents resume {id} --value-from env:NEW --poll 1", 2),
        Step("incidents resume {id} --leaked-from env:LEAKED", 2),
        Step("incidents resume {id} --revoke-anyway --aws-profile responder"),
    ],
    "by a configuration": [
        Step("doctor --config {config}"),
        Step("doctor --config {bare}", 2),
        Step("doctor --config {torn}", 2),
        Step("rotate --stdin --plan --config {torn}", 2, "pair"),
        Step("rotate --stdin --plan --config {config} --entry payments", 0, "pair"),
        Step("rotate --stdin --plan --config {bare}", 2, "pair"),
        Step("rotate --config {config} --expiring 1h --plan"),
        Step("rotate --config {config} --expiring 52w --plan --format json"),
        Step(f"rotate --config {{config}} --expiring 52w --yes --wait 0 {FAST}", 4),
        Step("incidents resume {id} --revoke-anyway"),
        Step("incidents show {id} --format json"),
    ],
    "with the leaked key itself": [
        Step(f"rotate --stdin --yes {FAST} --wait 20 --aws-profile itself", 0, "pair"),
        Step("incidents show {id}"),
    ],
    "refused": [
        Step("rotate --stdin --plan --aws-profile wrong", 2, "pair"),
        Step("rotate --stdin --plan --aws-profile nobody", 2, "pair"),
        Step("rotate --stdin --plan", 2, "noise"),
        Step("rotate --stdin", 2, "pair"),
        Step("rotate --stdin --plan --admin env:ADMIN", 2, "pair"),
        Step("rotate --stdin --plan --same-user", 2, "pair"),
        Step("rotate --stdin --plan --value-from env:NEW --poll 1", 2, "pair"),
        Step("rotate --stdin --plan --key-id 1234", 2, "pair"),
        Step("rotate --stdin --plan --restart ecs://prod/payments", 2, "pair"),
        Step("rotate --stdin --plan --rule stripe.secret-live", 2, "secret"),
        Step("rotate --stdin --plan --rule doppler.service --part access=read --admin env:ADMIN", 2, "secret"),
    ],
    "undone": [
        Step(f"rotate --stdin --yes {FAST} --wait 0 --consumer http://127.0.0.1:9/", 4, "pair"),
        Step("incidents undo {id} --admin env:ADMIN", 2),
        Step("incidents undo {id} --leaked-from env:LEAKED", 2),
        Step("incidents undo {id} --wait 5 --quiet 0 --poll 1 --now --aws-profile responder"),
        Step("incidents show {id}"),
    ],
}  # fmt: skip


def leaves(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """All commands that do something, by the words that call them."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, *path, name)
        else:
            yield (*path, name), command


LEAVES = dict(leaves(unleak))
ELSEWHERE = {("demo",)}
"""Commands with a test of their own."""


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_option_of_every_command_has_a_leak_case(path: tuple[str, ...]) -> None:
    lines = [shlex.split(step.line) for story in STORIES.values() for step in story]
    used = [word for line in lines if tuple(line[: len(path)]) == path for word in line]
    assert used or path in ELSEWHERE
    options = {option.opts[0] for option in LEAVES[path].params if isinstance(option, click.Option)}
    assert options - set(used) - {"--reveal"} == set()


RULE = """
service = "Acme"
docs = "https://example.org"
[[rule]]
id = "{id}"
title = "Acme key"
why = "Opens the gate."
severity = "high"
confidence = "high"
pattern = '''\\b(acme_[0-9a-z]{{8}})\\b'''
keywords = ["acme_"]
matches = ["{example}"]
non_matches = ["acme_1"]
"""


@pytest.fixture
def places(leak, tmp_path: Path) -> dict[str, str]:
    """What the names in braces stand for; those of a rotation are read when they are needed."""
    folder = tmp_path / "rules"
    folder.mkdir()
    github = leak.secrets["github"]
    rules = {
        "good": RULE.format(id="acme.key", example="acme_12345678"),
        "bad": RULE.format(id="acme.key", example=github).replace(
            '["acme_1"]', f'["acme_12345678 {github}"]'
        ),
        "torn": f"token = {github}\n",
    }
    for name, text in rules.items():
        (folder / name).mkdir()
        (folder / name / "acme.toml").write_text(text)
    theirs = {
        "config.toml": '[[keys]]\nname = "payments"\nrule = "aws.access-key"\n'
        f'targets = ["aws-sm://prod/{leak.user}"]\nmax_age_days = 300\n',
        "bare.toml": f"[rotate]\n{github} = 1\n",
        "theirs.toml": f"[allowlist]\nregexes = ['{github}']\n"
        "[[rules]]\nid = 'acme-key'\nregex = 'acme_[0-9a-f]{32}'\n"
        f"[[rules]]\nid = 'broken'\nregex = '(?P={github})'\n",
        "plugin.py": "class A(RegexBasedDetector):\n    denylist = [re.compile('acme_[0-9]{30}'),"
        f" re.compile('[{github}'), re.compile(read('{github}'))]\n",
    }
    for name, text in theirs.items():
        (folder / name).write_text(text)
    return {name: str(folder / name / "acme.toml") for name in rules} | {
        **{name: str(folder / f"{name}.toml") for name in ("config", "bare", "theirs")},
        "plugin": str(folder / "plugin.py"),
        "repo": str(leak.repository),
        "key_id": leak.key.id,
        "target": f"aws-sm://prod/{leak.user}#secret",
    }


@pytest.fixture
def play(world, leak, places):
    """Runs one step and returns it, with its command line filled in."""

    def run(step: Step):
        known = dict(places)
        if "{id}" in step.line:
            [found] = json.loads(world.run("incidents", "list", "--format", "json").stdout)
            known["id"] = found["id"]
        if "{fingerprint}" in step.line:
            report = json.loads((world.path / "cwd" / "leaks.json").read_text())
            known["fingerprint"] = next(f["fingerprint"] for f in report["findings"] if f["parts"])
        line = step.line.format(**known)
        noise = leak.pair[:-1] + b"\xe9 x"
        secret = leak.key.secret.encode()
        texts = {"text": leak.text.encode(), "pair": leak.pair, "secret": secret, "noise": noise}
        given = texts.get(step.given, b"")
        return world.run(*shlex.split(line), given=given)

    return run


@pytest.mark.parametrize("name", STORIES)
def test_nothing_shows_the_key(name: str, play, world, leak, vault) -> None:
    runs = []
    for step in STORIES[name]:
        ran = play(step)
        assert ran.code == step.code, (step.line, ran.text)
        assert ran.traces == set(), step.line
        runs.append(ran)
    secret = vault.get_secret_value(SecretId=f"prod/{leak.user}", VersionStage="AWSCURRENT")
    current = json.loads(secret["SecretString"])["secret"]
    if current != leak.key.secret:
        for ran in runs:
            assert world.traces(ran.shown, type(world.search)({"new key": current})) == set()
