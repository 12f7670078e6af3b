"""Users with one password at a time, on real servers: it is set, and stored, or neither."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from servers.scene import Fate, Killed, Scene, Store
from servers.world import OLD, Proxy

from unleak.core.errors import Conflict, OutcomeUnknown, RotationError
from unleak.core.fingerprint import fingerprint
from unleak.core.model import Liveness
from unleak.core.secret import Secret
from unleak.rotate import keys, sequence
from unleak.rotate.database import new_password
from unleak.rotate.ports import Credential
from unleak.rotate.run import Paused
from unleak.rotate.steps import single as steps

MOST = 30
"""More changes than any rotation makes."""


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """A change whose answer never came is not waited for."""
    monkeypatch.setattr(steps, "SETTLES", timedelta(0))
    monkeypatch.setattr(keys, "SETTLES", timedelta(0))


@pytest.fixture
def scene(single, tmp_path):
    return Scene(single, tmp_path, revoke_anyway=True)


def until(scene, last):
    """Take the steps up to this one."""
    run = scene.run()
    for name, _, work in sequence.forward(scene.rotation):
        if name not in scene.done:
            work(run)
            scene.done.add(name)
        if name == last:
            return run
    raise AssertionError(last)


def pending(scene):
    """The password that waits in the store."""
    text = scene.store.texts[scene.rotation.targets[0].new]
    return Credential("", Secret(json.loads(text)["password"]))


def test_the_plan_tells_of_the_downtime(scene):
    told = " ".join(scene.plan.warnings)
    assert "DOWNTIME" in told
    assert "no undo" in told
    assert any("ALTER ROLE" in step or "PUT" in step for step in scene.plan.steps)
    assert "the leaked password is dead" in " ".join(scene.plan.steps)


def test_sessions_go_on_until_services_have_switched(scene, single):
    forgotten = single.session(OLD)
    until(scene, "exchange")
    new = scene.credential()
    assert new.secret.reveal() != OLD
    assert single.lives(new)
    assert not single.lives(single.leaked)
    forgotten.call()
    service = single.session(new.secret.reveal())
    scene.walk(scene.run())
    for session in (forgotten, service):
        with pytest.raises(Exception, match=r"."):
            session.call()
    scene.one_live_credential()


def test_it_asks_before_connections_are_closed(single, tmp_path):
    scene = Scene(single, tmp_path)
    forgotten = single.session(OLD)
    with pytest.raises(Paused) as paused:
        scene.walk(scene.run())
    assert "--revoke-anyway" in paused.value.error.hint
    assert "undo" not in paused.value.error.hint
    forgotten.call()
    assert single.lives(scene.credential())


def test_the_password_waits_in_the_store_before_the_server_hears_of_it(scene, single):
    until(scene, "put")
    assert single.lives(single.leaked)
    assert not single.lives(pending(scene))
    scene.walk(scene.run(leaked=False), back=True)
    assert scene.credential().secret.reveal() == OLD
    assert single.lives(single.leaked)


def test_there_is_no_way_back_once_it_is_set(scene, single):
    run = until(scene, "exchange")
    with pytest.raises(RotationError, match="no way back"):
        scene.walk(run, back=True)
    assert single.lives(scene.credential())


def test_an_answer_that_never_came_is_looked_into(scene, single):
    until(scene, "put")
    with Proxy(single.port, single.unclear_single) as proxy:
        run = replace(scene.run(), provider=single.provider(port=proxy.port))
        with pytest.raises(OutcomeUnknown):
            steps.switch(run)
    assert scene.credential().secret.reveal() == OLD
    if single.lives(pending(scene)):  # it was done, and so there is no way back
        with pytest.raises(RotationError, match="no way back"):
            scene.walk(scene.run(leaked=False), back=True)
    scene.walk(scene.run(leaked=False))
    scene.one_live_credential()


def test_a_password_that_somebody_else_set_is_not_overwritten(scene, single):
    until(scene, "put")
    theirs = Credential("", new_password())
    single.provider().replace(scene.rotation.identity, theirs)
    with pytest.raises(Conflict, match="somebody changed it"):
        scene.walk(scene.run())
    assert single.lives(theirs)
    assert scene.credential().secret.reveal() == OLD
    scene.walk(scene.run(), back=True)
    assert single.lives(theirs)


def test_a_secret_that_somebody_changed_stops_it_before_anything_is_set(scene, single):
    until(scene, "put")
    scene.store.texts["theirs"] = scene.store.texts["v1"].replace("}", ', "more": 1}')
    scene.store.now = "theirs"
    with pytest.raises(Conflict, match="nothing was changed yet"):
        scene.walk(scene.run())
    assert single.lives(single.leaked)


def test_a_secret_that_changed_in_the_very_moment_is_put_right_by_hand(scene, single, monkeypatch):
    until(scene, "put")
    replaces = single.adapter.replace

    def and_then(provider, identity, new):
        replaces(provider, identity, new)
        scene.store.texts["theirs"] = scene.store.texts["v1"]
        scene.store.now = "theirs"

    with monkeypatch.context() as patch:
        patch.setattr(single.adapter, "replace", and_then)
        with pytest.raises(Conflict, match="the password was changed, but"):
            scene.walk(scene.run())
    with pytest.raises(Conflict, match="aws-sm://prod/payments"):
        scene.walk(scene.run(leaked=False))
    scene.store.texts["theirs"] = scene.store.texts[scene.rotation.targets[0].new]
    scene.walk(scene.run(leaked=False))
    scene.one_live_credential()


def test_a_dead_password_is_proved_by_what_the_server_says(single):
    provider = single.provider()
    identity = provider.verify(single.leaked).identity
    new = provider.issue(identity, "0a1b2c3d4e")
    assert provider.verify(new).liveness is Liveness.DEAD
    for _ in range(2):
        provider.replace(identity, new)
    assert provider.verify(single.leaked).liveness is Liveness.DEAD
    answer = provider.verify(new)
    assert answer.liveness is Liveness.LIVE, answer.why
    assert provider.differs(identity, answer.identity) == ""
    assert answer.identity.credential_id == new.id != identity.credential_id
    for secret in (OLD, new.secret.reveal()):
        assert secret not in single.texts()


@pytest.mark.slow
def test_killed_after_every_change_and_resumed(single, tmp_path, monkeypatch):
    fate = Fate()
    writes = [(Store, name) for name in ("put_pending", "promote", "drop_pending")]
    for owner, name in (*single.changes, *writes):
        monkeypatch.setattr(owner, name, fate.mortal(getattr(owner, name)))
    for at in range(1, MOST):
        single.fresh()
        (tmp_path / f"{at}").mkdir()
        scene = Scene(single, tmp_path / f"{at}", revoke_anyway=True)
        fate.set(at)
        try:
            scene.walk(scene.run())
        except Killed:
            fate.set(0)
            stored = pending(scene) if len(scene.store.texts) > 1 else None
            scene.walk(scene.run(leaked=False))
            scene.one_live_credential()
            assert stored in {None, Credential("", scene.credential().secret)}  # never another one
        else:
            assert at > 3
            return
    raise AssertionError("it makes more changes than that")


@pytest.mark.slow
def test_an_undo_killed_after_every_change_and_resumed(single, tmp_path, monkeypatch):
    fate = Fate()
    for name in ("put_pending", "promote", "drop_pending"):
        monkeypatch.setattr(Store, name, fate.mortal(getattr(Store, name)))
    scene = Scene(single, tmp_path)
    until(scene, "put")
    fate.set(1)
    with suppress(Killed):
        scene.walk(scene.run(), back=True)
    fate.set(0)
    scene.walk(scene.run(leaked=False), back=True)
    assert scene.credential().secret.reveal() == OLD
    assert single.lives(single.leaked)
    assert fingerprint(OLD) == scene.rotation.fingerprint
