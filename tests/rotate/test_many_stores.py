"""One key in stores of every kind: all of them change, or none does, also when the program is killed."""

import json

import pytest

from unleak.rotate.beside import PLACE

FORWARD = [
    *("TagUser", "CreateAccessKey"),
    *("env:replace", "PutParameter", "http:POST"),  # kept
    *("env:replace", "env:replace", "PutParameter", "PutParameter", "http:POST", "http:POST"),  # promoted
    *("UpdateAccessKey", "DeleteAccessKey", "UntagUser"),
    *("DeleteParameter", "DeleteParameter", "http:DELETE", "http:DELETE"),
]
BACK = [
    *("env:replace", "env:replace"),
    *("PutParameter", "PutParameter", "DeleteParameter"),
    *("http:POST", "http:POST", "http:DELETE"),
    *("DeleteAccessKey", "UntagUser"),
    *("DeleteParameter", "DeleteParameter", "http:DELETE", "http:DELETE"),
]
PICKED_UP = FORWARD.index("UpdateAccessKey")
"""Where a rotation stops until it is said that services use the new key."""
FAST = ("--quiet", "0", "--grace", "0", "--wait", "0")


class Places:
    """A parameter, a secret of Vault and a file that hold the leaked key."""

    def __init__(self, aws, bao, unleak, folder):
        self.aws, self.bao, self.unleak = aws, bao, unleak
        self.state, self.log, self.file = folder / "state", folder / "calls", folder / "app" / ".env"
        self.shown = ""
        self.ssm = aws.client("ssm")
        self.ssm.put_parameter(Name="/prod/aws", Value=self.text(aws.leaked), Type="SecureString")
        bao.call("POST", "sys/mounts/kv", {"type": "kv", "options": {"version": "2"}})
        bao.call("POST", "kv/data/app", {"data": json.loads(self.text(aws.leaked))})
        self.file.parent.mkdir()
        self.file.write_text(self.lines(aws.leaked))

    def text(self, key):
        return json.dumps({"id": key["AccessKeyId"], "other": 1, "secret": key["SecretAccessKey"]})

    def lines(self, key):
        return f"# of AWS\nID={key['AccessKeyId']}\nexport SECRET='{key['SecretAccessKey']}'\n"

    def key(self):
        """The key in the file."""
        _, key_id, secret = self.file.read_text().splitlines()
        return {
            "AccessKeyId": key_id.partition("=")[2],
            "SecretAccessKey": secret.partition("=")[2].strip("'"),
        }

    def all_hold(self, key):
        """Every place, each with what stood beside it before, and nothing is left anywhere."""
        assert self.file.read_text() == self.lines(key)
        found = self.ssm.get_parameter(Name="/prod/aws", WithDecryption=True)["Parameter"]["Value"]
        assert found == self.text(key)
        assert self.bao.call("GET", "kv/data/app")["data"]["data"] == json.loads(self.text(key))
        assert [row["Name"] for row in self.ssm.describe_parameters()["Parameters"]] == ["/prod/aws"]
        assert self.bao.call("GET", f"kv/metadata/{PLACE}?list=true", missing=True) is None
        assert [path.name for path in self.file.parent.iterdir()] == [".env"]

    def run(self, *arguments, fate="0:", given=""):
        environment = {"UNLEAK_TEST_CALL": fate, "UNLEAK_TEST_LOG": str(self.log)}
        ran = self.unleak(*arguments, given=given, faults=True, **environment)
        self.shown += ran.stdout
        return ran

    def rotate(self, fate="0:"):
        given = f"{self.aws.leaked['AccessKeyId']} {self.aws.leaked['SecretAccessKey']}"
        where = ("--store", "aws-ssm", "--store", "vault-kv", "--target", f"env://{self.file}#SECRET")
        ran = self.run("rotate", "--stdin", "--yes", *FAST, *where, fate=fate, given=given)
        return self.unleak.only_id(), ran

    def calls(self):
        return [line.split()[0] for line in self.log.read_text().splitlines()]

    def nothing_shows(self, *keys):
        """Neither the output nor the record holds a secret."""
        for key in keys:
            assert key["SecretAccessKey"] not in self.shown
            for path in self.state.rglob("*"):
                assert path.is_dir() or key["SecretAccessKey"].encode() not in path.read_bytes()


@pytest.fixture
def places(aws, bao, unleak, tmp_path):
    return Places(aws, bao, unleak, tmp_path)


def test_all_places_get_the_new_key(places):
    rotation, ran = places.rotate()
    assert ran.returncode == 4, ran.stdout
    assert "the new key has not been used yet" in ran.stdout
    ran = places.run("incidents", "resume", rotation, "--revoke-anyway")
    assert ran.returncode == 0, ran.stdout
    new = places.key()
    places.all_hold(new)
    assert places.aws.keys() == {new["AccessKeyId"]: "Active"}
    assert places.calls() == FORWARD


