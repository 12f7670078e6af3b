"""What Doppler needs beyond the contract."""

import pytest

from unleak.core.errors import AccessDenied, Conflict, NotFound, RotationError
from unleak.core.model import SecretRef
from unleak.core.secret import Secret
from unleak.rotate.stores.doppler import Doppler

NEW = "11111111-1111-5111-8111-111111111111"


@pytest.fixture
def store(doppler):
    return Doppler(doppler.address)


@pytest.fixture
def pair(leaked):
    return {"ID": leaked.id, "KEY": leaked.secret.reveal()}


def test_only_the_variables_of_the_key_are_kept_and_written(doppler, store, pair, leaked):
    doppler.fill("app/prd", pair | {"OTHER": "first"})
    holder = store.look(SecretRef("doppler", "app/prd", "KEY"), leaked)
    assert str(holder.ref) == "doppler://app/prd?ID,KEY#KEY"
    name = holder.ref.name
    store.put_pending(name, NEW, Secret('{"ID": "id", "KEY": "new"}'))
    doppler.fill("app/prd", pair | {"OTHER": "second"})
    store.promote(name, NEW, holder.version)
    assert doppler.values("app/prd") == {"ID": "id", "KEY": "new", "OTHER": "second"}
    assert "OTHER" not in store.read(name, holder.version).reveal()


def test_texts_wait_where_no_service_reads(doppler, store, pair):
    doppler.fill("app/prd_eu", pair)
    store.put_pending("app/prd_eu?ID,KEY", NEW, Secret('{"ID": "id", "KEY": "new"}'))
    assert doppler.values("app/prd_eu") == pair
    (kept,) = [config for _, config in doppler.configs if config != "prd_eu"]
    assert kept.startswith("prd_unleak-rotation-")
    assert not any("new" in value for value in doppler.values(f"app/{kept}").values())


def test_what_a_branch_inherits_is_not_found_in_it(doppler, store, pair, leaked):
    doppler.fill("app/prd_eu", {"REGION": "eu"})
    doppler.fill("app/prd_us", {"COPY": pair["KEY"]})
    doppler.fill("app/prd", pair)
    holders = {holder.ref.name: holder for holder in store.find(leaked).holders}
    assert set(holders) == {"app/prd?ID,KEY", "app/prd_us?COPY"}
    assert "prd_eu, prd_us" in holders["app/prd?ID,KEY"].note
    assert "becomes its own" in holders["app/prd_us?COPY"].note
    assert store.look(SecretRef("doppler", "app/prd_eu"), leaked)


def test_a_value_that_is_restricted_is_named(doppler, store, pair, leaked):
    doppler.fill("app/prd", pair | {"A": "x", "B": "y"})
    doppler.restricted |= {"A", "B"}
    sweep = store.find(leaked)
    assert sweep.closed == ("app/prd?A,B",)
    assert len(sweep.holders) == 1
    with pytest.raises(AccessDenied, match="only be written"):
        store.current("app/prd?A")


def test_a_config_that_may_not_be_read_is_named(doppler, store, pair, leaked):
    doppler.fill("app/prd", pair)
    doppler.denied = ("GET /v3/configs/config/secrets",)
    assert store.find(leaked).closed == ("app/prd",)


def test_what_would_be_refused_later_is_told_in_the_plan(doppler, store, pair, leaked):
    doppler.fill("app/prd", pair)
    doppler.locked.add(("app", "prd"))
    assert "locked" in store.find(leaked).holders[0].problem
    doppler.locked.clear()
    doppler.denied = ("GET /v3/configs",)
    assert "may not list" in store.look(SecretRef("doppler", "app/prd"), leaked).problem
    doppler.denied = ("POST /v3/configs",)
    with pytest.raises(AccessDenied, match="Doppler denies it") as caught:
        store.put_pending("app/prd?ID,KEY", NEW, Secret("{}"))
    assert "text of the service" not in str(caught.value)


def test_the_service_itself_compares_before_it_writes(doppler, store, pair, monkeypatch):
    doppler.fill("app/prd", pair)
    name = "app/prd?ID,KEY"
    old = store.current(name)
    store.put_pending(name, NEW, Secret('{"ID": "id", "KEY": "new"}'))
    change = store.change

    def somebody_writes_first(*given):
        doppler.fill("app/prd", pair | {"KEY": "theirs"})
        change(*given)

    monkeypatch.setattr(store, "change", somebody_writes_first)
    with pytest.raises(Conflict, match="nothing was overwritten"):
        store.promote(name, NEW, old)
    assert doppler.values("app/prd") == pair | {"KEY": "theirs"}


def test_a_branch_that_a_crash_left_empty_goes_too(doppler, store, pair):
    doppler.fill("app/prd", pair)
    store.put_pending("app/prd?ID,KEY", NEW, Secret("{}"))
    for (_, config), own in doppler.configs.items():
        if config != "prd":
            own.clear()
    store.tidy("app/prd?ID,KEY", (NEW,))
    assert list(doppler.configs) == [("app", "prd")]


@pytest.mark.parametrize("name", ["app", "app/", "/prd", "?KEY", "app/absent?KEY"])
def test_a_name_that_names_nothing(doppler, store, pair, leaked, name):
    doppler.fill("app/prd", pair)
    with pytest.raises(NotFound):
        store.look(SecretRef("doppler", name), leaked)


def test_a_text_of_another_form_is_refused(doppler, store, pair):
    doppler.fill("app/prd", pair)
    with pytest.raises(RotationError, match="no JSON object"):
        store.put_pending("app/prd?KEY", NEW, Secret("[]"))
