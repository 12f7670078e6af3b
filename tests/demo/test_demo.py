"""The demo's parts measure what they claim to, and the whole of it ends well."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from unleak.demo.aws_cloud import USER, account
from unleak.demo.scene import await_calls, consumer

pytestmark = pytest.mark.slow


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


def test_the_demo_closes_the_leak_without_a_failed_call_and_leaves_nothing(tmp_path: Path, scrubbed: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    environment = os.environ | {"TMPDIR": str(temporary)}
    done = subprocess.run([sys.executable, "-m", "unleak", "demo"], env=environment, cwd=tmp_path,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 failed calls" in done.stdout
    assert "with 2 keys" in done.stdout
    assert list(temporary.iterdir()) == []
    assert not (scrubbed / "state").exists()
