"""Access tokens of Google Cloud and Azure, from the credentials that their own programs take from the environment."""

import json
import os
from urllib.parse import quote, urlencode

from unleak.core.errors import RotationError, UsageError
from unleak.core.install import need
from unleak.core.secret import Secret
from unleak.verify.http import Server
from unleak.verify.ports import Failure
from unleak.verify.rest_client import address

GOOGLE_TOKEN = "GOOGLE_OAUTH_ACCESS_TOKEN"  # noqa: S105 (the name of a variable)
GOOGLE_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
AZURE = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")
AZURE_LOGIN = "https://login.microsoftonline.com"
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)


def google() -> Secret:
    """`GOOGLE_OAUTH_ACCESS_TOKEN`, else by Google's Application Default Credentials. UsageError without."""
    if given := os.environ.get(GOOGLE_TOKEN, "").strip():
        return Secret(given)
    auth = need("google.auth", "google")
    errors = need("google.auth.exceptions", "google")
    transport = need("google.auth.transport.urllib3", "google")
    pool = need("urllib3", "google").PoolManager(timeout=20.0)
    try:
        found, _ = auth.default(scopes=[GOOGLE_SCOPE])
        found.refresh(transport.Request(pool))
    except errors.DefaultCredentialsError:
        raise UsageError(
            "there are no credentials for Google Cloud",
            "sign in (gcloud auth application-default login), or name a file in GOOGLE_APPLICATION_CREDENTIALS",
        ) from None
    except errors.GoogleAuthError:
        raise RotationError(
            "Google does not give out a token for the credentials there are", "sign in again, then go on"
        ) from None
    finally:
        pool.clear()
    return Secret(str(found.token))


def azure(scope: str) -> Secret:
    """By the client credentials of `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and `AZURE_CLIENT_SECRET`."""
    tenant, client, secret = (os.environ.get(name, "").strip() for name in AZURE)
    if not (tenant and client and secret):
        raise UsageError("there are no credentials for Azure", f"set {', '.join(AZURE)}")
    host = address("AZURE_AUTHORITY_HOST", AZURE_LOGIN)
    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret, "scope": scope}
    path = f"/{quote(tenant, safe='')}/oauth2/v2.0/token"
    reply = Server(host, FORM).send("POST", path, urlencode(form).encode())
    if isinstance(reply, Failure):
        raise RotationError(f"could not get a token of Azure: {reply.why}", "check the network, then go on")
    try:
        return Secret(str(json.loads(reply.body)["access_token"]))
    except (ValueError, KeyError, TypeError):
        raise RotationError(
            f"Azure answered {reply.status} and gave no token", f"check {', '.join(AZURE)}, then go on"
        ) from None
