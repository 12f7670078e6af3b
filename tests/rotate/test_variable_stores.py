"""One key in single variables of two services: both change, or none does, also when the program is killed."""

import pytest
from services.doppler import FakeDoppler
from services.gitlab import FakeGitlab
from services.served import serving

from unleak.rotate.beside import PLACE

FORWARD = [
    *("TagUser", "CreateAccessKey"),
    *("http:POST", "http:POST", "http:POST"),  # a config, and a text beside each
    *("http:POST", "http:POST"),  # Doppler: kept, and both variables at once
    *(
        "http:POST",
        "http:POST",
        "http:PUT",
        "http:PUT",
        "http:DELETE",
    ),  # GitLab: kept, begun, each, no longer begun
    *("UpdateAccessKey", "DeleteAccessKey", "UntagUser"),
    *("http:DELETE", "http:DELETE", "http:DELETE", "http:DELETE", "http:DELETE"),
]
PICKED_UP = FORWARD.index("UpdateAccessKey")
"""Where a rotation stops until it is said that services use the new key."""
FAST = ("--quiet", "0", "--grace", "0", "--wait", "0")
WHERE = ("--store", "doppler", "--store", "gitlab-ci")
TOKEN = "t0ken" * 5


class Places:
    """A config of Doppler and a project of GitLab that hold the leaked key."""

    def __init__(self, aws, unleak, doppler, gitlab, folder):
        self.aws, self.unleak, self.doppler, self.gitlab = aws, unleak, doppler, gitlab
        self.log, self.state, self.shown = folder / "calls", folder / "state", ""
        doppler.fill("shop/prd", self.variables(aws.leaked))
        gitlab.fill("team/shop@production", self.variables(aws.leaked), masked=True)

    def variables(self, key):
        return {"KEY_ID": key["AccessKeyId"], "KEY": key["SecretAccessKey"], "OTHER": "stays put"}

    def key(self):
        found = self.doppler.values("shop/prd")
        return {"AccessKeyId": found["KEY_ID"], "SecretAccessKey": found["KEY"]}

    def all_hold(self, key):
        """Both, each with what stood beside it before, and nothing is left anywhere."""
        assert self.doppler.values("shop/prd") == self.variables(key)
        assert self.gitlab.values("team/shop@production") == self.variables(key)
        assert list(self.doppler.configs) == [("shop", "prd")]
        assert not any(row["environment_scope"] == PLACE for row in self.gitlab.rows["team/shop"])
        assert self.aws.keys() == {key["AccessKeyId"]: "Active"}

    def run(self, *arguments, fate="0:", given="", **environment):
        tested = {"UNLEAK_TEST_CALL": fate, "UNLEAK_TEST_LOG": str(self.log)}
        ran = self.unleak(*arguments, given=given, faults=True, **tested, **environment)
        self.shown += ran.stdout
        return ran

    def rotate(self, fate="0:"):
        given = f"{self.aws.leaked['AccessKeyId']} {self.aws.leaked['SecretAccessKey']}"
        ran = self.run("rotate", "--stdin", "--yes", *FAST, *WHERE, fate=fate, given=given)
        return self.unleak.only_id(), ran

    def nothing_shows(self, *secrets):
        """Neither the output nor the record holds a secret."""
        for secret in (TOKEN, *secrets):
            assert secret not in self.shown
            for path in self.state.rglob("*"):
                assert path.is_dir() or secret.encode() not in path.read_bytes()


@pytest.fixture
def places(aws, unleak, tmp_path, monkeypatch):
    with serving(FakeDoppler(TOKEN)) as doppler, serving(FakeGitlab(TOKEN)) as gitlab:
        monkeypatch.setenv("DOPPLER_API_HOST", doppler.address)
        monkeypatch.setenv("GITLAB_HOST", gitlab.address)
        monkeypatch.setenv("DOPPLER_TOKEN", TOKEN)
        monkeypatch.setenv("GITLAB_TOKEN", TOKEN)
        yield Places(aws, unleak, doppler, gitlab, tmp_path)


def test_both_get_the_new_key_and_it_goes_on_at_the_servers_where_it_began(places, monkeypatch):
    rotation, ran = places.rotate()
    assert ran.returncode == 4, ran.stdout
    assert "doppler://shop/prd?KEY,KEY_ID" in ran.stdout
    assert "gitlab-ci://team/shop@production?KEY,KEY_ID" in ran.stdout
    monkeypatch.setenv("DOPPLER_API_HOST", "http://127.0.0.1:9")
    monkeypatch.setenv("GITLAB_HOST", "http://127.0.0.1:9")
    ran = places.run("incidents", "resume", rotation, "--revoke-anyway")
    assert ran.returncode == 0, ran.stdout
    new = places.key()
    assert new["AccessKeyId"] != places.aws.leaked["AccessKeyId"]
    places.all_hold(new)
    assert [line.split()[0] for line in places.log.read_text().splitlines()] == FORWARD
    places.nothing_shows(places.aws.leaked["SecretAccessKey"], new["SecretAccessKey"])


@pytest.mark.slow
@pytest.mark.parametrize("at", [3, 5, 7, 9, 10, 11, 17])
def test_a_rotation_survives_death_after_each_kind_of_change(places, at):
    if at <= PICKED_UP:
        rotation, killed = places.rotate(fate=f"{at}:after")
    else:
        rotation, _ = places.rotate()
        killed = places.run(
            "incidents", "resume", rotation, "--revoke-anyway", fate=f"{at - PICKED_UP}:after"
        )
    assert killed.returncode == -9
    ran = places.run("incidents", "resume", rotation, "--revoke-anyway")
    assert ran.returncode == 0, places.shown
    places.all_hold(places.key())


@pytest.mark.slow
def test_killed_between_two_variables_the_way_back_is_open(places):
    rotation, killed = places.rotate(fate=f"{FORWARD.index('http:PUT') + 1}:after")
    assert killed.returncode == -9
    ran = places.run("incidents", "undo", rotation, "--now")
    assert ran.returncode == 0, places.shown
    places.all_hold(places.aws.leaked)