@pytest.mark.slow
@pytest.mark.parametrize("at", range(1, len(FORWARD) + 1))
def test_a_rotation_survives_death_after_every_change(places, at):
    if at <= PICKED_UP:
        rotation, killed = places.rotate(fate=f"{at}:after")
    else:
        rotation, _ = places.rotate()
        fate = f"{at - PICKED_UP}:after"
        killed = places.run("incidents", "resume", rotation, "--revoke-anyway", fate=fate)
    assert killed.returncode == -9
    ran = places.run("incidents", "resume", rotation, "--revoke-anyway")
    assert ran.returncode == 0, places.shown
    new = places.key()
    assert new["AccessKeyId"] != places.aws.leaked["AccessKeyId"]
    places.all_hold(new)
    assert places.aws.keys() == {new["AccessKeyId"]: "Active"}
    places.nothing_shows(places.aws.leaked, new)


def test_an_undo_makes_these_changes(places):
    rotation, _ = places.rotate()
    places.log.unlink()
    assert places.run("incidents", "undo", rotation, "--now").returncode == 0, places.shown
    places.all_hold(places.aws.leaked)
    assert places.calls() == BACK


@pytest.mark.slow
@pytest.mark.parametrize("at", range(1, len(BACK) + 1))
def test_an_undo_survives_death_after_every_change(places, at):
    rotation, _ = places.rotate()
    new = places.key()
    killed = places.run("incidents", "undo", rotation, "--now", fate=f"{at}:after")
    assert killed.returncode == -9
    ran = places.run("incidents", "undo", rotation, "--now")
    assert ran.returncode == 0, places.shown
    places.all_hold(places.aws.leaked)
    assert places.aws.keys() == {places.aws.leaked["AccessKeyId"]: "Active"}
    places.nothing_shows(places.aws.leaked, new)


def test_it_goes_on_at_the_server_where_it_began(places, monkeypatch):
    rotation, _ = places.rotate()
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:9")
    monkeypatch.setenv("VAULT_NAMESPACE", "elsewhere")
    ran = places.run("incidents", "resume", rotation, "--revoke-anyway")
    assert ran.returncode == 0, ran.stdout
    places.all_hold(places.key())


def test_a_change_in_one_place_stops_all_and_can_be_undone(places):
    rotation, killed = places.rotate(fate="5:after")
    assert killed.returncode == -9
    theirs = json.dumps({"id": "x", "mine": 1})
    places.ssm.put_parameter(Name="/prod/aws", Value=theirs, Overwrite=True)
    ran = places.run("incidents", "resume", rotation, "--revoke-anyway")
    assert ran.returncode == 4
    assert "nothing was overwritten" in ran.stdout
    assert places.run("incidents", "undo", rotation, "--now").returncode == 0, places.shown
    found = places.ssm.get_parameter(Name="/prod/aws", WithDecryption=True)["Parameter"]["Value"]
    assert found == theirs
    assert places.file.read_text() == places.lines(places.aws.leaked)
    assert places.aws.keys() == {places.aws.leaked["AccessKeyId"]: "Active"}


def planned(places, *where):
    given = f"{places.aws.leaked['AccessKeyId']} {places.aws.leaked['SecretAccessKey']}"
    ran = places.unleak("rotate", "--stdin", "--plan", "--format", "json", *where, given=given)
    return json.loads(ran.stdout) if ran.stdout.startswith("{") else ran.stdout


def refs(plan):
    return [holder["ref"] for holder in plan["holders"]]


def test_what_is_searched_and_what_is_named(places):
    places.aws.json_secret()
    target = f"env://{places.file}#SECRET"
    assert refs(planned(places)) == ["aws-sm://prod/payments"]
    assert refs(planned(places, "--target", target)) == [target]
    assert refs(planned(places, "--store", "vault-kv")) == ["vault-kv://kv/app"]
    both = planned(places, "--store", "aws-sm", "--store", "aws-ssm", "--target", target)
    assert refs(both) == [target, "aws-sm://prod/payments", "aws-ssm:///prod/aws"]
    twice = planned(places, "--store", "vault-kv", "--target", "vault-kv://kv/app#secret")
    assert refs(twice) == ["vault-kv://kv/app#secret"]


def test_a_consumer_needs_a_store_whose_versions_it_can_report(places):
    consumer = ("--consumer", "http://127.0.0.1:9/")
    plan = planned(places, "--store", "aws-ssm", *consumer)
    assert any("--consumer goes with" in refusal for refusal in plan["refusals"])
    places.aws.json_secret()
    assert planned(places, "--store", "aws-ssm", "--store", "aws-sm", *consumer)["refusals"] == []


def test_files_are_not_searched_for(places):
    assert "--store" in planned(places, "--store", "env")


def test_without_an_address_vault_is_not_asked(places, monkeypatch):
    monkeypatch.delenv("VAULT_ADDR")
    assert "VAULT_ADDR does not name" in planned(places, "--store", "vault-kv")
    assert refs(planned(places, "--store", "aws-ssm")) == ["aws-ssm:///prod/aws"]
