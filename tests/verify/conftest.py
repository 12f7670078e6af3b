"""Canned answers of AWS, by protocol."""

import pytest
from botocore.awsrequest import AWSResponse
from botocore.httpsession import URLLib3Session

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
