"""Whole rotations of keys that stand in files, have no name, or go by hand without a credential that acts."""

import json

import httpx
import pytest
from fakes.world import Network, service

from unleak.cli import rotation_wiring

SECRET = "prod/web"


@pytest.mark.parametrize("given", ["--finding", "--stdin"])
def test_the_key_file_of_a_service_account_is_replaced_in_place(aws, unleak, monkeypatch, tmp_path, given):
    """What leaked is a file; what stands in the secret is another writing of it, of which the rest stays."""
    world = service("google_robot")
    monkeypatch.setattr(rotation_wiring, "network", Network(world).https)
    monkeypatch.setenv("KEY_ADMIN", world.admin.secret)
    file = {"type": "service_account", "project_id": "acme-prod", "private_key_id": world.leaked.id,
            "private_key": f"{world.leaked.secret}\n", "client_email": world.parts["client_email"]}  # fmt: skip
    aws.secret(SECRET, json.dumps({"GOOGLE_CREDENTIALS": json.dumps(file), "PORT": 8080}))
    leaked = json.dumps(file, indent=2)
    (tmp_path / "robot.json").write_text(leaked)
    report = tmp_path / "leaks.json"
    unleak("scan", str(tmp_path / "robot.json"), "--format", "json", "--output", str(report))
    (found,) = json.loads(report.read_text())["findings"]
    named = ("--finding", found["fingerprint"], "--report", str(report))
    asked = ("--admin", "env:KEY_ADMIN", "--wait", "0", "--grace", "0", "--yes")
    ran = unleak("rotate", *(named if given == "--finding" else ("--stdin",)), *asked, given=leaked)
    assert ran.returncode == 4, ran.stdout
    new = json.loads(aws.current(SECRET))
    inner = json.loads(new["GOOGLE_CREDENTIALS"])
    changed = {"private_key_id": inner["private_key_id"], "private_key": inner["private_key"]}
    assert (inner, new["PORT"]) == (file | changed, 8080)
    assert world.lives(inner["private_key"].strip())
    assert unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway").returncode == 0
    assert [one.id for one in world.listed] == [inner["private_key_id"]]


def test_what_a_lost_answer_left_without_a_name_is_a_persons_to_delete(aws, unleak, monkeypatch):
    """The new key cannot be told from one that somebody else made, so it is named and nothing is deleted."""
    world = service("google_robot")
    network = Network(world)
    monkeypatch.setattr(rotation_wiring, "network", network.https)
    monkeypatch.setenv("KEY_ADMIN", world.admin.secret)
    aws.secret(SECRET, json.dumps({"ID": world.leaked.id, "KEY": world.leaked.secret}))

    def lost(request, answer):
        answer()
        network.fault = None
        raise httpx.ReadTimeout("")

    network.where = lambda request: request.method == "POST" and request.url.path.endswith("/keys")
    network.fault = lost
    parts = [word for part in world.parts.items() for word in ("--part", "=".join(part))]
    asked = ("--rule", world.rule, "--admin", "env:KEY_ADMIN", *parts, "--wait", "0", "--grace", "0", "--yes")
    ran = unleak("rotate", "--stdin", *asked, given=world.leaked.secret)
    assert (ran.returncode, "no clear answer" in ran.stdout) == (4, True), ran.stdout
    (stray,) = [one for one in world.listed if one is not world.leaked]
    ran = unleak("incidents", "resume", unleak.only_id())
    assert (ran.returncode, stray.id in ran.stdout) == (4, True), ran.stdout
    assert stray.live
    stray.live = False
    unleak("incidents", "resume", unleak.only_id())
    assert unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway").returncode == 0
    assert [one.secret for one in world.listed] == [json.loads(aws.current(SECRET))["KEY"]]


def test_a_token_of_gitlab_goes_by_hand_without_a_credential(aws, unleak, monkeypatch):
    """gitlab.com lets no program issue tokens of users."""
    world = service("gitlab_user")
    monkeypatch.setattr(rotation_wiring, "network", Network(world).https)
    aws.secret(SECRET, json.dumps({"KEY": world.leaked.secret}))
    ran = unleak("rotate", "--stdin", "--rule", world.rule, "--plan", given=world.leaked.secret)
    assert ran.returncode == 0, ran.stdout
    assert "BY HAND" in ran.stdout
    assert "DELETE https://gitlab.com/api/v4/personal_access_tokens/self" in " ".join(ran.stdout.split())
    monkeypatch.setenv("KEY_ADMIN", world.admin.secret)
    world.administrator = False
    asked = ("--rule", world.rule, "--admin", "env:KEY_ADMIN", "--plan")
    ran = unleak("rotate", "--stdin", *asked, given=world.leaked.secret)
    assert (ran.returncode, "only an administrator" in ran.stdout) == (2, True), ran.stdout
