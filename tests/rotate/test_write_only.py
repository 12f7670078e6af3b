"""A key in secrets that can be written and never read: what was written is known, also when the program is killed."""

import pytest
from services.github import FakeGitHub
from services.served import serving

FORWARD = [
    "TagUser",
    "CreateAccessKey",
    "http:PUT",
    "http:PUT",
    "UpdateAccessKey",
    "DeleteAccessKey",
    "UntagUser",
]
"""The id of the key is one secret, and its secret another."""
PICKED_UP = 4
"""Changes until it is said that services use the new key."""
FAST = ("--quiet", "0", "--grace", "0", "--wait", "0")
REF = "github-actions://team/shop?KEY_ID,KEY"
AT = "repos/team/shop/actions"
TOKEN = "t0ken" * 5


class Place:
    """A repository whose jobs use the leaked key."""

    def __init__(self, aws, unleak, github, folder):
        self.aws, self.unleak, self.github = aws, unleak, github
        self.log, self.state, self.shown = folder / "calls", folder / "state", ""
        github.fill(
            AT, {"KEY_ID": aws.leaked["AccessKeyId"], "KEY": aws.leaked["SecretAccessKey"], "OTHER": "stays"}
        )

    def key(self):
        found = self.github.values(AT)
        assert found["OTHER"] == "stays"
        return {"AccessKeyId": found["KEY_ID"], "SecretAccessKey": found["KEY"]}

    def run(self, *arguments, fate="0:", given=""):
        tested = {"UNLEAK_TEST_CALL": fate, "UNLEAK_TEST_LOG": str(self.log)}
        leaked = {"LEAKED": self.aws.leaked["SecretAccessKey"]}
        ran = self.unleak(*arguments, given=given, faults=True, **tested, **leaked)
        self.shown += ran.stdout
        return ran

    def rotate(self, fate="0:", *more):
        given = f"{self.aws.leaked['AccessKeyId']} {self.aws.leaked['SecretAccessKey']}"
        ran = self.run("rotate", "--stdin", "--yes", *FAST, "--target", REF, *more, fate=fate, given=given)
        return self.unleak.only_id(), ran

    def resume(self, rotation, *more, fate="0:"):
        again = ("--revoke-anyway", "--leaked-from", "env:LEAKED")
        return self.run("incidents", "resume", rotation, *again, *more, fate=fate)

    def undo(self, rotation):
        return self.run("incidents", "undo", rotation, "--now", "--leaked-from", "env:LEAKED")

    def ended(self):
        """One key lives: the one that jobs are given. Nothing of any key was shown or recorded."""
        key = self.key()
        assert self.aws.keys() == {key["AccessKeyId"]: "Active"}
        assert self.aws.lives(key)
        for secret in (TOKEN, key["SecretAccessKey"], self.aws.leaked["SecretAccessKey"]):
            assert secret not in self.shown
            for path in self.state.rglob("*"):
                assert path.is_dir() or secret.encode() not in path.read_bytes()
        return key


@pytest.fixture
def place(aws, unleak, tmp_path, monkeypatch):
    with serving(FakeGitHub(TOKEN)) as github:
        monkeypatch.setenv("GITHUB_API_URL", github.address)
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        yield Place(aws, unleak, github, tmp_path)


def test_the_key_is_written_where_the_user_says_and_the_plan_says_what_that_means(place, monkeypatch):
    rotation, ran = place.rotate()
    assert ran.returncode == 4, ran.stdout
    told = " ".join(ran.stdout.split())
    for words in ("by your word; written last", "is your word", "no way back without the leaked key",
                  "there is no compare-and-swap", "memory alone", f"write it into {REF}"):  # fmt: skip
        assert words in told
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")  # it goes on where it began
    assert place.resume(rotation).returncode == 0, place.shown
    assert place.ended() != place.aws.leaked
    assert [line.split()[0] for line in place.log.read_text().splitlines()] == FORWARD


@pytest.mark.slow
@pytest.mark.parametrize("fate", ["2:after", "3:before", "3:after", "4:before", "4:after"])
def test_killed_around_a_write_one_key_lives_and_it_is_the_written_one(place, fate):
    rotation, killed = place.rotate(fate)
    assert killed.returncode == -9
    ran = place.resume(rotation)
    assert ran.returncode == 0, place.shown
    assert place.ended()["AccessKeyId"] != place.aws.leaked["AccessKeyId"]
    issued = [line for line in place.log.read_text().splitlines() if line.startswith("CreateAccessKey")]
    assert len(issued) == (1 if fate == "4:after" else 2)


@pytest.mark.slow
@pytest.mark.parametrize("fate", ["3:after", "4:after", "0:"])
def test_the_way_back_writes_the_leaked_key_again(place, fate):
    rotation, _ = place.rotate(fate)
    assert place.undo(rotation).returncode == 0, place.shown
    assert place.ended()["AccessKeyId"] == place.aws.leaked["AccessKeyId"]


def test_the_way_back_needs_the_leaked_key(place):
    rotation, _ = place.rotate()
    ran = place.run("incidents", "undo", rotation, "--now")
    assert ran.returncode == 4
    assert "--leaked-from" in ran.stdout
    assert place.key()["AccessKeyId"] != place.aws.leaked["AccessKeyId"]


def test_what_somebody_else_wrote_meanwhile_stops_it_before_the_old_key_goes(place):
    rotation, _ = place.rotate()
    place.github.fill(AT, {"KEY": "theirs"})
    ran = place.resume(rotation)
    assert ran.returncode == 4
    assert "was written by somebody else" in ran.stdout
    assert place.aws.lives(place.aws.leaked)
    assert place.undo(rotation).returncode == 0, place.shown
    assert place.github.values(AT)["KEY"] == "theirs"


def test_with_a_secret_that_can_be_read_nothing_is_lost(place):
    place.aws.json_secret()
    rotation, killed = place.rotate("7:before", "--store", "aws-sm")  # between the two secrets
    assert killed.returncode == -9, killed.stdout
    assert place.resume(rotation).returncode == 0, place.shown
    assert place.ended() == place.aws.current_key()
    calls = [line.split()[0] for line in place.log.read_text().splitlines()]
    assert calls.count("CreateAccessKey") == 1


def test_what_cannot_be_done_is_refused_before_anything_is(place):
    alone = REF.replace("KEY_ID,", "")
    given = f"{place.aws.leaked['AccessKeyId']} {place.aws.leaked['SecretAccessKey']}"
    ran = place.run("rotate", "--stdin", "--plan", "--target", alone, given=given)
    assert "without the key id" in " ".join(ran.stdout.split())
    ran = place.run("rotate", "--stdin", "--plan", "--store", "github-actions", given=given)
    assert ran.returncode == 2
    assert place.key() == {key: place.aws.leaked[key] for key in ("AccessKeyId", "SecretAccessKey")}
    assert not place.log.exists()
