"""Checks that tell random text from words, code and examples."""

import pytest

from unleak.scan.checks import CHECKS
from unleak.scan.examples import ALPHABETS, expand
from unleak.scan.ports import Outcome

RANDOM = [
    expand(f"${{{name}:{size}}}", seed) for name in ALPHABETS for size in (32, 40, 64) for seed in range(4)
]


@pytest.mark.parametrize("name", ["placeholder", "password", "published"])
def test_random_text_passes(outcome, name: str) -> None:
    assert {outcome(name, text) for text in RANDOM if not text.isalpha() and not text.isdigit()} == {
        Outcome.PLAUSIBLE
    }


def test_random_text_has_entropy(outcome) -> None:
    assert {outcome("entropy", text) for text in RANDOM} == {Outcome.PLAUSIBLE}


@pytest.mark.parametrize(
    "text",
    [
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "0123456789abcdef",
        "abcdefghijklmnopqrstuvwxyz",
        "0" * 32,
        "1111222233334444",
    ],
)
def test_repeated_and_counted_text_has_none(outcome, text: str) -> None:
    assert outcome("entropy", text) in {Outcome.REJECTED, Outcome.DOUBTFUL}


@pytest.mark.parametrize(
    "text", ["aaaaaaaaaaaaaaaa", "abababababababab", "1231231231231231", "q7Xk9" + "8" * 12 + "Zp3mW5vT"]
)
def test_few_characters_are_rejected(outcome, text: str) -> None:
    assert outcome("entropy", text) is Outcome.REJECTED


@pytest.mark.parametrize("text", ["0123456789abcdef", "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrq987654"])
def test_counted_text_is_doubtful(outcome, text: str) -> None:
    assert outcome("entropy", text) is Outcome.DOUBTFUL


PLACEHOLDERS = [
    "changeme",
    "CHANGE_ME",
    "your-api-key",
    "your_token_here",
    "YOUR_API_KEY",
    "my_secret_token",
    "<token>",
    "<your-key>",
    "${TOKEN}",
    "$TOKEN",
    "$(cat key)",
    "{{ token }}",
    "prefix-${TOKEN}-suffix",
    "%TOKEN%",
    "%s",
    "%(token)s",
    "@token@",
    "__TOKEN__",
    "xxxxxxxxxxxx",
    "sk_live_xxxxxxxx",
    "****",
    "...",
    "abc...",
    "[REDACTED]",
    "process.env.TOKEN",
    "os.environ['TOKEN']",
    "env:TOKEN",
    "secrets.GITHUB_TOKEN",
    "var.token",
    "config.token",
    "example",
    "EXAMPLEKEY",
    "AKIAIOSFODNN7" + "EXAMPLE",
    "dummy-token",
    "placeholder",
    "insert-key-here",
    "null",
    "password",
    "secret",
    "test",
    "vault:secret/data/app#key",
    "!Ref Token",
    "#{token}",
    "<%= token %>",
    "",
    "  ",
    "deadbeef",
    "12345678",
    "abcdefgh",
    "replace-me",
    "foo-bar",
    "fake_token",
    "00000000",
]


@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_placeholders(outcome, text: str) -> None:
    assert outcome("placeholder", text) is Outcome.REJECTED


@pytest.mark.parametrize(
    "text", ["deadbeefdeadbeef", "0000000000000000", "k1234567890abcdefgh", "aaaaB7qX2mP9vL4sT8"]
)
def test_what_hands_typed_into_a_long_value_is_doubtful(outcome, text: str) -> None:
    assert outcome("placeholder", text) is Outcome.DOUBTFUL


@pytest.mark.parametrize(
    "text",
    [
        "Tr0ub4dor&3",
        "correct-horse-battery-staple",
        "p@$$w0rd!23",
        "hunter2hunter2",
        "x7Hk$pQ9",
        "S3cr3t-2024!",
        "a%20b9",
    ],
)
def test_what_a_person_chose_is_no_placeholder(outcome, text: str) -> None:
    assert outcome("placeholder", text) is Outcome.PLAUSIBLE


