"""A project is deployed anew."""

import pytest
from services.served import serving
from services.vercel import FakeVercel

from unleak.core.errors import NotFound, RotationError
from unleak.rotate.restarts.vercel import Redeploy

TOKEN = "t0ken" * 5


@pytest.fixture
def vercel(monkeypatch):
    monkeypatch.setenv("VERCEL_TOKEN", TOKEN)
    with serving(FakeVercel(TOKEN, "team_1")) as made:
        made.rows["shop"] = []
        made.deployments["shop"] = [{"uid": "dpl_old", "name": "shop", "readyState": "READY"}]
        yield made


@pytest.fixture
def shop(vercel):
    return Redeploy("shop", vercel.address, "team_1")


def test_the_newest_deployment_is_made_anew_and_waited_for(vercel, shop):
    assert shop.problem() == ""
    name = shop.begin("0a1b2c3d4e")
    assert name != "dpl_old"
    assert not shop.done(name)
    made = vercel.deployments["shop"][-1]
    made |= {"readyState": "READY", "readySubstate": "STAGED"}
    assert not shop.done(name)
    made["readySubstate"] = "PROMOTED"
    assert shop.done(name)


def test_a_deployment_that_fails_is_told(vercel, shop):
    name = shop.begin("0a1b2c3d4e")
    vercel.deployments["shop"][-1]["readyState"] = "ERROR"
    with pytest.raises(RotationError, match="failed"):
        shop.done(name)


def test_what_was_never_deployed_is_a_problem(vercel, shop):
    vercel.deployments["shop"] = []
    assert "no production deployment" in shop.problem()
    with pytest.raises(NotFound):
        Redeploy("other", vercel.address, "team_1").problem()
