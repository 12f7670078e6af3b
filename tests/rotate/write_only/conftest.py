"""One harness a write-only store: what it is given, without our port."""

import pytest
from services.github import FakeGitHub
from services.served import serving

from unleak.core.secret import Secret
from unleak.rotate.ports import Credential
from unleak.rotate.write_only.github import Actions, Dependabot

TOKEN = "t0ken" * 5


class OnGitHub:
    """A place of GitHub. `settings` are what else there is of its secrets."""

    def __init__(self, service, store, place, at, **settings):
        self.service, self.settings = service, settings
        self.make_store, self.place, self.at = store, place, at

    def store(self):
        return self.make_store(self.service.address)

    def fill(self, values):
        self.service.fill(self.at, values, **self.settings)

    def values(self):
        return self.service.values(self.at)


PLACES = {
    "repository": (Actions, "team/shop", "repos/team/shop/actions"),
    "environment": (Actions, "team/shop@prod/eu", "repos/team/shop/environments/prod/eu"),
    "organisation": (Actions, "team", "orgs/team/actions", {"visibility": "private"}),
    "dependabot": (Dependabot, "team/shop", "repos/team/shop/dependabot"),
    "dependabot-organisation": (Dependabot, "team", "orgs/team/dependabot", {"visibility": "all"}),
}


@pytest.fixture
def github(monkeypatch):
    """A GitHub without secrets, with its token in the environment."""
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    with serving(FakeGitHub(TOKEN)) as fake:
        yield fake


@pytest.fixture(params=PLACES)
def at(request, github):
    """A harness, each in turn."""
    store, place, path, *more = PLACES[request.param]
    return OnGitHub(github, store, place, path, **dict(*more))


@pytest.fixture
def leaked():
    return Credential("the-old-id", Secret("0ld" * 9))
