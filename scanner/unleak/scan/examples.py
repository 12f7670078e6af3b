"""Turns templates such as `ghp_${github_checksummed}` into examples, so that no token stands in git.

`${name:size}` is random text of `size` characters of an alphabet, `${name}` something with a
structure, `$${` a plain `${`, and `${dollar}` a `$` before a place. The same template and seed
always give the same text.
"""

import random
import re
import string
from collections.abc import Callable, Mapping

from unleak.core.errors import UsageError
from unleak.scan import shapes, tokenshapes

ALPHABETS: Mapping[str, str] = {
    "alnum": string.ascii_letters + string.digits,
    "lowernum": string.ascii_lowercase + string.digits,
    "uppernum": string.ascii_uppercase + string.digits,
    "letters": string.ascii_letters,
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "digits": string.digits,
    "hex": string.hexdigits[:16],
    "HEX": string.digits + "ABCDEF",
    "base32": string.ascii_uppercase + "234567",
    "base58": "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
    "bech32": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
    "base64": string.ascii_letters + string.digits + "+/",
    "base64url": string.ascii_letters + string.digits + "-_",
    "word": string.ascii_letters + string.digits + "_",
}
"""What `${name:size}` draws from."""

SHAPES: Mapping[str, Callable[[random.Random, str], str]] = {
    "age": tokenshapes.age,
    "atlassian": tokenshapes.atlassian_token,
    "aws_key_id": shapes.aws_key_id,
    "azure_annotated": tokenshapes.azure_annotated_key,
    "azure_identifiable": tokenshapes.azure_identifiable_key,
    "basic_auth": shapes.basic_auth,
    "data_center": tokenshapes.data_center,
    "discord_bot": tokenshapes.discord_bot,
    "flyio": tokenshapes.flyio,
    "github_checksummed": tokenshapes.crc32_base62,
    "github_fine_grained": tokenshapes.github_fine_grained,
    "gitlab_routable": tokenshapes.gitlab_routable,
    "google_service_account": shapes.google_service_account,
    "grafana": tokenshapes.grafana_token,
    "jwt": tokenshapes.jwt,
    "npm_checksummed": tokenshapes.crc32_base62,
    "openssh": shapes.openssh,
    "payload": tokenshapes.payload,
    "pem": shapes.pem,
    "pem_base64": shapes.pem_base64,
    "putty": shapes.putty,
    "pypi": tokenshapes.pypi,
    "uuid": shapes.uuid,
    "vault": tokenshapes.vault,
}
"""What makes `${name}` and `${name:argument}`."""

_PLACE = re.compile(r"\$\$\{|\$\{([A-Za-z0-9_]+)(?::([A-Za-z0-9_ -]+))?\}")


def expand(template: str, seed: int = 0) -> str:
    """`template` with its places filled in. Raises UsageError for a place that it does not know."""
    source = random.Random(f"{seed} {template}")  # noqa: S311
    return _PLACE.sub(lambda place: _fill(place, source), template)


def _fill(place: re.Match[str], source: random.Random) -> str:
    name, argument = place.group(1), place.group(2) or ""
    if name is None:
        return "${"
    if name == "dollar":
        return "$"
    if name in SHAPES:
        return SHAPES[name](source, argument)
    if name in ALPHABETS and argument.isdigit():
        return "".join(source.choices(ALPHABETS[name], k=int(argument)))
    raise UsageError(
        f"An example has the place {place.group()}, which means nothing.",
        f"Write ${{name:size}} with {', '.join(ALPHABETS)}, or ${{name}} with {', '.join(SHAPES)}; "
        "$${ stands for a plain ${.",
    )
