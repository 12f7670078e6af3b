"""The demo's parts measure what they claim to, and the whole of it ends well."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from unleak.demo.aws_cloud import USER, account
from unleak.demo.scene import await_calls, consumer

pytestmark = pytest.mark.slow

LED_ELSEWHERE = {
    "AWS_PROFILE": "none-such",
    "AWS_SESSION_TOKEN": "theirs",
    "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
}
"""What a user's environment may hold."""


def test_deleting_the_old_key_before_pick_up_counts_as_failed_calls(tmp_path: Path) -> None:
    with account(tmp_path / "log") as aws, consumer(aws, tmp_path / "count.json") as count:
        await_calls(count, 5)
        assert count().failed == 0
        aws.client("iam").delete_access_key(UserName=USER, AccessKeyId=aws.service.id)
        await_calls(count, count().calls + 10)
        assert count().failed > 0


def test_the_account_refuses_wrong_signatures(tmp_path: Path) -> None:
    from botocore.exceptions import ClientError

    from unleak.demo.aws_cloud import Key

    with account(tmp_path / "log") as aws:
        right = aws.client("sts", aws.service).get_caller_identity()["Arn"]
        assert right.endswith(f":user/{USER}")
        with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
            aws.client("sts", Key(aws.service.id, "wrong")).get_caller_identity()


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory):
    """The demo, run once: what it said, its exit code, and the folder it had for temporary files and state."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "tmp").mkdir()
    places = {"TMPDIR": "tmp", "HOME": "home", "XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "cache"}
    environment = {"PATH": os.environ["PATH"]} | {name: str(folder / place) for name, place in places.items()}
    victim = folder.parent / "somebody elses repository"
    subprocess.run(["git", "init", "-q", victim], check=True)
    environment |= LED_ELSEWHERE | {"GIT_DIR": str(victim / ".git"), "GIT_WORK_TREE": str(victim)}
    command = [sys.executable, "-m", "unleak", "demo"]
    return folder, subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False
    )


def test_the_demo_closes_the_leak_without_a_failed_call(played) -> None:
    _, done = played
    assert done.returncode == 0, done.stdout + done.stderr
    assert "with 2 keys, 0 failed calls" in done.stdout
    assert "exposure" in done.stdout


def test_the_demo_touches_nothing_of_the_users(played) -> None:
    """LED_ELSEWHERE would have made it fail, and GIT_DIR made it commit into another repository."""
    folder, _ = played
    victim = folder.parent / "somebody elses repository"
    refs = subprocess.run(["git", "for-each-ref"], cwd=victim, check=True, capture_output=True, text=True)
    assert refs.stdout == ""


def test_the_demo_leaves_nothing_behind(played) -> None:
    folder, _ = played
    assert list((folder / "tmp").iterdir()) == []
    assert sorted(path.name for path in folder.iterdir() if path.name != "cache") == ["tmp"]


def test_the_session_in_the_readme_is_that_of_the_demo(played) -> None:
    """Every line of it, in order; ids, numbers and dates may differ."""
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    session = re.search(r"^```console\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert session
    said = iter(map(shape, played[1].stdout.splitlines()))
    for line in map(shape, session[1].splitlines()):
        assert line in said, line


def shape(line: str) -> str:
    return re.sub(r"…\S{1,4}|\b[0-9a-f]{10,}\b|\d+(\.\d+)?", "#", line)
