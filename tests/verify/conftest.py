"""Canned answers of AWS, by protocol, and a network on which no request leaves the process."""

from collections.abc import Callable

import httpx
import pytest
from botocore.awsrequest import AWSResponse
from botocore.httpsession import URLLib3Session

from unleak.core.fingerprint import fingerprint
from unleak.core.secret import Secret
from unleak.core.verification import Condition, Request, Verification
from unleak.verify.engine import Engine
from unleak.verify.http import Https
from unleak.verify.pace import Pace
from unleak.verify.ports import Question

IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/a</Arn><UserId>AIDA</UserId>
<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""
ERROR = (
    "<ErrorResponse><Error><Code>{}</Code><Message>chosen by the provider</Message></Error></ErrorResponse>"
)


class Canned(AWSResponse):
    """An answer that never came from a server."""

    def __init__(self, status, body):
        super().__init__("https://aws.invalid", status, {}, None)
        self._content = body.encode()


@pytest.fixture
def answers(monkeypatch):
    """Make AWS answer with an error code, an exception, or (with None) the caller's identity."""

    def answer(what, status=403):
        def send(session, request):
            if isinstance(what, Exception):
                raise what
            return Canned(status, ERROR.format(what)) if what else Canned(200, IDENTITY)

        monkeypatch.setattr(URLLib3Session, "send", send)
        monkeypatch.setattr("time.sleep", lambda seconds: None)

    return answer


# --- answers of other providers ----------------------------------------------------------------------


class Network:
    """A fake at the port of httpx: answers by a function, and keeps every request."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.reply: Callable[[httpx.Request], httpx.Response] = lambda request: httpx.Response(200, json={})
        self.addresses: dict[str, list[str]] = {}
        self.looked_up: list[str] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.reply(request)

    def resolve(self, host: str, port: int) -> list[str]:
        self.looked_up.append(host)
        found = self.addresses.get(host, ["93.184.216.34"])
        if not found:
            raise OSError("no such name")
        return found

    def https(self) -> Https:
        """The real transport over this network."""
        return Https(self.resolve, httpx.MockTransport(self.handle))


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def engine(network):
    """A maker of engines over the fake network that never wait in earnest; `engine.waits` says how long."""

    def make(**settings):
        moment = [0.0]

        def wait(seconds):
            make.waits.append(seconds)
            moment[0] += seconds

        return Engine(network.https(), pace=Pace(wait, lambda: moment[0]), **settings)

    make.waits = []
    return make


@pytest.fixture
def question():
    """A maker of questions; what is not given asks `https://api.acme.example/me` with the key in a header."""

    def make(secret="k3y-" + "q7w2" * 6, *, parts=None, url="https://api.acme.example/me", **given):
        request = Request(
            **{"method": "GET", "url": url, "headers": (("X-Key", "{secret}"),)} | given.pop("request", {})
        )
        settings = {"live": (Condition(status=(200,)),), "dead": (Condition(status=(401,)),), "identify": ()}
        verification = Verification(request, **settings | given)
        return Question("acme.key", "acme", fingerprint(secret), Secret(secret), verification, parts or {})

    return make
