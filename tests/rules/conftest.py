"""All of unleak's own rules, with both matchers, made once."""

import os

import pytest

from unleak.scan import rulecheck, rulefile, ruleset

DEFINITIONS = rulefile.read_all(ruleset.files())


@pytest.fixture(scope="session")
def bench(tmp_path_factory):
    cache = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    yield rulecheck.prepare(DEFINITIONS)
    if cache is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = cache


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "definition" in metafunc.fixturenames:
        metafunc.parametrize("definition", DEFINITIONS, ids=[found.rule.id for found in DEFINITIONS])
