"""A user with one password at a time, over a provider in memory: what no real server can be made to do."""

import dataclasses
from datetime import timedelta

import pytest

from unleak.core.errors import Conflict, OutcomeUnknown, RotationError
from unleak.core.secret import Secret
from unleak.rotate import sequence
from unleak.rotate.ports import Credential, Trait
from unleak.rotate.run import Paused
from unleak.rotate.steps import single

SINGLE = frozenset({Trait.SINGLE})
NEW = "n" * 20 + "N4w5" * 5


@pytest.fixture
def one(provider, make_run):
    """A run whose provider keeps one password."""
    provider.traits, provider.chosen, provider.set = SINGLE, [], []
    opened = []

    def issue(identity, rotation):
        provider.chosen.append(
            NEW[: -len(provider.chosen)] + "x" * len(provider.chosen) if provider.chosen else NEW
        )
        return Credential("AKIAOLD", Secret(provider.chosen[-1]))

    def replace(identity, new):
        provider.set.append(new.secret.reveal())
        provider.secrets["AKIAOLD"] = new.secret.reveal()

    provider.issue, provider.replace = issue, replace
    provider.revoke = lambda identity, key_id: None  # closes connections

    def make(**options):
        made = make_run(**{"revoke_anyway": True} | options)
        opened.append(dataclasses.replace(made.rotation, traits=SINGLE))
        return dataclasses.replace(made, rotation=opened[0])  # as its ledger tells it

    return make


def walk(run, *, back=False, last=""):
    for name, _, work in sequence.back(run.rotation) if back else sequence.forward(run.rotation):
        work(run)
        if name == last:
            return


def test_every_step_is_harmless_when_it_is_repeated(one, provider, store):
    for _ in range(2):
        walk(one())
    assert provider.set == [NEW]
    assert NEW in store.texts["prod", store.current("prod")]


def test_an_interrupt_does_not_part_the_change_from_the_store(one, provider, store):
    run = one()
    walk(run, last="put")
    replace = provider.replace

    def interrupted(identity, new):
        replace(identity, new)
        run.stop.set()

    provider.replace = interrupted
    single.switch(run)
    assert NEW in store.texts["prod", store.current("prod")]
    with pytest.raises(Paused):
        run.check_stop()


def test_a_change_that_lands_late_is_waited_for_before_the_way_back(one, provider, clock):
    run = one()
    walk(run, last="put")
    old, replace = provider.secrets["AKIAOLD"], provider.replace

    def late(identity, new):
        clock.after(5, lambda: replace(identity, new))
        raise OutcomeUnknown("no answer")

    provider.replace = late
    with pytest.raises(OutcomeUnknown):
        single.switch(run)
    assert provider.secrets["AKIAOLD"] == old
    with pytest.raises(RotationError, match="no way back"):
        single.way_back(one(ask=lambda: Secret(old)))
    walk(one())
    assert provider.set == [NEW]


def test_a_change_that_never_landed_leaves_a_way_back(one, provider, clock):
    def never(identity, new):
        raise OutcomeUnknown("no answer")

    run = one()
    walk(run, last="put")
    provider.replace = never
    with pytest.raises(OutcomeUnknown):
        single.switch(run)
    before = clock.now()
    walk(one(), back=True)
    assert clock.now() - before >= timedelta(seconds=9)


def test_of_several_chosen_values_the_stored_one_counts(one, provider, store):
    """The store took the first, and its answer was lost."""
    put, later = store.put_pending, []

    def silent(name, version, text):
        later.append(lambda: put(name, version, text))
        raise OutcomeUnknown("no answer")

    store.put_pending = silent
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            single.choose(one())
    later[0]()
    walk(one())
    assert len(provider.chosen) == 2
    assert provider.set == [provider.chosen[0]]


def test_nothing_is_set_under_a_secret_that_changed(one, provider, store):
    run = one()
    walk(run, last="put")
    store.texts["prod", "theirs"] = store.texts["prod", "v1"]
    store.currents["prod"] = "theirs"
    with pytest.raises(Conflict, match="nothing was changed yet"):
        single.switch(run)
    assert provider.set == []
