import base64

import pytest

from unleak.core.model import Severity
from unleak.scan.checks import aws_key_id, bech32, crc32_base62, gitlab_routable
from unleak.scan.examples import expand
from unleak.scan.ports import Outcome

BREAKABLE = {
    "atlassian": "${atlassian}",
    "azure-annotated": "${azure_annotated}",
    "bech32": "${age}",
    "grafana": "${grafana}",
    "crc32-base62": "ghp_${github_checksummed}",
    "github-fine-grained": "${github_fine_grained}",
    "gitlab-routable": "${gitlab_routable}",
}


@pytest.mark.parametrize("name", BREAKABLE)
@pytest.mark.parametrize("seed", range(5))
def test_a_right_checksum_is_proof(outcome, name: str, seed: int) -> None:
    assert outcome(name, expand(BREAKABLE[name], seed)) is Outcome.PROVEN


@pytest.mark.parametrize("name", BREAKABLE)
@pytest.mark.parametrize("at", [15, 25, 38])
def test_a_changed_character_is_doubtful(outcome, name: str, at: int) -> None:
    token = expand(BREAKABLE[name])
    other = "X" if token[at] != "X" else "Y"
    assert outcome(name, token[:at] + other + token[at + 1 :]) is Outcome.DOUBTFUL


def test_npm_and_refresh_tokens_have_the_same_checksum(outcome) -> None:
    assert outcome("crc32-base62", expand("npm_${npm_checksummed}")) is Outcome.PROVEN
    assert outcome("crc32-base62", expand("ghr_${github_checksummed:70}")) is Outcome.PROVEN


def test_the_checksum_of_a_token_published_by_gitlab() -> None:
    """The example of GitLab's design document, in two pieces."""
    assert gitlab_routable.checksum("bzoxd_Rb5_cHeWe1JH56wr2FCBA.0r") == "1pum4t4"


def test_a_routable_token_tells_whose_it_is(verdict) -> None:
    token = expand("${gitlab_routable}")
    parts = verdict("gitlab-routable", token).parts
    assert parts["organization"] == "1"
    assert parts["user"].isdigit()
    assert verdict("gitlab-routable", token[:-1] + "!").parts == {}


@pytest.mark.parametrize(("prefix", "body"), [("a", ""), ("abcdef", "qpzry9x8gf2tvdw0s3jn54khce6mua7l")])
def test_checksums_of_bip_173(prefix: str, body: str) -> None:
    assert bech32.checksum(prefix, body) == {"a": "2uel5l", "abcdef": "mqqqxw"}[prefix]


MARKS = ["-ASt", "ACDb", "-ABa", "APIM", "-ASb", "-AEh", "-ARm", "AIoT", "AzCa", "AZEG", "-ACR", "AzFu"]


@pytest.mark.parametrize("mark", MARKS)
def test_marked_azure_keys(outcome, mark: str) -> None:
    key = expand(f"${{azure_identifiable:{mark}}}")
    assert outcome("azure-identifiable", key) is Outcome.PROVEN
    assert outcome("azure-identifiable", ("X" if key[0] != "X" else "Y") + key[1:]) is Outcome.PLAUSIBLE


@pytest.mark.parametrize("template", ["${base64:86}==", "${base64:43}=", "${base64:40}!", "${hex:32}"])
def test_azure_keys_without_a_mark_are_plausible(outcome, template: str) -> None:
    assert outcome("azure-identifiable", expand(template)) is Outcome.PLAUSIBLE


def test_an_annotated_azure_key_tells_maker_and_month(verdict) -> None:
    assert verdict("azure-annotated", expand("${azure_annotated:ACOG}")).parts == {
        "issued": "2025-01",
        "maker": "ACOG",
    }


@pytest.mark.parametrize(
    "template", ["${alnum:84}", "${alnum:52}JQQJ99BAAC${alnum:14}AZDO${alnum:4}", "short"]
)
def test_other_azure_keys_are_not_annotated(outcome, template: str) -> None:
    assert outcome("azure-annotated", expand(template)) is Outcome.DOUBTFUL


