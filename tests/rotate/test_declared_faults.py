"""What a provider and the network may do at each request of a rotation: a clear error, nothing lost, and it goes on.

A token of Doppler stands for all: every [rotate] goes through the same code.
"""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fakes.doppler import Service
from fakes.world import Network

from unleak.cli import rotation_wiring
from unleak.rotate.steps import revoke
from unleak.verify import exchange

SECRET = "prod/web"
SAID = "text of the provider"
REQUESTS = {"list": ("GET", "/v3/configs/config/tokens"), "issue": ("POST", ""), "revoke": ("DELETE", "")}


def answered(status, **more):
    """The request was not carried out."""
    return lambda request, answer: httpx.Response(status, **({"json": {"messages": [SAID]}} | more))


def after(error):
    """The request was carried out, and its answer never came."""

    def fault(request, answer):
        answer()
        raise error

    return fault


def before(error):
    def fault(request, answer):
        raise error

    return fault


FAULTS = {
    "429, come back too late": (answered(429, headers={"retry-after": "3600"}), "3600 seconds"),
    "500": (answered(500), ""),
    "503": (answered(503), ""),
    "a page of HTML": (answered(200, text=f"<html>{SAID}</html>"), ""),
    "a time-out after it was sent": (after(httpx.ReadTimeout(SAID)), ""),
    "a connection that is reset after it was sent": (after(httpx.ReadError(SAID)), ""),
    "nobody who answers": (before(httpx.ConnectError(SAID)), "network"),
    "an acting credential that has expired": (answered(401), "--admin"),
    "an acting credential without the right": (answered(403), "acting credential"),
}


@pytest.fixture
def doppler(aws, monkeypatch):
    world = Service()
    world.network = Network(world)
    monkeypatch.setattr(rotation_wiring, "network", world.network.https)
    monkeypatch.setattr(revoke, "PATIENCE", 1.0)
    monkeypatch.setenv("DOPPLER_ADMIN", world.admin.secret)
    aws.secret(SECRET, json.dumps({"TOKEN": world.leaked.secret, "PORT": 8080}))
    return world


@pytest.fixture
def rotate(unleak, doppler):
    def run(*more):
        given = doppler.leaked.secret
        return unleak("rotate", "--stdin", "--yes", "--admin", "env:DOPPLER_ADMIN", *more, given=given)

    return run


@pytest.fixture
def ends_well(aws, unleak, doppler):
    """Goes on without the fault and holds the outcome against what must be true."""

    def resume():
        doppler.network.fault = None
        ran = unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway")
        assert ran.returncode == 0, ran.stdout
        current = json.loads(aws.current(SECRET))
        assert [one.secret for one in doppler.listed] == [current["TOKEN"]]
        assert current == {"TOKEN": current["TOKEN"], "PORT": 8080}
        assert current["TOKEN"] != doppler.leaked.secret

    return resume


def strike(doppler, request, fault, *, times=None):
    """From now on `fault` meets the `request`, for so many times."""
    method, path = REQUESTS[request]
    left = [times]

    def struck(sent, answer):
        if left[0] is not None:
            left[0] -= 1
            if left[0] < 0:
                return answer()
        return fault(sent, answer)

    doppler.network.where = lambda sent: sent.method == method and path in sent.url.path
    doppler.network.fault = struck


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("request_", ["issue", "revoke"])
def test_a_change_that_goes_wrong_is_told_and_made_good(unleak, doppler, rotate, ends_well, request_, fault):
    if request_ == "revoke":
        assert rotate().returncode == 4
    sent = len(doppler.network.requests)
    strike(doppler, request_, FAULTS[fault][0])
    ran = (
        rotate()
        if request_ == "issue"
        else unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway")
    )
    assert ran.returncode == 4, ran.stdout
    assert FAULTS[fault][1] in ran.stdout
    assert f"unleak incidents resume {unleak.only_id()}" in ran.stdout
    assert SAID not in ran.stdout
    method = REQUESTS[request_][0]
    if "HTML" not in fault:  # one that looks like a success is taken for it, until the proof fails
        assert [one.method for one in doppler.network.requests[sent:]].count(method) == 1
    shown = json.loads(unleak("incidents", "show", unleak.only_id(), "--format", "json").stdout)
    assert any(event["kind"] == "stopped" for event in shown["events"])
    ends_well()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_plan_that_cannot_be_made_begins_nothing(unleak, doppler, rotate, fault):
    strike(doppler, "list", FAULTS[fault][0])
    ran = rotate()
    assert ran.returncode == 2, ran.stdout
    assert FAULTS[fault][1] in ran.stdout
    assert SAID not in ran.stdout
    assert json.loads(unleak("incidents", "list", "--format", "json").stdout) == []
    assert len(doppler.listed) == 1


@pytest.mark.parametrize("request_", REQUESTS)
def test_the_wait_that_a_provider_asks_for_is_kept(unleak, doppler, rotate, ends_well, request_, monkeypatch):
    waited = []
    monkeypatch.setattr(exchange.SystemClock, "sleep", lambda self, seconds: waited.append(seconds))
    strike(doppler, request_, answered(429, headers={"retry-after": "7"}), times=2)
    assert rotate().returncode == 4
    ran = unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway")
    assert ran.returncode == 0, ran.stdout
    assert waited.count(7.0) == 2


def test_clocks_that_differ_do_no_harm(aws, unleak, doppler, rotate):
    """The provider's clock is a day ahead."""
    ahead = f"{datetime.now(UTC) + timedelta(days=1):%a, %d %b %Y %H:%M:%S GMT}"

    def dated(request, answer):
        reply = answer()
        reply.headers["date"] = ahead
        return reply

    doppler.network.fault = dated
    assert rotate().returncode == 4
    ran = unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway")
    assert ran.returncode == 0, ran.stdout
    assert [one.secret for one in doppler.listed] == [json.loads(aws.current(SECRET))["TOKEN"]]


def test_a_store_that_somebody_changes_meanwhile_is_not_overwritten(aws, unleak, doppler, rotate):
    theirs = json.dumps({"TOKEN": doppler.leaked.secret, "PORT": 9090})

    def meanwhile(request, answer):
        doppler.network.fault = None
        aws.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=theirs)
        return answer()

    strike(doppler, "issue", meanwhile)
    ran = rotate()
    assert ran.returncode == 4
    assert "changed by somebody else" in ran.stdout
    assert aws.current(SECRET) == theirs
    ran = unleak("incidents", "undo", unleak.only_id(), "--now")
    assert ran.returncode == 0, ran.stdout
    assert [one.secret for one in doppler.listed] == [doppler.leaked.secret]
    assert aws.current(SECRET) == theirs
