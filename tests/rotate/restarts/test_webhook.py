"""A restart by an address that is posted to."""

import json

import pytest
from services.served import Refused, Service, serving

from unleak.core.errors import RotationError, UsageError
from unleak.core.secret import Secret
from unleak.rotate.restarts.webhook import Webhook

ROTATION = "0a1b2c3d4e"


class Hook(Service):
    """Answers what it is told to."""

    status, bodies = 200, ()

    def handle(self, method, target, headers, content):
        self.asked.append(f"{method} {target}")
        self.bodies = (*self.bodies, json.loads(content))
        if self.status != 200:
            raise Refused(self.status)


@pytest.fixture
def hook():
    with serving(Hook("")) as made:
        yield made


def test_it_is_posted_to_once_and_told_the_rotation_alone(hook):
    webhook = Webhook(Secret(f"{hook.address}/deploy/s3cr3t?x=1"))
    assert webhook.problem() == ""
    assert webhook.done(webhook.begin(ROTATION))
    assert hook.asked == ["POST /deploy/s3cr3t?x=1"]
    assert hook.bodies == ({"rotation": ROTATION},)


@pytest.mark.parametrize("status", [302, 404, 500])
def test_any_other_answer_than_success_stops_the_rotation(hook, status):
    hook.status = status
    with pytest.raises(RotationError, match=f"answered {status}") as caught:
        Webhook(Secret(f"{hook.address}/s3cr3t")).begin(ROTATION)
    assert "s3cr3t" not in str(caught.value)


def test_nobody_there_is_said():
    with pytest.raises(RotationError, match="not called") as caught:
        Webhook(Secret("http://127.0.0.1:9/s3cr3t")).begin(ROTATION)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    ["", "s3cr3t", "http://example.org/s3cr3t", "https://s3cr3t@example.org", "ftp://x", "https://["],
)
def test_an_address_that_shows_what_is_sent_is_refused(address):
    with pytest.raises(UsageError) as caught:
        Webhook(Secret(address or " "))
    assert "s3cr3t" not in str(caught.value)
