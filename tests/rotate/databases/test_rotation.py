"""Whole rotations over real database servers: no failed call, and nothing is lost whenever it is killed."""

import threading
from datetime import timedelta

import pytest
from servers.scene import Fate, Killed, Scene, Store
from servers.world import OLD

from unleak.rotate import keys

MOST = 40
"""More changes than any rotation makes."""


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """These servers list a new password at once."""
    monkeypatch.setattr(keys, "SETTLES", timedelta(0))


@pytest.fixture
def fate(world, monkeypatch):
    """What happens to the process at a change of server or store."""
    made = Fate()
    writes = [(Store, name) for name in ("put_pending", "promote", "drop_pending")]
    for owner, name in (*world.changes, *writes):
        monkeypatch.setattr(owner, name, made.mortal(getattr(owner, name)))
    return made


class Service:
    """Calls the server all the time, with what the store holds; connects anew when it was disconnected."""

    def __init__(self, scene):
        self.scene, self.world = scene, scene.world
        self.calls, self.failed, self.used, self.session = 0, [], "", None
        self.stopped, self.thread = threading.Event(), threading.Thread(target=self._work)

    def version(self):
        """As a consumer that tells which version it uses; it reloads the secret when it is asked."""
        before = self.calls
        while self.calls < before + 2 and not self.failed:
            self.stopped.wait(0.001)
        return self.used

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.stopped.set()
        self.thread.join()

    def _work(self):
        while not self.stopped.is_set():
            try:
                self._call()
            except Exception as error:
                self.failed.append(error)
            self.calls += 1

    def _call(self):
        if self.used != self.scene.store.now:
            self._connect()
        try:
            self.session.call()
        except Exception:
            self._connect()
            self.session.call()

    def _connect(self):
        if self.session:
            self.session.close()
        self.used = self.scene.store.now
        credential = self.scene.credential()
        self.session = self.world.session(credential.secret.reveal(), credential.id)


def test_a_rotation_without_a_failed_call(world, tmp_path):
    scene = Scene(world, tmp_path, wait=60)
    forgotten = world.session(OLD)
    with Service(scene) as service:
        scene.walk(scene.run(service))
        service.version()
    assert service.failed == []
    assert service.calls > 2
    with pytest.raises(Exception, match=r"."):
        forgotten.call()
    scene.one_live_credential()


@pytest.mark.slow
def test_killed_after_every_change_and_resumed(world, tmp_path, fate):
    for at in range(1, MOST):
        world.fresh()
        (tmp_path / f"{at}").mkdir()
        scene = Scene(world, tmp_path / f"{at}", revoke_anyway=True)
        fate.set(at)
        try:
            scene.walk(scene.run())
        except Killed:
            fate.set(0)
            scene.walk(scene.run(leaked=False))
            scene.one_live_credential()
        else:
            assert at > 5
            return
    raise AssertionError("it makes more changes than that")


@pytest.mark.slow
def test_an_undo_killed_after_every_change_and_resumed(world, tmp_path, fate):
    for at in range(1, MOST):
        world.fresh()
        (tmp_path / f"{at}").mkdir()
        scene = Scene(world, tmp_path / f"{at}", revoke_anyway=True)
        run = scene.run(now=True)
        run.provider.revoke = None
        with pytest.raises(TypeError):  # all but the last step that can be undone
            scene.walk(run)
        new = scene.credential()
        fate.set(at)
        try:
            scene.walk(scene.run(now=True), back=True)
        except Killed:
            fate.set(0)
            scene.walk(scene.run(now=True, leaked=False), back=True)
        else:
            assert at > 2
            return
        assert scene.credential().secret.reveal() == OLD
        assert world.lives(world.leaked)
        assert not world.lives(new)
        assert world.provider().claimed_by(scene.rotation.identity) == ""
    raise AssertionError("it makes more changes than that")
