"""A missing extra names the line that installs it."""

import pytest

from unleak.core.errors import UsageError
from unleak.core.install import need, requirement


def test_the_line_names_extra_and_source():
    assert requirement("rotate").startswith("unleak[rotate] @ git+https://")


def test_what_is_there_is_imported():
    assert need("json", "rotate").dumps(1) == "1"


def test_what_is_missing_is_explained():
    with pytest.raises(UsageError) as missing:
        need("not_installed_at_all.inner", "rotate")
    assert "not_installed_at_all" in missing.value.message
    assert f"pip install '{requirement('rotate')}'" in missing.value.hint
