"""What an acting credential of another kind is given before it acts."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from unleak.core.errors import AccessDenied, RotationError
from unleak.core.rotating import ADMIN, Exchange, Rotating
from unleak.core.verification import Assertion, Condition, Request
from unleak.rotate.sign_in import SignIn
from unleak.verify.exchange import Exchanger
from unleak.verify.ports import Reply

ASKED = Request("POST", "https://acme.example/in", headers=(("X-Key", "{admin}"),))
LISTED = Exchange(ASKED, (Condition((200,)),))
ACTING = Exchange(
    ASKED,
    (Condition((200,)),),
    (Condition((400,)),),
    take=(("token", "body.token"), ("principal", "body.who")),
)
SAID = Rotating(("acme.key",), "an admin's key", "taken", False, LISTED, LISTED, LISTED, acting=ACTING)


class Acme:
    """Answers every request alike, and counts them."""

    def __init__(self):
        self.asked = 0
        self.reply = Reply(200, {}, b'{"token": "t1", "who": "ada"}')

    def send(self, call):
        self.asked += 1
        return self.reply


@pytest.fixture
def acme():
    return Acme()


@pytest.fixture
def signing(acme):
    """Makes one that signs in as `said`."""
    return lambda said=SAID: SignIn(said, Exchanger("Acme", acme), "env:ADMIN")


def test_what_it_takes_is_for_requests_and_who_acts_is_not(signing, acme):
    sign_in = signing()
    assert sign_in.names == ("token",)
    assert sign_in.values({ADMIN: "secret-of-ada"}) == {"token": "t1"}
    assert sign_in.who({ADMIN: "secret-of-ada"}).principal == "ada (env:ADMIN)"
    assert acme.asked == 1


def test_another_credential_signs_in_anew(signing, acme):
    sign_in = signing()
    for admin in ("one", "other", "other"):
        sign_in.values({ADMIN: admin})
    assert acme.asked == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_one_that_is_not_accepted_is_told(signing, acme, status):
    acme.reply = Reply(status, {}, b"{}")
    with pytest.raises(AccessDenied, match="env:ADMIN") as refused:
        signing().values({ADMIN: "secret-of-ada"})
    assert "an admin's key" in refused.value.hint


def test_an_error_of_the_provider_is_none_of_the_credential(signing, acme):
    acme.reply = Reply(503, {}, b"{}")
    with pytest.raises(RotationError) as raised:
        signing().values({ADMIN: "secret-of-ada"})
    assert not isinstance(raised.value, AccessDenied)


def test_a_token_needs_no_signing_in(signing, acme):
    sign_in = signing(replace(SAID, direct=r"tok\..+"))
    assert sign_in.values({ADMIN: "tok.abc"}) == {"token": "tok.abc"}
    assert sign_in.who({ADMIN: "tok.abc"}).principal == "env:ADMIN"
    assert acme.asked == 0


def test_what_cannot_sign_is_not_sent(signing, acme):
    asked = replace(
        ASKED, headers=(("X-Key", "{assertion}"),), assertion=Assertion("{admin}", (("iss", "ada"),))
    )
    said = replace(SAID, acting=replace(ACTING, request=asked))
    with pytest.raises(AccessDenied, match="env:ADMIN"):
        signing(said).values({ADMIN: "no key"})
    assert acme.asked == 0
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key = rsa.generate_private_key(65537, 1024).private_bytes(*form).decode()  # noqa: S505
    assert signing(said).values({ADMIN: key}) == {"token": "t1"}
