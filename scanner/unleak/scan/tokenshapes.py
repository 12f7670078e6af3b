"""Makes random examples of tokens that carry a checksum or a payload. None of them opens anything."""

import base64
import json
import random
import string
from uuid import UUID

from unleak.scan import radix
from unleak.scan.checks import atlassian, azure_annotated, azure_identifiable, bech32, grafana
from unleak.scan.checks import crc32_base62 as crc32
from unleak.scan.checks import github_fine_grained as fine_grained
from unleak.scan.checks import gitlab_routable as routable

ALNUM = string.ascii_letters + string.digits
BASE32 = string.ascii_uppercase + "234567"
FAR = 4102444800
"""2100-01-01, as seconds since 1970."""
PAST = 1000000000
"""2001-09-09."""
SUPABASE = {"anon": "anon", "service": "service_role"}
"""Roles of Supabase's tokens."""
SIZES = {
    **dict.fromkeys(("+ASb", "+AEh", "+ARm", "AIoT", "AzCa", "AZEG"), 32),
    **dict.fromkeys(("+ASt", "ACDb", "+ABa", "APIM"), 64),
    **dict.fromkeys(("+ACR", "AzSe"), 39),
    "AzFu": 40,
}
"""Bytes of Azure's keys by their mark."""
PLAIN = {"AzSe", "AzFu"}
"""Marks of keys without plus and slash; the checksum may still have them."""


def crc32_base62(source: random.Random, argument: str) -> str:
    """30 random characters, or as many as `argument` says, and their checksum."""
    body = _text(source, ALNUM, int(argument or 30))
    return body + crc32.checksum(body)


def github_fine_grained(source: random.Random, argument: str) -> str:
    """A whole fine-grained token."""
    head = f"github_pat_11{_text(source, BASE32, 8)}0{_text(source, ALNUM, 11)}_"
    head += _text(source, ALNUM, fine_grained.HASHED - len(head))
    return head + fine_grained.checksum(head) + _text(source, BASE32, 8)


def gitlab_routable(source: random.Random, argument: str) -> str:
    """A whole routable token; `argument` is its prefix instead of `glpat-`."""
    route = f"o:1\nu:{_text(source, string.digits, 5)}".encode()
    payload = _base64url(route + source.randbytes(16) + b"\x10")
    head = f"{argument or 'glpat-'}{payload}.01.{radix.written(len(payload), radix.BASE36).rjust(2, '0')}"
    return head + routable.checksum(head)


def atlassian_token(source: random.Random, argument: str) -> str:
    """An API token with its checksum; `argument` is the prefix instead of `ATATT3xFfGF0`."""
    head = f"{argument or 'ATATT3xFfGF0'}{_text(source, ALNUM + '-_', 171)}="
    return head + atlassian.checksum(head)


def grafana_token(source: random.Random, argument: str) -> str:
    """A service account's token."""
    head = "glsa_" + _text(source, ALNUM, 32)
    return f"{head}_{grafana.checksum(head)}"


def age(source: random.Random, argument: str) -> str:
    """A secret key of age."""
    body = "".join(source.choices(bech32.DIGITS, k=51)) + "q"
    return f"age-secret-key-1{body}{bech32.checksum('age-secret-key-', body)}".upper()


def azure_identifiable_key(source: random.Random, argument: str) -> str:
    """A key with the mark `argument`, a minus for a plus (`-ASt` if it says none), and its checksum."""
    mark = argument.replace("-", "+") if argument.replace("-", "+") in SIZES else "+ASt"
    text = base64.b64encode(source.randbytes(SIZES[mark])).decode().rstrip("=")
    text = text[:-10] + mark + "A" * 6
    if mark in PLAIN:
        text = text.replace("+", "a").replace("/", "b")
    head = base64.b64decode(text + "=" * (-len(text) % 4))[: -azure_identifiable.LENGTH]
    key = head + azure_identifiable.checksum(head, azure_identifiable.SEEDS[mark][0])
    return base64.b64encode(key).decode()


def azure_annotated_key(source: random.Random, argument: str) -> str:
    """A key of the maker `argument` instead of AZDO, with its checksum."""
    head = f"{_text(source, ALNUM, 52)}JQQJ99BAAC{_text(source, ALNUM, 14)}{argument or 'AZDO'}"
    return head + azure_annotated.checksums(head)[0][:4]


