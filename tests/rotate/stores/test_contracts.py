"""Every request to a store is one that its provider's own description allows, as far as there is one.

`make contracts` runs this; without the descriptions or without Prism it is skipped. Of GitLab's variables there is no
description.
"""

import json
import re

import httpx
import pytest
from prism import NEEDED, mocked, refusal
from services.doppler import FakeDoppler
from services.github import FakeGitHub
from services.google import FakeGoogle
from services.served import serving
from services.vercel import FakeVercel

from unleak.core.errors import RotationError
from unleak.core.model import SecretRef
from unleak.core.secret import Secret
from unleak.rotate.stores.doppler import Doppler
from unleak.rotate.stores.google_secretmanager import GoogleSecretManager
from unleak.rotate.stores.vercel import VercelEnv
from unleak.rotate.write_only.github import Actions, Dependabot
from unleak.rotate.write_only.vercel import Sensitive
from unleak.verify.http import Server

pytestmark = NEEDED

TOKEN = "t0ken" * 5
NEW = "11111111-1111-5111-8111-111111111111"
PLAIN = (("Authorization", f"Bearer {TOKEN}"), ("Content-Type", "application/json"))


@pytest.fixture
def sent(monkeypatch):
    """What is sent, without its address."""
    requests, send = [], Server.send

    def sending(server, method, path, content=b""):
        requests.append(httpx.Request(method, f"http://provider{path}", headers=PLAIN, content=content))
        return send(server, method, path, content)

    monkeypatch.setattr(Server, "send", sending)
    for name in ("DOPPLER_TOKEN", "GITHUB_TOKEN", "GOOGLE_OAUTH_ACCESS_TOKEN", "VERCEL_TOKEN"):
        monkeypatch.setenv(name, TOKEN)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "shop-123")
    return requests


def refused(description, requests):
    """The requests that Prism refuses, by method and shape of their path."""
    unlike = {(one.method, shape(one.url.path), one.content): one for one in requests}
    with mocked(description) as address:
        found = {key: refusal(one, address, "", {}) for key, one in unlike.items()}
    return {f"{method} {path}": why for (method, path, _), why in found.items() if why}


def shape(path):
    return re.sub(r"(?<=/)(env\d+|unleak-rotation[\w-]*)", "ID", path)


def rotated(store, ref, text):
    """A whole rotation of one secret, there and back."""
    leaked = type("Leaked", (), {"id": "", "secret": Secret("old")})
    store.find(leaked)
    old = store.look(ref, leaked).version
    for new, before in ((NEW, old), (old, NEW)):
        store.put_pending(ref.name, NEW, Secret(text))
        store.promote(ref.name, new, before)
    store.drop_pending(ref.name, NEW)
    store.tidy(ref.name, (NEW, old))


@pytest.mark.parametrize(
    ("store", "place", "at", "more"),
    [
        (Actions, "team/shop", "repos/team/shop/actions", {}),
        (Actions, "team/shop@prod/eu", "repos/team/shop/environments/prod/eu", {}),
        (Actions, "team", "orgs/team/actions", {"visibility": "selected", "selected_repository_ids": [1, 2]}),
        (Dependabot, "team/shop", "repos/team/shop/dependabot", {}),
        (Dependabot, "team", "orgs/team/dependabot", {"visibility": "private"}),
    ],
)
def test_secrets_of_github(sent, store, place, at, more, leaked):
    with serving(FakeGitHub(TOKEN)) as fake:
        fake.fill(at, {"KEY": "old"}, **more)
        made, name = store(fake.address), f"{place}?KEY"
        made.look(SecretRef(made.scheme, name), leaked)
        made.write(name, "KEY", Secret("new"), made.stamp(name, "KEY"))
    assert refused("github", sent) == {}


def test_variables_of_vercel(sent):
    with serving(FakeVercel(TOKEN)) as fake:
        fake.fill("shop@development+preview", {"KEY": "old"}, comment="x")
        fake.fill("shop@preview:main", {"KEY": "old", "ID": "old"})
        for place in ("shop@development+preview", "shop@preview:main"):
            name = f"{place}?KEY"
            rotated(VercelEnv(fake.address), SecretRef("vercel", name), json.dumps({"KEY": "new"}))
    assert refused("vercel", sent).keys() == {"GET /v10/projects"}  # which the description leaves out


def test_sensitive_variables_of_vercel(sent, leaked):
    with serving(FakeVercel(TOKEN)) as fake:
        fake.fill("shop@production", {"KEY": "old"}, kind="sensitive")
        made, name = Sensitive(fake.address), "shop@production?KEY"
        made.look(SecretRef(made.scheme, name), leaked)
        made.write(name, "KEY", Secret("new"), made.stamp(name, "KEY"))
    assert refused("vercel", sent) == {}


def test_secrets_of_google(sent):
    with serving(FakeGoogle(TOKEN)) as fake:
        fake.fill("shop-123/payments", "old", versionAliases={"prod": 1})
        rotated(GoogleSecretManager(fake.address), SecretRef("gcp-sm", "shop-123/payments"), "new")
    left_out = {"PATCH /v1/projects/shop-123/secrets/payments"}  # of the description; the reference has it
    assert refused("google-secretmanager", sent).keys() == left_out


def test_configs_of_doppler(sent):
    """The description has the writing of secrets alone."""
    with serving(FakeDoppler(TOKEN)) as fake:
        fake.fill("shop/prd", {"KEY": "old"})
        rotated(Doppler(fake.address), SecretRef("doppler", "shop/prd?KEY"), json.dumps({"KEY": "new"}))
    written = [one for one in sent if (one.method, one.url.path) == ("POST", "/v3/configs/config/secrets")]
    assert len(written) >= 4
    assert refused("doppler", written) == {}


def test_what_is_not_allowed_is_seen(sent):
    with serving(FakeVercel(TOKEN)) as fake:
        fake.fill("shop@production", {"KEY": "old"})
        store = VercelEnv(fake.address)
        row = fake.rows["shop"][0]
        with pytest.raises(RotationError):
            store._vercel.send("write", "PATCH", "shop", row, {"valeu": "new"})
    assert refused("vercel", sent).keys() == {"PATCH /v9/projects/shop/env/ID"}
