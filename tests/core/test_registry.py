import pytest

from unleak.core.registry import Registry


def test_it_imports_what_is_asked_for() -> None:
    table: Registry[object] = Registry("unleak.core", {"secret": "secret:Secret", "absent": "nowhere:x"})
    assert table["secret"].__name__ == "Secret"
    assert list(table) == ["secret", "absent"]
    assert len(table) == 2
    with pytest.raises(KeyError):
        table["other"]