def payload(source: random.Random, argument: str) -> str:
    """The JSON that a token of `argument` (sentry, 1password, grafana, mapbox, miro) carries, in base64."""
    owner = _text(source, string.ascii_lowercase, 8)
    fields: dict[str, object] = {
        "sentry": {
            "iat": PAST,
            "url": "https://sentry.io",
            "region_url": "https://us.sentry.io",
            "org": owner,
        },
        "1password": {
            "signInAddress": f"{owner}.1password.com",
            "email": f"{owner}@1passwordserviceaccounts.com",
            "srpX": source.randbytes(32).hex(),
            "muk": {"alg": "A256GCM", "k": _base64url(source.randbytes(32))},
        },
        "grafana": {
            "o": _text(source, "123456789", 6),
            "n": owner,
            "k": _text(source, ALNUM, 24),
            "m": {"r": "eu"},
        },
        "mapbox": {"u": owner, "a": _text(source, ALNUM, 25)},
        "miro": {"miro.origin": "eu01"},
    }
    return _compact(fields.get(argument, fields["sentry"]))


def vault(source: random.Random, argument: str) -> str:
    """A long token of Vault: a service token, or a batch token if `argument` is `batch`."""
    if argument == "batch":
        return "hvb." + _base64url(b"\0\0\0\1\2" + source.randbytes(115))
    inner = b"\x0a\x18" + _text(source, ALNUM, 24).encode()
    data = b"\x08\x01\x12\x20" + source.randbytes(32) + b"\x1a\x1e\x0a\x1c" + b"hvs." + inner[2:]
    return "hvs." + _base64url(data)


def flyio(source: random.Random, argument: str) -> str:
    """A macaroon of Fly.io."""
    data = b"\x94\x93\xc4\x10" + source.randbytes(16) + b"\xce" + source.randbytes(4) + b"\xc4\x10"
    return "fm2_" + base64.b64encode(data + source.randbytes(120)).decode()


def jwt(source: random.Random, argument: str) -> str:
    """A signed token that is valid for long; `argument` may be `expired`, `unsigned`, `anon` or `service`.

    The last two are Supabase's, for browsers and for servers.
    """
    header = {"alg": "none" if argument == "unsigned" else "HS256", "typ": "JWT"}
    claims = {"sub": _text(source, string.digits, 10), "exp": PAST if argument == "expired" else FAR}
    if argument in SUPABASE:
        claims = {"iss": "supabase", "ref": _text(source, string.ascii_lowercase, 20)}
        claims |= {"role": SUPABASE[argument], "iat": PAST, "exp": FAR}
    parts = [_compact(part) for part in (header, claims)]
    return ".".join([*parts, _base64url(source.randbytes(32))])


def data_center(source: random.Random, argument: str) -> str:
    """A personal access token of Jira or Confluence Data Center; `argument` is a prefix."""
    token = _text(source, "123456789", 12).encode() + b":" + source.randbytes(20)
    return argument + base64.b64encode(token).decode()


def discord_bot(source: random.Random, argument: str) -> str:
    """A bot's token."""
    identity = base64.b64encode(_text(source, "123456789", 18).encode()).decode()
    return f"{identity}.{_text(source, ALNUM, 6)}.{_text(source, ALNUM, 38)}"


def pypi(source: random.Random, argument: str) -> str:
    """A token of pypi.org, or of the host that `argument` names."""
    host = (argument or "pypi.org").replace(" ", ".").encode()
    caveat = json.dumps([1, ["acme", "acme-cli"]]).encode()
    body = (
        b"\x02\x01"
        + bytes([len(host)])
        + host
        + b"\x02\x24"
        + str(UUID(bytes=source.randbytes(16), version=4)).encode()
    )
    body += b"\x00\x02" + bytes([len(caveat)]) + caveat + b"\x00\x00\x06\x20" + source.randbytes(32)
    return "pypi-" + _base64url(body)


def _text(source: random.Random, alphabet: str, size: int) -> str:
    return "".join(source.choices(alphabet, k=size))


def _compact(fields: object) -> str:
    return _base64url(json.dumps(fields, separators=(",", ":")).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
