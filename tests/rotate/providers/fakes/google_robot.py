"""Keys of Google service accounts (IAM API v1, discovery document, and the token endpoint of OAuth 2.0)."""

import base64
import json
import time
from functools import cache
from urllib.parse import parse_qs, unquote

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fakes.world import NOW, Held, World, bearer, iso

ROBOT, OTHER = "robot@acme-prod.iam.gserviceaccount.com", "keeper@acme-prod.iam.gserviceaccount.com"
KEYS = f"/v1/projects/-/serviceAccounts/{ROBOT}/keys"
TOKENS = "https://oauth2.googleapis.com/token"


@cache
def private_key(number: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 1024)  # noqa: S505  # short, as it protects nothing


def pem(number: int) -> str:
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private_key(number).private_bytes(*form).decode()


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def error(status: int, name: str) -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": status, "message": name.lower(), "status": name}})


class Service(World):
    """Keys of one service account; another one acts, with its key file."""

    rule = "google.service-account"
    contracts = {"google-iam": ""}
    undescribed = {"POST /token": "of OAuth 2.0, which is described by its RFC alone"}
    until = None

    def __init__(self) -> None:
        super().__init__()
        self.parts = {"client_email": ROBOT, "private_key_id": self.leaked.id}

    def make(self, name, *, shape="", expires=None, **fields) -> Held:
        number = len(self.held) + 1
        held = Held(f"{number:040x}", pem(number).strip(), name, None, fields)
        if name == "admin":
            held.secret = json.dumps(
                {"client_email": OTHER, "private_key": pem(number), "private_key_id": held.id}
            )
        self.held.append(held)
        return held

    def lives(self, secret):
        held = self.by_secret(secret)
        return held is not None and not held.fields.get("disabled")

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = unquote(request.url.path)
        if f"https://{request.headers['host']}{path}" == TOKENS:
            return self.token(request)
        if bearer(request) != "ya29.of-the-other":
            return error(401, "UNAUTHENTICATED")
        key_id, _, verb = path.removeprefix(f"{KEYS}/").partition(":")
        held = self.by_id(key_id)
        match request.method, path:
            case "GET", found if found == KEYS:
                assert request.url.params["keyTypes"] == "USER_MANAGED"
                rows = [self.row(one) for one in self.listed]
                return httpx.Response(200, json={"keys": rows} if rows else {})
            case "POST", found if found == KEYS:
                made = self.make("")
                file = {"type": "service_account", "private_key_id": made.id, "private_key": f"{made.secret}\n",
                        "client_email": ROBOT}  # fmt: skip
                data = base64.b64encode(json.dumps(file, indent=2).encode()).decode()
                return httpx.Response(200, json=self.row(made) | {"privateKeyData": data})
            case _ if held is None or held is self.admin:
                return error(403, "PERMISSION_DENIED")  # so it is answered where the project is given as "-"
            case "POST", _:
                held.fields = {"disabled": True} if verb == "disable" else {}
                return httpx.Response(200, json={})
            case "DELETE", _:
                held.live = False
                return httpx.Response(200, json={})
        raise AssertionError(request)

    def token(self, request):
        """For an assertion that a live key has signed."""
        sent = {name: value for name, (value,) in parse_qs(request.content.decode()).items()}
        message, _, signature = sent["assertion"].rpartition(".")
        claims = json.loads(decoded(message.partition(".")[2]))
        assert claims["aud"] == TOKENS
        assert claims["iat"] <= time.time() < claims["exp"] <= claims["iat"] + 3600
        signer = next(
            (one for one in self.held if self.signed(one, message.encode(), decoded(signature))), None
        )
        owner = OTHER if signer is self.admin else ROBOT
        if signer is None or not signer.live or signer.fields.get("disabled") or claims["iss"] != owner:
            said = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
            return httpx.Response(400, json=said)
        value = "ya29.of-the-other" if signer is self.admin else "ya29.of-the-robot"
        return httpx.Response(200, json={"access_token": value, "expires_in": 3599, "token_type": "Bearer"})

    def signed(self, held, message, signature):
        try:
            private_key(int(held.id, 16)).public_key().verify(signature, message, PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True

    def row(self, one):
        disabled = {"disabled": True} if one.fields.get("disabled") else {}
        until = one.fields.get("until", "9999-12-31T23:59:59Z")
        return {"name": f"projects/acme-prod/serviceAccounts/{ROBOT}/keys/{one.id}", "validAfterTime": iso(NOW),
                "validBeforeTime": until, "keyAlgorithm": "KEY_ALG_RSA_2048",
                "keyType": "USER_MANAGED", "keyOrigin": "GOOGLE_PROVIDED", **disabled}  # fmt: skip
