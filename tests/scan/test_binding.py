import re

import pytest

from unleak.scan.binding import bind, branches, keywords, truncated

VALUE = "0123456789abcdef" * 2
PATTERN = bind(["datadog", "dd_api"], "[0-9a-f]{32}")

BOUND = [
    "DATADOG_API_KEY={}",
    "export DATADOG_API_KEY='{}'",
    'datadogApiKey: "{}",',
    '"datadog_key": "{}"',
    '{{\\"datadog_key\\":\\"{}\\"}}',
    'config["datadog"]["key"] = "{}"',
    "Datadog API key: {}",
    "datadog_key := `{}`",
    "datadog_key => '{}'",
    "define('DATADOG_KEY', '{}');",
    'os.environ.get("DATADOG_KEY", "{}")',
    "--datadog-key {} --verbose",
    "--datadog-key={}",
    "<datadog.key>{}</datadog.key>",
    '<add name="datadog" value="{}"/>',
    '{{"name": "DATADOG_KEY", "value": "{}"}}',
    'datadog_key: str = "{}"',
    'const datadogKey string = "{}"',
    'datadog_key ||= "{}"',
    "DD-API-KEY: {}",
    "dd.api.key={}",
    'headers: {{ "x-datadog": "Bearer {}" }}',
    "https://example.org/?datadog={}&x=1",
    'datadog_key = b"{}"',
    'myDdApiKey = "{}"',
    'client.setDatadogKey("{}")',
    "configure(datadog_key=\n    '{}')",
    'const datadogKey =\n  "{}";',
    'datadog_key = \\\n  "{}"',
    '"datadog_key":\n    "{}"',
    "<datadogKey>\n    {}\n</datadogKey>",
    "- name: DATADOG_KEY\n  value: {}",
    '"name": "DATADOG_KEY",\n      "value": "{}"',
    "DATADOG_KEY :::= {}",
    "datadog_key={}",
]


@pytest.mark.parametrize("line", BOUND)
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_finds_the_value_of_an_assignment(line: str, end: str) -> None:
    found = re.search(PATTERN, line.format(VALUE) + end)
    assert found is not None
    assert found.group(1) == VALUE


FREE = [
    "OTHER_API_KEY={}",
    "datadog is fine\nkey={}",
    "datadog_key={}0",
    "datadog_key={}-suffix",
    "add_api_key={}",
    "the datadog {}",
    f"datadog_{'x' * 60}={{}}",
    "datadog_key=DEADBEEF{}",
    "datadog_key" + " " * 40 + "= {}",
    "datadog_key =\n{}",
    "datadog:\n  commit: {}",
    "datadog({})",
]


@pytest.mark.parametrize("line", FREE)
def test_leaves_alone_what_is_not_bound(line: str) -> None:
    assert re.search(PATTERN, line.format(VALUE)) is None


def test_case_matters_in_the_value_only() -> None:
    assert re.search(PATTERN, f"DaTaDoG_KEY={VALUE}")
    assert not re.search(PATTERN, f"datadog_key={VALUE.upper()}")


@pytest.mark.parametrize("spelling", ["secret_key", "SECRET-KEY", "secretKey", "secret.key", "Secret Key"])
def test_separators_stand_for_one_another(spelling: str) -> None:
    assert re.search(bind(["secret_key"], "[0-9]{4}"), f"{spelling}=1234")


def test_a_value_may_be_verbose_and_end_in_a_comment() -> None:
    pattern = bind(["pin"], "(?x) [0-9]{4}   # four digits")
    assert re.search(pattern, "pin=1234").group(1) == "1234"
    assert re.search(bind(["pin"], "[0-9] [0-9]"), "pin=1 2").group(1) == "1 2"


SPELLINGS = [
    "Secret Key=1234",
    "SECRET-KEY=1234",
    "secretkey=1234",
    "DD=1234",
    "myDd=1234",
    "x.datadog: 1234",
]


@pytest.mark.parametrize("line", SPELLINGS)
def test_every_match_contains_a_keyword(line: str) -> None:
    context = ["secret_key", "dd", "datadog"]
    found = re.search(bind(context, "[0-9]{4}"), line)
    assert found is not None
    assert any(keyword in found.group().lower() for keyword in keywords(context))


def test_alternatives_are_looked_for_one_by_one() -> None:
    assert branches("a(b|c)|[|]d\\|e") == ["a(b|c)", "[|]d\\|e"]
    assert branches("(?x) a b | c") == ["(?x) a b ", "(?x) c"]


def test_a_long_value_is_looked_for_by_its_beginning() -> None:
    assert truncated("sk_[0-9]{60}x") == "sk_[0-9]{48}"
    assert truncated("(?:a{60}|b)[{60}]") == "(?:a{60}|b)[{60}]"
