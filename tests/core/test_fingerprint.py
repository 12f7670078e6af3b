import random
import string

import pytest

from unleak.core.fingerprint import LENGTH, fingerprint, fingerprints, guessable

ALPHABETS = {
    "hex": "0123456789abcdef",
    "base62": string.ascii_letters + string.digits,
    "base64": string.ascii_letters + string.digits + "+/",
    "base32": string.ascii_uppercase + "234567",
}


@pytest.mark.parametrize(
    "value",
    ["", "hunter2", "correct horse battery staple", "SuperSecretPassword2024!", "postgres-production-password",
     "a" * 64, "Pr0d-DB-2024-Passw0rd-01", "2024-01-01 00:00:00 UTC password"],
)  # fmt: skip
def test_what_a_person_may_have_chosen_is_guessable(value: str) -> None:
    assert guessable(value)


@pytest.mark.parametrize("alphabet", ["hex", "base62", "base64"])
def test_random_text_is_rarely_taken_for_guessable(alphabet: str) -> None:
    source = random.Random(alphabet)  # noqa: S311
    values = ["".join(source.choices(ALPHABETS[alphabet], k=40)) for _ in range(2000)]
    assert sum(map(guessable, values)) < 200


def test_a_fingerprint_names_the_value_alone() -> None:
    source = random.Random(1)  # noqa: S311
    values = ["".join(source.choices(ALPHABETS["base62"], k=40)) for _ in range(50)] + ["hunter2", "hunter3"]
    names = [fingerprint(value) for value in values]
    assert len(set(names)) == len(values)
    assert names == [fingerprint(value) for value in values]
    assert {len(name) for name in names} == {LENGTH}


def test_fingerprints_stay_what_they_are() -> None:
    """Reports and baselines of earlier versions name secrets by these."""
    assert fingerprint("hunter2") == "e6e0279cecd2be0c963ef9c0c3b44a73"
    assert fingerprint("0a1B2c3D4e5F6g7H8i9J0k1L2m3N") == "90dee16d520badc0fbd992f88c896c7b"


def test_many_at_once_are_named_as_one_by_one() -> None:
    values = [f"hunter{number}" for number in range(9)] + ["0a1B2c3D4e5F6g7H8i9J0k1L2m3N"]
    assert fingerprints(values) == list(map(fingerprint, values))
    assert fingerprints(values[:2]) == list(map(fingerprint, values[:2]))
    assert fingerprints([]) == []


def test_undecodable_bytes_have_a_fingerprint() -> None:
    assert fingerprint("\udcff" * 30) != fingerprint("\udcfe" * 30)