def test_an_atlassian_token_without_a_checksum(outcome) -> None:
    assert outcome("atlassian", expand("ATATT3xFfGF0${alnum:180}")) is Outcome.PLAUSIBLE
    assert outcome("atlassian", expand("ATATT3xFfGF0${alnum:171}=0A1B2C3D")) is Outcome.DOUBTFUL


def test_a_small_checksum_is_padded() -> None:
    assert crc32_base62.checksum("") == "000000"
    assert len(crc32_base62.checksum("anything")) == 6


@pytest.mark.parametrize(
    ("template", "severity"), [("${pypi}", None), ("${pypi:test pypi org}", Severity.LOW)]
)
def test_pypi(verdict, template: str, severity: Severity | None) -> None:
    found = verdict("pypi", expand(template))
    assert (found.outcome, found.severity) == (Outcome.PROVEN, severity)
    assert found.parts == {"projects": "acme acme-cli"}


@pytest.mark.parametrize(
    ("caveat", "parts"),
    [
        (b'{"version": 1, "permissions": {"projects": ["acme"]}}', {"projects": "acme"}),
        (b'{"version": 1, "permissions": "user"}', {}),
        (b'[3, "a user\'s id"]', {}),
    ],
)
def test_the_projects_of_a_pypi_token(verdict, caveat: bytes, parts: dict[str, str]) -> None:
    body = (
        b"\x02\x01\x08pypi.org\x02\x04some\x00\x02"
        + bytes([len(caveat)])
        + caveat
        + b"\x00\x00\x06\x20"
        + b"s" * 32
    )
    assert verdict("pypi", "pypi-" + base64.urlsafe_b64encode(body).decode().rstrip("=")).parts == parts


@pytest.mark.parametrize("template", ["${pypi:evil example org}", "pypi-${base64url:80}", "pypi-"])
def test_other_macaroons_are_rejected(outcome, template: str) -> None:
    assert outcome("pypi", expand(template)) is Outcome.REJECTED


def test_discord(outcome, verdict) -> None:
    found = verdict("discord", expand("${discord_bot}"))
    assert found.outcome is Outcome.PROVEN
    assert len(found.parts["bot"]) == 18
    assert outcome("discord", expand("M${alnum:23}.${alnum:6}.${alnum:27}")) is Outcome.REJECTED


def test_aws_key_ids(outcome) -> None:
    assert outcome("aws-key-id", expand("${aws_key_id}")) is Outcome.PLAUSIBLE
    assert outcome("aws-key-id", "AKIA" + "IOSFODNN7EXAMPLE") is Outcome.REJECTED
    assert outcome("aws-key-id", "AKIA" + "A" * 16) is Outcome.REJECTED


def test_the_account_of_an_aws_key_id(verdict) -> None:
    """The pair of id and account is the one of public descriptions of the format."""
    assert aws_key_id.account("QNZGKIQY56JQ" + "7WML") == "029608264753"
    assert verdict("aws-key-id", "AKIAQNZGKIQY56JQ" + "7WML").parts == {"account": "029608264753"}


@pytest.mark.parametrize("body", ["I4ZQ7KXW3M5TCVRD", "J4ZQ7KXW3M5TCVRD", "Q1890", ""])
def test_an_aws_key_id_without_an_account(body: str) -> None:
    assert aws_key_id.account(body) == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (expand("${base64:40}"), Outcome.PLAUSIBLE),
        (expand("${hex:40}"), Outcome.REJECTED),
        ("wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY", Outcome.REJECTED),
        ("usr/lib/python3/Dist/packages/Acme/a/b/c", Outcome.REJECTED),
        ("aB3" * 13 + "a", Outcome.REJECTED),
    ],
)
def test_aws_secrets(outcome, value: str, expected: Outcome) -> None:
    assert outcome("aws-secret", value) is expected
