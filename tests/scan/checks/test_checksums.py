import pytest

from unleak.core.model import Severity
from unleak.scan.checks import crc32_base62, gitlab_routable
from unleak.scan.examples import expand
from unleak.scan.ports import Outcome

BREAKABLE = {
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
    other = "x" if token[at] != "x" else "y"
    assert outcome(name, token[:at] + other + token[at + 1 :]) is Outcome.DOUBTFUL


def test_npm_and_refresh_tokens_have_the_same_checksum(outcome) -> None:
    assert outcome("crc32-base62", expand("npm_${npm_checksummed}")) is Outcome.PROVEN
    assert outcome("crc32-base62", expand("ghr_${github_checksummed:70}")) is Outcome.PROVEN


def test_the_checksum_of_a_token_published_by_gitlab() -> None:
    """The example of GitLab's design document, in two pieces."""
    assert gitlab_routable.checksum("bzoxd_Rb5_cHeWe1JH56wr2FCBA.0r") == "1pum4t4"


def test_a_small_checksum_is_padded() -> None:
    assert crc32_base62.checksum("") == "000000"
    assert len(crc32_base62.checksum("anything")) == 6


@pytest.mark.parametrize(
    ("template", "severity"), [("${pypi}", None), ("${pypi:test pypi org}", Severity.LOW)]
)
def test_pypi(verdict, template: str, severity: Severity | None) -> None:
    found = verdict("pypi", expand(template))
    assert (found.outcome, found.severity) == (Outcome.PROVEN, severity)


@pytest.mark.parametrize("template", ["${pypi:evil example org}", "pypi-${base64url:80}", "pypi-"])
def test_other_macaroons_are_rejected(outcome, template: str) -> None:
    assert outcome("pypi", expand(template)) is Outcome.REJECTED


def test_discord(outcome) -> None:
    assert outcome("discord", expand("${discord_bot}")) is Outcome.PROVEN
    assert outcome("discord", expand("M${alnum:23}.${alnum:6}.${alnum:27}")) is Outcome.REJECTED


def test_aws_key_ids(outcome) -> None:
    assert outcome("aws-key-id", expand("${aws_key_id}")) is Outcome.PLAUSIBLE
    assert outcome("aws-key-id", "AKIA" + "IOSFODNN7EXAMPLE") is Outcome.REJECTED
    assert outcome("aws-key-id", "AKIA" + "A" * 16) is Outcome.REJECTED


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
