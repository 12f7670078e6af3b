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

    @pytest.mark.parametrize(
        "claims",
        [
            {"some": "payload"},
            {"sub": "1234567890", "name": "John Doe"},
            {"iss": "supabase-demo", "role": "service_role", "exp": 4102444800},
        ],
    )
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


class TestClaims:
    """As for any token, but the rule that asks has more to go by than the form."""

    def test_a_valid_one(self, outcome) -> None:
        assert outcome("claims", expand("${jwt}")) is Outcome.PLAUSIBLE
        assert outcome("claims", "wrka-eu-" + expand("${jwt}")) is Outcome.PLAUSIBLE

    @pytest.mark.parametrize("which", ["expired", "anon"])
    def test_one_that_opens_little(self, verdict, which: str) -> None:
        found = verdict("claims", expand(f"${{jwt:{which}}}"))
        assert (found.outcome, found.severity) == (Outcome.PLAUSIBLE, Severity.LOW)

    def test_a_service_role_of_supabase(self, verdict) -> None:
        found = verdict("claims", expand("${jwt:service}"))
        assert (found.outcome, found.severity) == (Outcome.PLAUSIBLE, None)
        assert re.fullmatch("[a-z]{20}", found.parts["project"])

    @pytest.mark.parametrize("text", ["eyJ${alnum:30}.eyJ${alnum:60}.${alnum:43}", "${jwt:unsigned}"])
    def test_what_does_not_parse_is_doubtful(self, outcome, text: str) -> None:
        assert outcome("claims", expand(text)) is Outcome.DOUBTFUL

    @pytest.mark.parametrize("text", ["${alnum:32}", "key.${alnum:32}"])
    def test_other_forms_pass(self, outcome, text: str) -> None:
        assert outcome("claims", expand(text)) is Outcome.PLAUSIBLE


class TestPayload:
    @pytest.mark.parametrize(
        ("template", "names"),
        [
            ("sntrys_${payload:sentry}_${base64:43}", {"organization", "region"}),
            ("ops_${payload:1password}", {"address"}),
            ("glc_${payload:grafana}", {"organization"}),
            ("sk.${payload:mapbox}.${base64url:22}", {"user"}),
            ("${payload:miro}_${base64url:27}", {"region"}),
        ],
    )
    def test_whose_it_is(self, verdict, template: str, names: set[str]) -> None:
        found = verdict("payload", expand(template))
        assert found.outcome is Outcome.PROVEN
        assert set(found.parts) == names

    def test_no_secret_is_a_part(self, verdict) -> None:
        encoded = base64.b64encode(
            json.dumps({"k": "hush", "o": "7", "u": {"x": 1}, "muk": {}}).encode()
        ).decode()
        assert verdict("payload", "glc_" + encoded).parts == {"organization": "7"}

    @pytest.mark.parametrize("template", ["sntrys_eyJ${alnum:120}_${alnum:43}", "glc_eyJ", "eyJ${alnum:9}é"])
    def test_what_does_not_parse_is_doubtful(self, outcome, template: str) -> None:
        assert outcome("payload", expand(template)) is Outcome.DOUBTFUL

    def test_a_form_without_payload_passes(self, outcome) -> None:
        assert outcome("payload", expand("${alnum:27}")) is Outcome.PLAUSIBLE


@pytest.mark.parametrize(
    ("check", "template", "expected"),
    [
        ("vault", "${vault}", "PROVEN"),
        ("vault", "${vault:batch}", "PROVEN"),
        ("vault", "hvs.${alnum:24}", "PLAUSIBLE"),
        ("vault", "hvs.${alnum:95}", "DOUBTFUL"),
        ("vault", "hvb.${alnum:160}", "DOUBTFUL"),
        ("flyio", "${flyio}", "PROVEN"),
        ("flyio", "fm2_${alnum:160}", "DOUBTFUL"),
        ("data-center", "${data_center}", "PROVEN"),
        ("data-center", "${data_center:BBDC-}", "PROVEN"),
        ("data-center", "N${alnum:43}", "REJECTED"),
        ("data-center", "not base64", "REJECTED"),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_binary_forms(outcome, check: str, template: str, expected: str, seed: int) -> None:
    assert outcome(check, expand(template, seed)).name == expected


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
        assert found.parts["client_email"] == "robot@acme-prod.iam.gserviceaccount.com"
        assert found.parts.keys() == {"client_email", "private_key_id", "project_id"}
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
