import base64
import json
import re

import pytest

from unleak.core.model import Severity
from unleak.scan.examples import expand
from unleak.scan.ports import Outcome


class TestJwt:
    def test_a_valid_one(self, verdict) -> None:
        assert verdict("jwt", expand("${jwt}")).outcome is Outcome.PLAUSIBLE
        assert verdict("jwt", expand("${jwt}")).severity is None

    def test_an_expired_one_matters_less(self, verdict) -> None:
        found = verdict("jwt", expand("${jwt:expired}"))
        assert (found.outcome, found.severity) == (Outcome.PLAUSIBLE, Severity.LOW)

    @pytest.mark.parametrize("claims", [{"some": "payload"}, {"sub": "1234567890", "name": "John Doe"}])
    def test_one_of_a_tutorial_is_doubtful(self, outcome, claims: dict[str, str]) -> None:
        parts = [{"alg": "HS256"}, claims]
        encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
        assert outcome("jwt", ".".join([*encoded, "signature"])) is Outcome.DOUBTFUL

    def test_an_unsigned_one_opens_nothing(self, outcome) -> None:
        assert outcome("jwt", expand("${jwt:unsigned}")) is Outcome.DOUBTFUL

    @pytest.mark.parametrize(
        "template", ["eyJ${alnum:20}.eyJ${alnum:20}.${alnum:20}", "a.b.c", "eyJhbGciOiJIUzI1NiJ9"]
    )
    def test_what_is_no_json(self, outcome, template: str) -> None:
        assert outcome("jwt", expand(template)) is Outcome.REJECTED


class TestPem:
    @pytest.mark.parametrize("template", ["${pem}", "${pem:RSA}", "${pem:EC}", "${openssh}", "${putty}"])
    def test_proven(self, verdict, template: str) -> None:
        found = verdict("pem", expand(template))
        assert (found.outcome, found.severity) == (Outcome.PROVEN, None)

    @pytest.mark.parametrize("template", ["${openssh:encrypted}", "${pem:ENCRYPTED}"])
    def test_encrypted_ones_matter_less(self, verdict, template: str) -> None:
        found = verdict("pem", expand(template))
        assert (found.outcome, found.severity) == (Outcome.PROVEN, Severity.LOW)

    def test_the_old_encrypted_form(self, verdict) -> None:
        lines = expand("${pem:RSA}").split("\n")
        lines[1:1] = ["Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,0123456789ABCDEF", ""]
        found = verdict("pem", "\n".join(lines))
        assert (found.outcome, found.severity) == (Outcome.PROVEN, Severity.LOW)
        assert found.canonical == verdict("pem", expand("${pem:RSA}")).canonical

    @pytest.mark.parametrize(
        "written",
        [
            lambda key: key.replace("\n", "\r\n"),
            lambda key: key.replace("\n", "\\n"),
            lambda key: key.replace("\n", "\\\\n"),
            lambda key: key.replace("\n", "\n    "),
            lambda key: json.dumps(key)[1:-1],
            lambda key: re.sub(r"\n(?!-)", "", key),
            lambda key: key.replace("\n", '\\n" +\n  "'),
            lambda key: key.replace("\n", " "),
            lambda key: base64.b64encode(key.encode()).decode(),
        ],
    )
    def test_wrapping_does_not_change_the_key(self, verdict, written) -> None:
        key = expand("${pem:RSA}")
        found = verdict("pem", written(key))
        assert found.outcome is Outcome.PROVEN
        assert found.canonical == verdict("pem", key).canonical == re.sub(r"-----[^-]+-----|\s", "", key)

    @pytest.mark.parametrize(
        "body",
        [
            "...",
            "MIIEvQIBADANBg...",
            "<your key>",
            expand("${base64:200}"),
            "A" * 300,
            expand("${letters:30}"),
        ],
    )
    @pytest.mark.parametrize("label", ["", "RSA ", "OPENSSH "])
    def test_what_is_no_key(self, outcome, label: str, body: str) -> None:
        text = f"-----BEGIN {label}PRIVATE KEY-----\n{body}\n-----END {label}PRIVATE KEY-----"
        assert outcome("pem", text) is Outcome.REJECTED

    def test_an_openssh_key_under_the_label_of_rsa(self, verdict) -> None:
        key = expand("${openssh}")
        found = verdict("pem", key.replace("OPENSSH", "RSA"))
        assert (found.outcome, found.canonical) == (Outcome.PROVEN, verdict("pem", key).canonical)

    def test_a_key_whose_middle_is_left_out(self, outcome) -> None:
        lines = expand("${pem:RSA}").split("\n")
        assert outcome("pem", "\n".join([*lines[:3], "...", *lines[5:]])) is Outcome.REJECTED

    def test_a_pgp_block(self, outcome) -> None:
        text = expand("-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 2\n\nlQOY${base64:300}\n=${base64:4}\n"
                      "-----END PGP PRIVATE KEY BLOCK-----")  # fmt: skip
        assert outcome("pem", text) is Outcome.PROVEN


class TestGoogleServiceAccount:
    def test_its_value_is_the_key(self, verdict) -> None:
        text = expand("${google_service_account}")
        found = verdict("google-service-account", text)
        assert found.outcome is Outcome.PROVEN
        key = json.loads(text)["private_key"]
        assert found.canonical == re.sub(r"-----[^-]+-----|\s", "", key)

    def test_escaped_json(self, verdict) -> None:
        text = expand("${google_service_account}")
        escaped = json.dumps(text)[1:-1].replace("\\n", "")
        assert verdict("google-service-account", escaped).outcome is Outcome.REJECTED or (
            verdict("google-service-account", escaped).canonical
        )

    @pytest.mark.parametrize(
        "text", ['{"private_key": "x"}', "{}", "[]", "{", '{"private_key": 7, "client_email": 1}']
    )
    def test_anything_else(self, outcome, text: str) -> None:
        assert outcome("google-service-account", text) is Outcome.REJECTED


class TestBasicAuth:
    def test_its_value_is_the_password(self, verdict) -> None:
        found = verdict("basic-auth", expand("${basic_auth:correct horse}"))
        assert (found.outcome, found.canonical) == (Outcome.PLAUSIBLE, "correct horse")

    @pytest.mark.parametrize(
        "text", ["bm8gY29sb24=", "not base64", "dXNlcjo=", "dXNlcjphYg==", "gICAgICAgIA=="]
    )
    def test_anything_else(self, outcome, text: str) -> None:
        assert outcome("basic-auth", text) is Outcome.REJECTED
