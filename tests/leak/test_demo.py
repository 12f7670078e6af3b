"""The demo shows no key, not even one of its own that nobody can use."""

import json

import pytest


@pytest.mark.slow
def test_the_demo_shows_none_of_its_keys(world, tmp_path) -> None:
    ran = world.run("demo", script="observed_demo.py", UNLEAK_TEST_KEYS=str(tmp_path / "keys"))
    assert ran.code == 0, ran.text
    admin, reader, service, new = json.loads((tmp_path / "keys").read_text())
    assert len({admin, reader, service, new}) == 4
    search = type(world.search)({"leaked": service, "new": new})
    assert world.traces(ran.shown, search) == set()
    ours = type(world.search)({"admin": admin, "reader": reader})  # these act, so their processes have them
    assert ours(ran.stdout + ran.stderr) == set()
