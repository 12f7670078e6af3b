"""From the finding of a scan to a dead key."""

import json


def test_a_finding_of_the_history_is_rotated(aws, unleak, repo, tmp_path):
    aws.json_secret()
    key = aws.leaked
    text = f"aws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n"
    repo.write("config/prod.ini", text)
    repo.commit("add settings")
    repo.git("rm", "-q", "config/prod.ini")
    repo.commit("remove settings")
    report = tmp_path / "leaks.json"
    scanned = unleak("scan", str(repo.path), "--history", "--format", "json", "--output", str(report))
    assert scanned.returncode == 1, scanned.stdout
    found = [one for one in json.loads(report.read_text())["findings"] if one["service"] == "aws"]
    (name,) = {one["fingerprint"] for one in found}
    fast = ("--quiet", "0", "--grace", "0", "--wait", "0", "--consumer", "http://127.0.0.1:9/")
    ran = unleak("rotate", "--finding", name[:8], "--report", str(report), "--yes", *fast)
    assert ran.returncode == 4, ran.stdout
    rotation = unleak.only_id()
    ran = unleak("incidents", "resume", rotation, "--revoke-anyway")
    assert ran.returncode == 0, ran.stdout
    assert not aws.lives(aws.leaked)
    shown = json.loads(unleak("incidents", "show", rotation, "--format", "json").stdout)
    assert shown["timeline"]["exposed"].startswith("2026-01-01T00:00:01")
    assert shown["events"][0]["data"]["place"].startswith("config/prod.ini:2")
