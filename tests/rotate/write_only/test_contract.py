"""What every write-only store does alike, each against a server of its own."""

import traceback

import pytest

from unleak.core.errors import AccessDenied, Conflict, NotFound, RotationError, UsageError
from unleak.core.model import SecretRef
from unleak.core.secret import Secret
from unleak.rotate.stamps import stamps, version

NEW = Secret("n3w" * 9)


class Scene:
    """Two secrets that hold a key, and a neighbour."""

    def __init__(self, at, leaked):
        self.at, self.store = at, at.store()
        self.before = {"ID": leaked.id, "KEY": leaked.secret.reveal(), "OTHER": "stays"}
        at.fill(self.before)
        self.name = f"{at.place}?ID,KEY"

    def ref(self, name="", field=""):
        return SecretRef(self.store.scheme, name or self.name, field)

    def write(self, expected=None):
        return self.store.write(self.name, "KEY", NEW, expected or self.store.stamp(self.name, "KEY"))


@pytest.fixture
def scene(at, leaked):
    return Scene(at, leaked)


def test_only_the_variable_is_written_and_its_stamp_changes(scene):
    before = {name: scene.store.stamp(scene.name, name) for name in ("ID", "KEY")}
    made = scene.write()
    assert scene.at.values() == scene.before | {"KEY": NEW.reveal()}
    assert made == scene.store.stamp(scene.name, "KEY") != before["KEY"]
    assert scene.store.stamp(scene.name, "ID") == before["ID"]


def test_a_write_may_be_repeated(scene):
    scene.write(scene.write())
    assert scene.at.values() == scene.before | {"KEY": NEW.reveal()}


def test_a_change_of_somebody_else_is_not_overwritten(scene):
    seen = scene.store.stamp(scene.name, "KEY")
    scene.at.fill({"KEY": "theirs"})
    with pytest.raises(Conflict, match="nothing was overwritten"):
        scene.write(seen)
    assert scene.at.values()["KEY"] == "theirs"


def test_a_named_secret_is_taken_at_the_users_word(scene, leaked):
    holder = scene.store.look(scene.ref(), leaked)
    assert holder.write_only
    assert holder.whole
    assert not holder.reportable
    assert stamps(holder.version) == {name: scene.store.stamp(scene.name, name) for name in ("ID", "KEY")}
    assert version(stamps(holder.version)) == holder.version
    alone = scene.store.look(scene.ref(f"{scene.at.place}?KEY"), leaked)
    assert not alone.whole


def test_it_is_not_searched(scene, leaked):
    with pytest.raises(UsageError, match="--target"):
        scene.store.find(leaked)


@pytest.mark.parametrize("names", ["", "?", "?A,B,C"])
def test_the_name_says_which_secret_is_meant(scene, leaked, names):
    with pytest.raises(UsageError, match="does not say which"):
        scene.store.look(scene.ref(scene.at.place + names), leaked)
    with pytest.raises(UsageError, match="does not say which"):
        scene.store.look(scene.ref(field="KEY"), leaked)


def test_what_is_not_there_is_said(scene, leaked):
    for name in (f"{scene.at.place}?ABSENT", f"{scene.at.place}x?KEY"):
        with pytest.raises(NotFound) as caught:
            scene.store.look(scene.ref(name), leaked)
        assert caught.value.hint


def test_a_token_without_rights_is_told_and_errors_tell_nothing_secret(scene, leaked):
    seen = scene.store.stamp(scene.name, "KEY")
    scene.at.service.denied = [scene.at.request("KEY")]
    with pytest.raises(AccessDenied) as caught:
        scene.write(seen)
    shown = "".join(traceback.format_exception(caught.value))
    assert NEW.reveal() not in shown
    assert leaked.secret.reveal() not in shown
    assert isinstance(caught.value, RotationError)
    assert caught.value.hint
    assert scene.at.values() == scene.before