@pytest.mark.parametrize(
    "text",
    [
        "getpass()", "get_password(user)", "self.password", "settings.secret", "user_password", "API_KEY",
        "apiKeyName", "ApiKeyName", "password123", "postgres", "admin1", "my-secret", "test_token",
        "/run/secrets/db",
        "~/.config/token", "{password}", "xxxxxx", "aXaXaX",
    ],
)  # fmt: skip
def test_names_code_and_stock_words_are_no_passwords(outcome, text: str) -> None:
    assert outcome("password", text) is Outcome.REJECTED


@pytest.mark.parametrize("text", ["Tr0ub4dor&3", "x7Hk$pQ9", "Summer2024!", "correct.Horse-7"])
def test_passwords(outcome, text: str) -> None:
    assert outcome("password", text) is Outcome.PLAUSIBLE


@pytest.mark.parametrize("text", ["pass%20pass", "pass#pass", "user/pass", "%3A%40c", "pa%C3%9Fs"])
def test_what_shows_a_form_is_doubtful(outcome, text: str) -> None:
    assert outcome("password", text) is Outcome.DOUBTFUL


@pytest.mark.parametrize("text", ["Tr0ub4dor%263", "x7Hk%24pQ9", "horse%20battery"])
def test_passwords_may_be_escaped(outcome, text: str) -> None:
    assert outcome("password", text) is Outcome.PLAUSIBLE


@pytest.mark.parametrize("text", ["2016-09-08T21:47:36Z", "2016-09-08"])
def test_a_date_is_no_password(outcome, text: str) -> None:
    assert outcome("password", text) is Outcome.REJECTED


@pytest.mark.parametrize("text", ["wonderful", "Wonderful", "20240101", "WONDERFUL"])
def test_one_word_or_number_is_doubtful(outcome, text: str) -> None:
    assert outcome("password", text) is Outcome.DOUBTFUL


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a1b2c3d4e5f6", "PLAUSIBLE"),
        ("some-identifier-name", "REJECTED"),
        ("SomeIdentifierName", "REJECTED"),
        ("qjzkxvwpmtrb", "REJECTED"),
        ("1234567890", "REJECTED"),
        ("918273645501928374650192", "DOUBTFUL"),
        ("QxZkVwPbJdRtMnLs", "DOUBTFUL"),
        ("my-service-account-name-2", "DOUBTFUL"),
    ],
)
def test_mixed(outcome, text: str, expected: str) -> None:
    """Digits among letters are random; letters alone may be; words, lower case and short numbers are not."""
    assert outcome("mixed", text).name == expected


@pytest.mark.parametrize(
    ("size", "expected"), [(32, "REJECTED"), (40, "REJECTED"), (64, "REJECTED"), (37, "PLAUSIBLE")]
)
def test_digests(outcome, size: int, expected: str) -> None:
    assert outcome("digest", expand(f"${{hex:{size}}}")).name == expected
    assert outcome("digest", expand(f"${{HEX:{size}}}")).name == expected
    assert outcome("digest", expand(f"${{base64url:{size}}}")) is Outcome.PLAUSIBLE


def test_values_that_everybody_has(outcome) -> None:
    assert outcome("published", "open sesame") is Outcome.REJECTED
    assert outcome("published", "sk_test_" + "4eC39HqLyjWDarjtT1zdp7dc") is Outcome.REJECTED
    assert outcome("published", "open sesame!") is Outcome.PLAUSIBLE


def test_every_check_is_used_by_a_rule() -> None:
    from unleak.scan import ruleset

    assert {name for rule in ruleset.load().rules for name in rule.checks} == set(CHECKS)


def test_hexadecimal_letters_alone_are_no_words_but_hardly_random(outcome) -> None:
    assert outcome("mixed", "abcdef" * 5) is Outcome.DOUBTFUL
    assert outcome("mixed", "abcdeg" * 5) is Outcome.REJECTED


def test_a_reference_is_none_and_a_stock_word_opens_doors_too(outcome) -> None:
    for text in ("${TOKEN}", "process.env.TOKEN", "{{ token }}", "<password>", "****", "%(password)s"):
        assert outcome("reference", text) is Outcome.REJECTED
    for text in ("password", "changeme", "Tr0ub4dor&3"):
        assert outcome("reference", text) is Outcome.PLAUSIBLE


def test_counted_letters_are_no_words(outcome) -> None:
    assert outcome("mixed", "abcdefghijklmnopqrstuvwxyz") is Outcome.DOUBTFUL
