import re

import pytest

from unleak.core.errors import UsageError
from unleak.scan.examples import ALPHABETS, SHAPES, expand


def test_the_same_template_gives_the_same_text() -> None:
    assert expand("${alnum:40}") == expand("${alnum:40}")
    assert expand("${alnum:40}", seed=1) != expand("${alnum:40}")


def test_two_places_differ() -> None:
    first, second = expand("${hex:32} ${hex:32}").split()
    assert first != second


@pytest.mark.parametrize("name", ALPHABETS)
def test_alphabets(name: str) -> None:
    text = expand(f"<${{{name}:200}}>")
    assert len(text) == 202
    assert set(text[1:-1]) <= set(ALPHABETS[name])
    assert len(set(text[1:-1])) > len(ALPHABETS[name]) / 2


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_are_filled_in(name: str) -> None:
    text = expand(f"${{{name}}}")
    assert len(text) > 15
    assert "${" not in text
    assert text == expand(f"${{{name}}}")


def test_text_around_stays() -> None:
    assert re.fullmatch(r'key="[0-9]{3}" # \$5 {x}', expand('key="${digits:3}" # $5 {x}'))


def test_a_dollar_before_a_place() -> None:
    assert re.fullmatch(r"\$6\$[0-9]{3}", expand("$6${dollar}${digits:3}"))


def test_a_doubled_dollar_is_no_place() -> None:
    assert expand("$${TOKEN} ${digits:1}")[:9] == "${TOKEN} "


@pytest.mark.parametrize("template", ["${nothing}", "${hex}", "${hex:many}", "${Alnum:3}"])
def test_an_unknown_place_is_refused(template: str) -> None:
    with pytest.raises(UsageError, match="means nothing"):
        expand(template)


@pytest.mark.parametrize("template", ["ghp_${github_checksummed}", "${github_checksummed:70}"])
def test_arguments_reach_the_shape(template: str) -> None:
    size = 76 if "70" in template else 40
    assert len(expand(template)) == size
