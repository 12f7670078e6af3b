"""Patches the transports of the program, which then dies, is refused or hears nothing at the N-th changing call.

Changing calls to AWS bear their action's name, those to a provider that a rule file describes their HTTP method,
those to a store or server over HTTP `http:` and their method, statements to PostgreSQL `sql:` and their verb, and the
replacement of a file `env:replace`.

UNLEAK_TEST_CALL=N:FATE with FATE one of `before` and `after` (SIGKILL around the call), `interrupt`
(Ctrl-C before it), `silence` (the call happens, its answer is lost), `denied`, `throttled`, `expired`, `down`.
N may be an action's name. UNLEAK_TEST_LOG names a file that gets one line for every changing call: its
name, the number of keys that the user has afterwards, and whether a process's arguments hold a secret.
"""

import os
import signal
from pathlib import Path
from urllib.parse import parse_qs

import boto3
import httpx
from botocore.awsrequest import AWSResponse
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.httpsession import URLLib3Session
from fakes import served

from unleak.cli import rotation_wiring
from unleak.rotate.postgresql_roles import Roles
from unleak.rotate.stores import env
from unleak.verify.http import Https, Server

READS = ("Get", "List", "Describe", "Batch")
REAL = URLLib3Session.send
AT, _, FATE = os.environ.get("UNLEAK_TEST_CALL", "0:").rpartition(":")
LOG = os.environ.get("UNLEAK_TEST_LOG", os.devnull)
KNOWN = os.environ.get("UNLEAK_TEST_SECRET", "no secret")
CODES = {"denied": "AccessDenied", "throttled": "Throttling", "expired": "ExpiredToken"}
seen = []


def action(request):
    """The name of the call."""
    target = request.headers.get("X-Amz-Target")
    if target:
        return target.decode().rpartition(".")[2] if isinstance(target, bytes) else target.rpartition(".")[2]
    body = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
    return parse_qs(body).get("Action", ["?"])[0]


def send(session, request):
    """Replaces botocore's own."""
    name = action(request)
    if seen and seen[-1] == "sampling":
        return REAL(session, request)
    if name.startswith(READS) and name != AT:
        return REAL(session, request)
    return change(name, request.url, lambda: REAL(session, request))


def change(name, url, call):
    """Do what changes something, with its fate."""
    seen.append(name)
    hit = AT in {str(len(seen)), name}
    if hit:
        before(url)
    answer = call()
    sample(name)
    if hit and FATE == "after":
        os.kill(os.getpid(), signal.SIGKILL)
    if hit and FATE == "silence":
        raise ReadTimeoutError(endpoint_url=url)
    return answer


def around(name, act):
    """A change that nothing refuses: only death strikes it, before or after."""
    assert not (AT in {str(len(seen) + 1), name} and FATE not in {"before", "after"})
    return change(name, name, act)


def before(url):
    """What happens instead of, or before, the call."""
    match FATE:
        case "before":
            os.kill(os.getpid(), signal.SIGKILL)
        case "interrupt":
            os.kill(os.getpid(), signal.SIGINT)
        case "down":
            raise EndpointConnectionError(endpoint_url=url)
        case "denied" | "throttled" | "expired":
            raise Refused(CODES[FATE])


class Refused(Exception):
    """Carries an AWS error code to `refusing`."""


def sample(name):
    """Note the state of the world after a change."""
    seen.append("sampling")
    keys = boto3.client("iam").list_access_keys(UserName="payments")["AccessKeyMetadata"]
    seen.pop()
    leaked = any(KNOWN.encode() in _arguments(path) for path in Path("/proc").glob("[0-9]*/cmdline"))
    with open(LOG, "a") as log:
        log.write(f"{name} {len(keys)} {'SHOWN' if leaked else 'hidden'}\n")


def _arguments(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def refusing(session, request):
    """Turns `Refused` into AWS's own form of an error, in the protocol of the call."""
    try:
        return send(session, request)
    except Refused as refused:
        code, status = str(refused), 400 if str(refused) == "Throttling" else 403
        if request.headers.get("X-Amz-Target"):
            body = f'{{"__type": "{code}Exception", "message": "secret-looking text of the provider"}}'
        else:
            body = (
                f"<ErrorResponse><Error><Code>{code}</Code><Message>secret-looking text of the provider"
                "</Message></Error></ErrorResponse>"
            )
        return Canned(request.url, status, {}, body.encode())


class Canned(AWSResponse):
    """An answer that never came from a server."""

    def __init__(self, url, status, headers, body):
        super().__init__(url, status, headers, None)
        self._content = body


def provider(request):
    """What the fake of a provider answers."""
    if request.method == "GET":
        return served.asked(request)
    return change(request.method, str(request.url), lambda: served.asked(request))


def arm():
    """Patch the transports, and the way that files are replaced."""
    URLLib3Session.send = refusing
    ask, take_place = Server.send, env._take_place

    def asking(server, method, path, content=b""):
        if method == "GET" or path.startswith("/v1/sys/"):
            return ask(server, method, path, content)
        return around(f"http:{method}", lambda: ask(server, method, path, content))

    say = Roles.say

    def saying(roles, form, name, *, text=""):
        around("sql:" + form.partition(" ")[0], lambda: say(roles, form, name, text=text))

    Roles.say, end = saying, Roles.end_sessions
    Roles.end_sessions = lambda roles, role: around("sql:end", lambda: end(roles, role))
    Server.send = asking
    env._take_place = lambda new, of: around("env:replace", lambda: take_place(new, of))
    if served.ADDRESS in os.environ:
        there = httpx.MockTransport(provider)
        rotation_wiring.network = lambda *, private: Https(
            lambda host, port: ["93.184.216.34"], there, private=private
        )
