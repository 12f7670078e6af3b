"""What every store does alike, each against a server or files of its own."""

import traceback

import pytest

from unleak.core.errors import Conflict, NotFound, RotationError, UsageError
from unleak.core.model import SecretRef
from unleak.core.secret import Secret
from unleak.rotate.replace import replace

NEW = "11111111-1111-5111-8111-111111111111"


class Scene:
    """A secret that holds the leaked key, with neighbours, and the text that should take its place."""

    def __init__(self, at, leaked, new):
        self.at, self.leaked = at, leaked
        self.store = at.store()
        self.fields = {
            "KEY_ID": leaked.id,
            "SECRET": leaked.secret.reveal(),
            "OTHER": "stays",
            "URL": f"https://{leaked.id}:x@example.org",
        }
        self.name = at.make("payments", at.compose(self.fields))
        self.old = self.store.current(self.name)
        values = {leaked.secret.reveal(): new.secret.reveal(), leaked.id: new.id}
        self.after = {name: replace(text, values, name) for name, text in self.fields.items()}
        text = self.store.read(self.name, self.old).reveal()
        self.text = Secret(replace(text, values, self.name))

    def seen(self):
        """What a service reads."""
        return self.at.parse(self.at.read(self.name))

    def put(self):
        self.store.put_pending(self.name, NEW, self.text)

    def promote(self):
        self.store.promote(self.name, NEW, self.old)

    def roll_back(self):
        self.store.promote(self.name, self.old, NEW)

    def edit(self):
        """Somebody else changes the secret."""
        self.at.edit(self.name, self.at.compose(self.fields | {"OTHER": "theirs"}))

    def ref(self, field=""):
        return SecretRef(self.store.scheme, self.name, field)


@pytest.fixture
def scene(at, leaked, new):
    return Scene(at, leaked, new)


def test_a_pending_text_is_kept_and_read_by_nobody(scene):
    assert not scene.store.holds(scene.name, NEW)
    for _ in range(2):
        scene.put()
    assert scene.seen() == scene.fields
    assert scene.store.holds(scene.name, NEW)
    assert scene.at.parse(scene.store.read(scene.name, NEW).reveal()) == scene.after
    assert scene.store.current(scene.name) == scene.old


def test_promotion_changes_the_key_and_nothing_else(scene):
    scene.put()
    scene.promote()
    assert scene.seen() == scene.after
    assert scene.store.current(scene.name) == NEW
    assert scene.at.parse(scene.store.read(scene.name, scene.old).reveal()) == scene.fields


def test_every_call_may_be_repeated(scene):
    scene.put()
    for _ in range(2):
        scene.promote()
        scene.store.drop_pending(scene.name, NEW)
        assert scene.store.current(scene.name) == NEW
    for _ in range(2):
        scene.roll_back()
        scene.store.drop_pending(scene.name, NEW)
        assert scene.store.current(scene.name) == scene.old
    for _ in range(2):
        scene.store.tidy(scene.name, (scene.old, NEW))
    assert scene.seen() == scene.fields


def test_another_process_goes_on(scene):
    """Whatever it needs stands in the store, not in the first process's memory."""
    scene.put()
    scene.store = scene.at.store()
    scene.promote()
    scene.store = scene.at.store()
    assert scene.store.current(scene.name) == NEW
    scene.roll_back()
    assert scene.seen() == scene.fields


def test_the_way_back(scene):
    scene.put()
    scene.promote()
    scene.store.drop_pending(scene.name, NEW)
    scene.roll_back()
    assert scene.seen() == scene.fields
    assert scene.store.current(scene.name) == scene.old


def test_a_change_of_somebody_else_is_not_overwritten(scene):
    scene.put()
    scene.edit()
    for _ in range(2):
        with pytest.raises(Conflict, match="nothing was overwritten"):
            scene.promote()
    assert scene.seen()["OTHER"] == "theirs"
    assert scene.store.current(scene.name) not in {scene.old, NEW}


def test_a_change_in_the_moment_of_writing_is_not_lost(scene, monkeypatch):
    scene.put()
    look, looked = getattr(scene.store, scene.at.last_look), []

    def look_then_somebody_writes(name):
        seen = look(name)
        if not looked:
            looked.append(name)
            scene.edit()
        return seen

    monkeypatch.setattr(scene.store, scene.at.last_look, look_then_somebody_writes)
    with pytest.raises(Conflict, match="nothing was overwritten"):
        scene.promote()
    assert looked
    assert scene.seen()["OTHER"] == "theirs"


