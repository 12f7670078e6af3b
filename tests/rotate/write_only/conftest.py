"""One harness a write-only store: what it is given, without our port."""

import pytest
from services.github import FakeGitHub
from services.served import serving
from services.vercel import FakeVercel

from unleak.core.secret import Secret
from unleak.rotate.ports import Credential
from unleak.rotate.write_only.github import Actions, Dependabot
from unleak.rotate.write_only.vercel import Sensitive

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

    def request(self, name):
        """What writes a variable."""
        return f"PUT /{self.at.replace('prod/eu', 'prod%2Feu')}/secrets/{name}"


class OnVercel:
    """Sensitive variables of a project."""

    place = "shop@development+preview"

    def __init__(self, service):
        self.service = service

    def store(self):
        return Sensitive(self.service.address)

    def fill(self, values):
        self.service.fill(self.place, values, kind="sensitive")

    def values(self):
        return self.service.values(self.place)

    def request(self, name):
        row = next(row for row in self.service.rows["shop"] if row["key"] == name)
        return f"PATCH /v9/projects/shop/env/{row['id']}"


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


@pytest.fixture
def vercel(monkeypatch):
    """A Vercel without projects, with its token in the environment."""
    monkeypatch.setenv("VERCEL_TOKEN", TOKEN)
    with serving(FakeVercel(TOKEN)) as fake:
        yield fake


@pytest.fixture(params=[*PLACES, "vercel"])
def at(request):
    """A harness, each in turn."""
    if request.param == "vercel":
        return OnVercel(request.getfixturevalue("vercel"))
    store, place, path, *more = PLACES[request.param]
    return OnGitHub(request.getfixturevalue("github"), store, place, path, **dict(*more))


@pytest.fixture
def leaked():
    return Credential("the-old-id", Secret("0ld" * 9))
