"""The way back, from every place where it may begin."""

import json

import pytest

from unleak.core.errors import Conflict, RotationError
from unleak.core.model import Liveness
from unleak.rotate.run import Paused
from unleak.rotate.sequence import BACK, FORWARD
from unleak.rotate.steps import undo
from unleak.verify.answer import Answer

NAMES = [name for name, _, _ in FORWARD]


def forward(run, last):
    for name, _, step in FORWARD[: NAMES.index(last) + 1]:
        if name != "contain" or run.options.contain_first:
            step(run)


@pytest.mark.parametrize("contain_first", [False, True])
@pytest.mark.parametrize("last", [name for name in NAMES[: NAMES.index("delete")] if name != "contain"])
def test_everything_is_as_before(make_run, provider, store, last, contain_first):
    run = make_run(revoke_anyway=True, now=True, contain_first=contain_first)
    before = json.loads(store.texts["prod", "v1"])
    forward(run, last)
    for _, _, step in BACK:
        step(run)
        step(run)
    assert set(provider.listed) == {"AKIAOLD"}
    assert provider.listed["AKIAOLD"].active
    assert provider.mark == ""
    assert json.loads(store.texts["prod", store.currents["prod"]]) == before
    assert not store.pending
    assert run.history.status == "undone"


def test_a_key_that_was_inactive_before_stays_so(make_run, provider):
    provider.set_active(None, "AKIAOLD", False)
    run = make_run(revoke_anyway=True, now=True)
    forward(run, "issue")
    undo.enable(run)
    assert not provider.listed["AKIAOLD"].active


def test_there_is_no_way_back_after_the_delete(make_run):
    run = make_run(revoke_anyway=True)
    forward(run, "delete")
    with pytest.raises(RotationError, match="only forward"):
        undo.check(run)


def test_the_new_key_is_kept_until_services_have_left_it(make_run, provider, clock):
    run = make_run(revoke_anyway=True)
    forward(run, "pick-up")
    undo.roll_back(run)
    begun = clock.now()
    clock.after(30, lambda: provider.use("AKIANEW"))
    undo.settle(run)
    assert 90 <= (clock.now() - begun).total_seconds() < 110


def test_services_that_do_not_leave_pause_the_undo(make_run, provider, clock):
    run = make_run(revoke_anyway=True, wait=100)
    forward(run, "pick-up")
    undo.roll_back(run)
    for seconds in range(0, 200, 10):
        clock.after(seconds, lambda: provider.use("AKIANEW"))
    with pytest.raises(Paused) as paused:
        undo.settle(run)
    assert "--now" in paused.value.error.hint
    assert "AKIANEW" in provider.listed


def test_a_text_of_somebody_else_with_the_new_key_stops_it(make_run, store):
    run = make_run(revoke_anyway=True)
    forward(run, "promote")
    store.texts["prod", "v9"] = store.texts["prod", run.rotation.targets[0].new] + " "
    store.currents["prod"] = "v9"
    with pytest.raises(Conflict, match="holds the new key"):
        undo.roll_back(run)


def test_a_wait_that_is_longer_than_one_run_ends_in_a_later_one(make_run, provider, clock):
    run = make_run(revoke_anyway=True, quiet=3600, wait=900)
    forward(run, "pick-up")
    undo.roll_back(run)
    for _ in range(3):
        with pytest.raises(Paused):
            undo.settle(run)
        clock.sleep(100)
    clock.sleep(600)
    undo.settle(run)
    assert run.history.last("left")


def test_a_crash_after_the_roll_back_does_not_skip_the_wait(make_run, store, clock):
    run = make_run(revoke_anyway=True)
    forward(run, "pick-up")
    target = run.rotation.targets[0]
    run.log("rolling back", {"target": str(target.ref), "version": target.old})
    store.currents["prod"] = target.old  # done, and then it crashed
    undo.roll_back(run)
    begun = clock.now()
    undo.settle(run)
    assert (clock.now() - begun).total_seconds() >= run.options.quiet


def test_the_new_key_is_not_deleted_under_a_secret_that_holds_it_again(make_run, provider, store):
    run = make_run(revoke_anyway=True, now=True)
    forward(run, "pick-up")
    undo.roll_back(run)
    store.currents["prod"] = run.rotation.targets[0].new  # somebody went forward again
    with pytest.raises(Conflict, match="holds the new key"):
        undo.delete(run)
    assert "AKIANEW" in provider.listed


def test_services_are_not_sent_back_to_a_key_that_does_not_work_yet(make_run, provider, clock):
    run = make_run(revoke_anyway=True)
    forward(run, "disable")
    provider.answer = Answer(Liveness.DEAD)
    with pytest.raises(RotationError, match="not accepted yet"):
        undo.enable(run)
    clock.after(10, lambda: setattr(provider, "answer", None))
    undo.enable(run)
    assert run.history.last("enabled")