def test_the_way_back_overwrites_nobody_either(scene):
    scene.put()
    scene.promote()
    scene.edit()
    with pytest.raises(Conflict, match="nothing was overwritten"):
        scene.roll_back()
    assert scene.seen()["OTHER"] == "theirs"


def test_nothing_is_left_when_it_ends(scene):
    assert scene.at.left() == []
    scene.put()
    scene.promote()
    scene.store.drop_pending(scene.name, NEW)
    scene.store.tidy(scene.name, (scene.old, NEW))
    assert scene.at.left() == []
    assert scene.seen() == scene.after


def test_nothing_is_left_of_a_text_that_was_never_promoted(scene):
    scene.put()
    scene.store.drop_pending(scene.name, NEW)
    assert not scene.store.holds(scene.name, NEW)
    assert scene.at.left() == []
    assert scene.seen() == scene.fields


def test_secrets_are_found_by_value(scene):
    if not scene.at.searched:
        with pytest.raises(UsageError, match="--target"):
            scene.store.find(scene.leaked)
        return
    name = scene.at.found(scene.name)
    halves = scene.at.make("halves", scene.at.compose({"K": scene.leaked.secret.reveal()}))
    ids = scene.at.make("ids", scene.at.compose({"K": scene.leaked.id}))
    for number in range(25):  # more than one page or batch
        scene.at.make(f"filler{number}", scene.at.compose({"K": "x"}))
    sweep = scene.store.find(scene.leaked)
    found = {holder.ref.name: holder for holder in sweep.holders}
    assert set(found) == {name, halves}
    assert found[name].version == scene.store.current(name)
    assert found[name].whole
    assert not found[halves].whole
    assert sweep.id_only == (ids,)
    assert sweep.looked == 28
    assert sweep.closed == ()


def test_what_is_kept_for_a_rotation_is_no_holder(scene):
    scene.put()
    scene.promote()
    if scene.at.searched:
        assert scene.store.find(scene.leaked).holders == ()


def test_a_named_secret_must_hold_the_value_in_its_field(scene, new):
    holder = scene.store.look(scene.ref("SECRET"), scene.leaked)
    assert holder.ref == scene.ref("SECRET")
    assert holder.version == scene.old
    assert (holder.problem, holder.older, holder.whole) == ("", 0, True)
    assert scene.store.look(scene.ref(), scene.leaked).version == scene.old
    assert scene.store.look(scene.ref("OTHER"), scene.leaked) is None
    assert scene.store.look(scene.ref(), new) is None


def test_a_rotation_in_progress_is_a_problem(scene):
    assert scene.store.look(scene.ref(), scene.leaked).problem == ""
    scene.put()
    assert "another rotation" in scene.store.look(scene.ref(), scene.leaked).problem


def test_a_text_that_is_too_large_is_refused_before_it_is_sent(scene):
    if not scene.at.limit:
        pytest.skip("the store sets no limit")
    text = scene.at.compose(scene.fields | {"OTHER": "é" * scene.at.limit})
    with pytest.raises(RotationError, match=str(scene.at.limit)):
        scene.store.put_pending(scene.name, NEW, Secret(text))
    assert not scene.store.holds(scene.name, NEW)
    assert scene.at.left() == []


def test_errors_tell_nothing_secret(scene, new):
    scene.put()
    scene.edit()
    absent = scene.name.replace("payments", "absent")
    calls = [
        (Conflict, scene.promote),
        (NotFound, lambda: scene.store.look(SecretRef(scene.store.scheme, absent), scene.leaked)),
        (NotFound, lambda: scene.store.current(absent)),
        ((NotFound, Conflict), lambda: scene.store.read(scene.name, "22222222-2222-5222-8222-222222222222")),
        (NotFound, lambda: scene.store.promote(absent, NEW, scene.old)),
    ]
    for kind, call in calls:
        with pytest.raises(kind) as caught:
            call()
        shown = "".join(traceback.format_exception(caught.value))
        for secret in (scene.leaked.secret.reveal(), new.secret.reveal()):
            assert secret not in shown
        assert caught.value.hint
