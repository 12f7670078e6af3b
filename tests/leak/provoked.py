"""The real program, in which one function fails with all that it knows in the text of its exception.

UNLEAK_TEST_FAIL=module:name is that function; it does its work first. With UNLEAK_TEST_REFUSE=CODE every
changing call to AWS is answered with this error, whose message repeats what was sent.
"""

import os
import sys
from importlib import import_module

from unleak.core.secret import Secret


def revealed(value):
    """`value` and everything in it as text, secrets in clear."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, list | tuple | set | frozenset):
        return " ".join(map(revealed, value))
    fields = getattr(value, "__dataclass_fields__", ())
    return " ".join([repr(value), *(revealed(getattr(value, name)) for name in fields)])


def failing(original):
    """`original`, which raises after its work."""

    def fail(*arguments, **named):
        result = original(*arguments, **named)
        text = revealed((*arguments[-4:], *named.values(), result))
        try:
            raise LookupError(text)
        except LookupError as error:
            raise UnicodeEncodeError("ascii", text, 0, len(text), text) from error

    return fail


def refuse(code):
    """Make AWS answer every changing call with `code`."""
    from botocore.awsrequest import AWSResponse
    from botocore.httpsession import URLLib3Session

    real = URLLib3Session.send

    def send(session, request):
        body = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
        target = request.headers.get("X-Amz-Target", b"")
        name = target.decode() if isinstance(target, bytes) else target
        if not any(
            verb in name + body for verb in ("PutSecretValue", "GetCallerIdentity", "CreateAccessKey")
        ):
            return real(session, request)
        response = AWSResponse(request.url, 403, {}, None)
        response._content = (
            f"<ErrorResponse><Error><Code>{code}</Code><Message>{body} {request.headers}</Message></Error>"
            "</ErrorResponse>"
        ).encode()
        return response

    URLLib3Session.send = send


def main():
    """Patch, then run."""
    module, _, path = os.environ.get("UNLEAK_TEST_FAIL", "").partition(":")
    if module:
        *owners, name = path.split(".")
        owner = import_module(module)
        for each in owners:
            owner = getattr(owner, each)
        setattr(owner, name, failing(getattr(owner, name)))
    if code := os.environ.get("UNLEAK_TEST_REFUSE"):
        refuse(code)
    from unleak.__main__ import main as program

    sys.argv[0] = "unleak"
    program()


if __name__ == "__main__":
    main()
