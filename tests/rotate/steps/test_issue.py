"""What issuing does when it finds traces of an earlier attempt, and when it must not."""

from dataclasses import replace

import pytest

from unleak.core.errors import AccessDenied, Conflict, LimitReached, RotationError
from unleak.core.secret import Secret
from unleak.rotate.keys import discard
from unleak.rotate.run import issued, leaked
from unleak.rotate.steps import issue


def attempted(run, clock):
    """A crash, or no answer, after the call that issues was sent."""
    run.log("issuing", {"at": clock.now().isoformat()})
    return run


def begun(run):
    issue.claim(run)
    issue.record(run)
    return run


def test_a_key_that_a_crash_left_is_deleted_and_issued_again(make_run, provider, clock):
    run = attempted(begun(make_run()), clock)
    provider.add("AKIALOST", "x" * 40)
    issue.issue(run)
    assert set(provider.listed) == {"AKIAOLD", "AKIANEW"}
    assert run.history.last("discarded").data == {"key": "AKIALOST"}


def test_a_recorded_key_that_was_never_stored_is_deleted(make_run, provider):
    run = begun(make_run())
    provider.add("AKIALOST", "x" * 40)
    run.log("issued", {"key": "AKIALOST", "last4": "xxxx", "fingerprint": "f"})
    issue.issue(run)
    assert set(provider.listed) == {"AKIAOLD", "AKIANEW"}


@pytest.mark.parametrize("case", ["used", "older", "later", "two", "mark gone"])
def test_a_key_that_is_not_proved_to_be_ours_stays(make_run, provider, clock, case):
    provider.add("AKIASTRANGE", "x" * 40)
    strange = provider.listed.pop("AKIASTRANGE")
    clock.sleep(5)
    run = attempted(begun(make_run()), clock)
    if case == "later":
        clock.sleep(16 * 60)
    provider.listed["AKIASTRANGE"] = strange if case == "older" else replace(strange, created=clock.now())
    if case == "two":
        provider.add("AKIAOTHER", "y" * 40)
    if case == "used":
        provider.use("AKIASTRANGE")
    if case == "mark gone":
        provider.mark = "other"
    with pytest.raises(Conflict, match="AKIASTRANGE"):
        issue.issue(run)
    assert "AKIASTRANGE" in provider.listed
    assert "AKIANEW" not in provider.listed


@pytest.mark.parametrize("refusal", [None, AccessDenied("no"), LimitReached("two")])
def test_after_a_refusal_somebody_elses_new_key_stays(make_run, provider, refusal):
    """Never attempted, or refused for certain: an unused key that appears was made by somebody else."""
    run = begun(make_run())
    if refusal:
        provider.refuses = refusal
        with pytest.raises(RotationError):
            issue.issue(run)
        provider.refuses = None
    provider.add("AKIATHEIRS", "x" * 40)
    with pytest.raises(LimitReached, match="AKIATHEIRS"):
        issue.issue(run)
    discard(run)
    assert set(provider.listed) == {"AKIAOLD", "AKIATHEIRS"}


def test_a_key_that_iam_lists_late_is_waited_for(make_run, provider, clock):
    run = attempted(begun(make_run()), clock)
    made = clock.now()

    def appear():
        provider.add("AKIALOST", "x" * 40)
        provider.listed["AKIALOST"] = replace(provider.listed["AKIALOST"], created=made)

    clock.after(6, appear)
    discard(run)
    assert set(provider.listed) == {"AKIAOLD"}


def test_a_mark_that_iam_shows_late_is_waited_for(make_run, provider, clock, monkeypatch):
    monkeypatch.setattr(provider, "claim", lambda identity, rotation: clock.after(
        5, lambda: setattr(provider, "mark", rotation)))  # fmt: skip
    run = make_run()
    issue.claim(run)
    assert run.history.last("claimed")


def test_nothing_is_issued_when_there_are_two_keys(make_run, provider):
    provider.add("AKIAOTHER", "y" * 40)
    run = make_run()
    issue.claim(run)
    with pytest.raises(LimitReached, match="AKIAOTHER"):
        issue.record(run)
    assert not run.history.last("recorded")


def test_a_user_that_another_rotation_holds_is_left_alone(make_run, provider):
    provider.mark = "other"
    with pytest.raises(Conflict, match="rotation other"):
        issue.claim(make_run())


def test_a_mark_that_was_lost_to_another_rotation_stops_before_issuing(make_run, provider):
    run = begun(make_run())
    provider.mark = "other"
    with pytest.raises(Conflict, match="rotation other"):
        issue.issue(run)
    assert "AKIANEW" not in provider.listed


def test_the_leaked_value_is_asked_for_when_no_store_has_it(make_run, provider, store):
    run = begun(make_run(ask=lambda: Secret("wrong" * 8)))
    del store.texts["prod", "v1"]
    with pytest.raises(RotationError, match="not the leaked value"):
        issue.issue(run)


def test_without_the_leaked_value_and_somebody_to_ask_nothing_is_issued(make_run, provider, store):
    run = begun(make_run())
    store.texts["prod", "v1"] = "something else"
    with pytest.raises(RotationError, match="needed once more"):
        issue.issue(run)
    assert set(provider.listed) == {"AKIAOLD"}


def test_a_store_that_cannot_be_reached_is_no_proof_that_the_value_is_gone(make_run, store, monkeypatch):
    run = begun(make_run(ask=lambda: pytest.fail("nobody is to be asked")))
    issue.issue(run)
    run.memory.issued = run.memory.leaked = None

    def down(name, version):
        raise RotationError("AWS cannot be reached")

    monkeypatch.setattr(store, "read", down)
    for needed in (leaked, issued):
        with pytest.raises(RotationError, match="cannot be reached"):
            needed(run)
